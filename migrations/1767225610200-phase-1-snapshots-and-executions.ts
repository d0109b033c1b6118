import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What machines answered and what was done to them, whole and versioned. Ids of jobs, artifacts and reports are kept
 * without foreign keys: retention removes those on its own, and history must not change when it does.
 */
export class Phase1SnapshotsAndExecutions1767225610200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE snapshots (
        id uuid PRIMARY KEY,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]*$'),
        schema_version integer NOT NULL DEFAULT 1 CHECK (schema_version > 0),
        created_at timestamptz NOT NULL,
        status text NOT NULL CHECK (status IN ('ok', 'warning', 'error')),
        payload_json jsonb NOT NULL,
        important_json jsonb,
        raw_log_path text,
        raw_artifact_id uuid,
        source_job_id uuid
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE snapshots IS 'One reading of a machine, kept whole as a versioned document.'`,
    );
    await queryRunner.query(
      'CREATE INDEX snapshots_machine_id_kind_created_at_idx ON snapshots (machine_id, kind, created_at DESC)',
    );
    await queryRunner.query(
      'CREATE INDEX snapshots_kind_status_created_at_idx ON snapshots (kind, status, created_at DESC)',
    );
    await queryRunner.query('CREATE INDEX snapshots_source_job_id_idx ON snapshots (source_job_id)');

    await queryRunner.query(`
      CREATE TABLE executions (
        id uuid PRIMARY KEY,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        action text NOT NULL CHECK (action ~ '^[a-z][a-z0-9_]*$'),
        mode text NOT NULL CHECK (mode IN ('manual', 'scheduled', 'hermes_requested', 'external')),
        schema_version integer NOT NULL DEFAULT 1 CHECK (schema_version > 0),
        started_at timestamptz NOT NULL,
        finished_at timestamptz,
        status text NOT NULL CHECK (status IN ('running', 'ok', 'warning', 'error', 'cancelled')),
        request_id uuid,
        job_id uuid,
        result_json jsonb,
        important_json jsonb,
        raw_log_path text,
        raw_artifact_id uuid,
        report_id uuid,
        exit_code integer,
        error_kind text CHECK (error_kind ~ '^[a-z][a-z0-9_]*$'),
        error_message text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE executions IS 'One change of a machine, by us or found to be made by others, with its result.'`,
    );
    await queryRunner.query(
      'CREATE INDEX executions_machine_id_started_at_idx ON executions (machine_id, started_at DESC)',
    );
    await queryRunner.query(
      'CREATE INDEX executions_action_status_started_at_idx ON executions (action, status, started_at DESC)',
    );
    await queryRunner.query('CREATE INDEX executions_job_id_idx ON executions (job_id)');
    await queryRunner.query('CREATE INDEX executions_request_id_idx ON executions (request_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE executions');
    await queryRunner.query('DROP TABLE snapshots');
  }
}
