import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A request freezes what it asks for on each machine: the digest of the plan is compared again when it is carried out.
 * One row leads to one job at most.
 */
export class ActionRequestTargets1767225700400 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE action_requests
        ADD COLUMN requested_by_name text,
        ADD COLUMN plan_digest text CONSTRAINT action_requests_plan_digest_check CHECK (plan_digest ~ '^[0-9a-f]{64}$'),
        ADD COLUMN rejected_at timestamptz,
        ADD COLUMN rejected_by text,
        ADD COLUMN decision_reason text`);
    await queryRunner.query(`
      CREATE TABLE action_request_targets (
        request_id uuid NOT NULL REFERENCES action_requests (id) ON DELETE CASCADE,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        status text NOT NULL CHECK (status IN ('pending', 'executed', 'expired', 'skipped')),
        status_reason text,
        plan_digest text CHECK (plan_digest ~ '^[0-9a-f]{64}$'),
        plan_json jsonb,
        job_id uuid,
        execution_id uuid,
        PRIMARY KEY (request_id, machine_id)
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE action_request_targets IS 'The machines of a request, each with the plan that was asked for.'`,
    );
    await queryRunner.query(
      'CREATE INDEX action_request_targets_machine_id_idx ON action_request_targets (machine_id)',
    );
    await queryRunner.query('CREATE UNIQUE INDEX action_request_targets_job_id_key ON action_request_targets (job_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE action_request_targets');
    await queryRunner.query(`
      ALTER TABLE action_requests
        DROP COLUMN requested_by_name,
        DROP COLUMN plan_digest,
        DROP COLUMN rejected_at,
        DROP COLUMN rejected_by,
        DROP COLUMN decision_reason`);
  }
}
