import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Looking for machines on a network, one scan at a time. A candidate goes with its scan and only names the machine that
 * it was recognised as; its fingerprint is unverified until somebody enrols it.
 */
export class Phase8Discovery1767225700260 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE discovery_scans (
        id uuid PRIMARY KEY,
        cidr text NOT NULL,
        ports_json jsonb NOT NULL,
        method text NOT NULL CHECK (method IN ('nmap', 'tcp')),
        status text NOT NULL CHECK (status IN ('running', 'ok', 'warning', 'error', 'cancelled')),
        requested_by_type text
          CHECK (requested_by_type IN ('user', 'system', 'schedule', 'hermes', 'api_client', 'external')),
        requested_by_id text,
        requested_by_name text,
        started_at timestamptz NOT NULL,
        finished_at timestamptz,
        result_json jsonb,
        error_kind text CHECK (error_kind ~ '^[a-z][a-z0-9_]*$'),
        error_message text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE discovery_scans IS 'Searches of a network for machines that answer SSH.'`,
    );
    await queryRunner.query('CREATE INDEX discovery_scans_started_at_idx ON discovery_scans (started_at DESC)');
    await queryRunner.query(
      `CREATE UNIQUE INDEX discovery_scans_one_running_key ON discovery_scans (status) WHERE status = 'running'`,
    );

    await queryRunner.query(`
      CREATE TABLE discovery_candidates (
        id uuid PRIMARY KEY,
        scan_id uuid NOT NULL REFERENCES discovery_scans (id) ON DELETE CASCADE,
        host text NOT NULL,
        port integer NOT NULL CHECK (port >= 1 AND port <= 65535),
        service text,
        host_key_fingerprint text,
        host_keys_json jsonb,
        reverse_dns text,
        already_known boolean NOT NULL DEFAULT false,
        known_machine_id uuid REFERENCES machines (id) ON DELETE SET NULL,
        match text NOT NULL DEFAULT 'new' CHECK (match IN ('new', 'known', 'moved', 'key_changed', 'duplicate_key')),
        created_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE discovery_candidates IS 'What answered a scan, and whether it is a machine that we know.'`,
    );
    await queryRunner.query(
      'CREATE UNIQUE INDEX discovery_candidates_scan_id_host_port_key ON discovery_candidates (scan_id, host, port)',
    );
    await queryRunner.query(
      'CREATE INDEX discovery_candidates_known_machine_id_idx ON discovery_candidates (known_machine_id)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE discovery_candidates');
    await queryRunner.query('DROP TABLE discovery_scans');
  }
}
