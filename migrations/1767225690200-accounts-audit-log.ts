import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who did what. Rows are only ever added; a purged machine or a removed user leaves them as they are. */
export class AccountsAuditLog1767225690200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE audit_log (
        id uuid PRIMARY KEY,
        at timestamptz NOT NULL,
        actor_type text NOT NULL
          CHECK (actor_type IN ('user', 'system', 'schedule', 'hermes', 'api_client', 'external')),
        actor_id text,
        actor_name text,
        action text NOT NULL,
        object_type text,
        object_id text,
        machine_id uuid,
        outcome text NOT NULL CHECK (outcome IN ('ok', 'denied', 'error')),
        request_id text,
        ip text,
        details_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE audit_log IS 'Security audit; rows can be added but not changed or removed.'`,
    );
    await queryRunner.query('CREATE INDEX audit_log_at_idx ON audit_log (at DESC, id DESC)');
    await queryRunner.query('CREATE INDEX audit_log_machine_id_at_idx ON audit_log (machine_id, at DESC)');
    await queryRunner.query('CREATE INDEX audit_log_actor_id_at_idx ON audit_log (actor_id, at DESC)');
    await queryRunner.query(
      'CREATE INDEX audit_log_object_type_object_id_at_idx ON audit_log (object_type, object_id, at DESC)',
    );

    await queryRunner.query(`
      CREATE FUNCTION audit_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'audit_log is insert-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
      END
      $$`);
    await queryRunner.query(`
      CREATE TRIGGER audit_log_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE audit_log');
    await queryRunner.query('DROP FUNCTION audit_log_refuse_change()');
  }
}
