import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When work is due, and what somebody asked for but nobody has approved yet. */
export class Phase6SchedulesAndActionRequests1767225660200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE schedules (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        enabled boolean NOT NULL DEFAULT true,
        cron text NOT NULL,
        run_at timestamptz,
        timezone text NOT NULL,
        scope_json jsonb NOT NULL,
        actions_json jsonb NOT NULL,
        concurrency integer NOT NULL DEFAULT 1 CHECK (concurrency > 0),
        notify_on_json jsonb,
        last_run_at timestamptz,
        next_run_at timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE schedules IS 'What runs by itself; cron is @once for a single run at run_at.'`,
    );
    await queryRunner.query('CREATE INDEX schedules_enabled_next_run_at_idx ON schedules (enabled, next_run_at)');

    await queryRunner.query(`
      CREATE TABLE action_requests (
        id uuid PRIMARY KEY,
        machine_id uuid REFERENCES machines (id) ON DELETE CASCADE,
        requested_by_type text NOT NULL
          CHECK (requested_by_type IN ('user', 'hermes', 'schedule', 'api_client')),
        requested_by_id text,
        action text NOT NULL CHECK (action ~ '^[a-z][a-z0-9_]*$'),
        risk text,
        status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'executed', 'expired')),
        summary text,
        payload_json jsonb,
        created_at timestamptz NOT NULL,
        approved_at timestamptz,
        approved_by text,
        execution_id uuid,
        expires_at timestamptz
      )`);
    await queryRunner.query(`COMMENT ON TABLE action_requests IS 'Changes that wait for a person to approve them.'`);
    await queryRunner.query(
      'CREATE INDEX action_requests_status_created_at_idx ON action_requests (status, created_at)',
    );
    await queryRunner.query('CREATE INDEX action_requests_machine_id_idx ON action_requests (machine_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE action_requests');
    await queryRunner.query('DROP TABLE schedules');
  }
}
