import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A decision is one thing, whichever way it goes: `approved_at` and `approved_by` tell when and by whom, beside them stand
 * the person's id and session. What was asked for is sealed; what waits from before cannot be, and has to be planned again.
 */
export class ActionRequestsDecisions1767225707310 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE action_requests
        ADD COLUMN decided_by_id text,
        ADD COLUMN decision_session_id text,
        ADD COLUMN seal text`);
    await queryRunner.query('ALTER TABLE action_request_targets ADD COLUMN seal text');
    await queryRunner.query(`
      UPDATE action_requests SET approved_at = rejected_at, approved_by = rejected_by WHERE status = 'rejected'`);
    await queryRunner.query(`
      WITH expired AS (
        UPDATE action_requests SET status = 'expired', decision_reason = 'It was planned by an earlier version of this program.'
        WHERE status = 'pending' RETURNING id)
      UPDATE action_request_targets t SET status = 'expired' FROM expired WHERE t.request_id = expired.id`);
    await queryRunner.query('ALTER TABLE action_requests DROP COLUMN rejected_at, DROP COLUMN rejected_by');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE action_requests ADD COLUMN rejected_at timestamptz, ADD COLUMN rejected_by text',
    );
    await queryRunner.query(`
      UPDATE action_requests SET rejected_at = approved_at, rejected_by = approved_by, approved_at = NULL, approved_by = NULL
      WHERE status = 'rejected'`);
    await queryRunner.query('ALTER TABLE action_request_targets DROP COLUMN seal');
    await queryRunner.query(
      'ALTER TABLE action_requests DROP COLUMN seal, DROP COLUMN decision_session_id, DROP COLUMN decided_by_id',
    );
  }
}
