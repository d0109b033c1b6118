import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Files kept outside the database. Their rows outlive a purged machine (machine_id becomes null) until the sweep has
 * removed the file: a row that vanished with the machine would leave its file on the disk for ever.
 */
export class Phase1ReportsAndArtifacts1767225610500 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE reports (
        id uuid PRIMARY KEY,
        machine_id uuid REFERENCES machines (id) ON DELETE SET NULL,
        execution_id uuid,
        kind text NOT NULL CHECK (kind IN ('machine', 'global', 'cleanup', 'hermes')),
        title text NOT NULL,
        path text NOT NULL,
        created_at timestamptz NOT NULL,
        pinned boolean NOT NULL DEFAULT false,
        summary_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE reports IS 'Reports written to the artifact store; path is relative to it.'`,
    );
    await queryRunner.query('CREATE INDEX reports_machine_id_created_at_idx ON reports (machine_id, created_at DESC)');
    await queryRunner.query('CREATE INDEX reports_kind_created_at_idx ON reports (kind, created_at DESC)');

    await queryRunner.query(`
      CREATE TABLE raw_artifacts (
        id uuid PRIMARY KEY,
        machine_id uuid REFERENCES machines (id) ON DELETE SET NULL,
        kind text NOT NULL CHECK (kind IN ('raw_log', 'rendered_template', 'export', 'screenshot')),
        path text NOT NULL,
        bytes bigint CHECK (bytes >= 0),
        sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        pinned boolean NOT NULL DEFAULT false,
        redacted boolean NOT NULL DEFAULT true,
        retention_policy text CHECK (retention_policy IN ('default', 'failed', 'pinned', 'short')),
        deleted_at timestamptz,
        delete_reason text,
        metadata_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE raw_artifacts IS 'Logs, exports and pictures in the artifact store; path is relative to it.'`,
    );
    await queryRunner.query(
      'CREATE INDEX raw_artifacts_machine_id_created_at_idx ON raw_artifacts (machine_id, created_at DESC)',
    );
    await queryRunner.query('CREATE INDEX raw_artifacts_expires_at_idx ON raw_artifacts (expires_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE raw_artifacts');
    await queryRunner.query('DROP TABLE reports');
  }
}
