import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Programs that may call, and every call of a tool. The audit names clients, runs and machines without foreign keys and
 * refuses changes: what was asked stays as it was when they are gone. Only retention removes its rows, by age.
 */
export class Phase7McpAuditAndApiClients1767225700210 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createAudit(queryRunner);
    await this.createClients(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE api_clients');
    await queryRunner.query('DROP TABLE mcp_audit_log');
    await queryRunner.query('DROP FUNCTION mcp_audit_log_refuse_change()');
  }

  private async createAudit(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE mcp_audit_log (
        id uuid PRIMARY KEY,
        server_name text NOT NULL,
        tool_name text NOT NULL,
        actor text,
        api_client_id uuid,
        hermes_run_id uuid,
        machine_ids uuid[] NOT NULL DEFAULT '{}',
        request_id text,
        protocol_version text,
        request_json jsonb,
        response_summary_json jsonb,
        status text CHECK (status IN ('ok', 'denied', 'error')),
        duration_ms integer CHECK (duration_ms >= 0),
        raw_bytes bigint CHECK (raw_bytes >= 0),
        reduced_bytes bigint CHECK (reduced_bytes >= 0),
        created_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE mcp_audit_log IS 'Every call of a tool, refused ones included, with what it asked and what it cost.'`,
    );
    await queryRunner.query('CREATE INDEX mcp_audit_log_created_at_idx ON mcp_audit_log (created_at DESC)');
    await queryRunner.query(
      'CREATE INDEX mcp_audit_log_api_client_id_created_at_idx ON mcp_audit_log (api_client_id, created_at DESC)',
    );
    await queryRunner.query('CREATE INDEX mcp_audit_log_machine_ids_idx ON mcp_audit_log USING gin (machine_ids)');
    await queryRunner.query(
      'CREATE INDEX mcp_audit_log_hermes_run_id_idx ON mcp_audit_log (hermes_run_id) WHERE hermes_run_id IS NOT NULL',
    );
    await queryRunner.query(`
      CREATE FUNCTION mcp_audit_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'mcp_audit_log rows never change: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
      END
      $$`);
    await queryRunner.query(`
      CREATE TRIGGER mcp_audit_log_no_update BEFORE UPDATE ON mcp_audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION mcp_audit_log_refuse_change()`);
  }

  /** A random token of 178 bits needs no slow hash; its SHA-256 finds the row by the unique index. */
  private async createClients(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE api_clients (
        id uuid PRIMARY KEY,
        label text NOT NULL,
        client_kind text NOT NULL CHECK (client_kind IN ('webapp', 'rust_gnome_app', 'script', 'mcp', 'other')),
        token_hash text NOT NULL CHECK (token_hash ~ '^[0-9a-f]{64}$'),
        token_prefix text NOT NULL,
        scopes_json jsonb NOT NULL,
        machines_json jsonb,
        allowed_cidrs_json jsonb,
        status text NOT NULL CHECK (status IN ('active', 'revoked', 'expired')),
        created_at timestamptz NOT NULL,
        created_by uuid REFERENCES users (id) ON DELETE SET NULL,
        rotated_from uuid REFERENCES api_clients (id) ON DELETE SET NULL,
        last_seen_at timestamptz,
        last_ip text,
        expires_at timestamptz,
        revoked_at timestamptz,
        metadata_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE api_clients IS 'Programs that may call the API, by the SHA-256 of their token.'`,
    );
    await queryRunner.query('CREATE UNIQUE INDEX api_clients_token_hash_key ON api_clients (token_hash)');
    await queryRunner.query('CREATE INDEX api_clients_status_client_kind_idx ON api_clients (status, client_kind)');
    await queryRunner.query('CREATE INDEX api_clients_created_by_idx ON api_clients (created_by)');
    await queryRunner.query('CREATE INDEX api_clients_rotated_from_idx ON api_clients (rotated_from)');
  }
}
