import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** Plans of nights that nobody decided about are many: those that somebody did are found without going through them. */
export class DecidedRequests1767225707561 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildConcurrently(
      queryRunner,
      'action_requests_decided_idx',
      `ON action_requests (created_at DESC, id DESC) WHERE status IN ('approved', 'executed', 'rejected')
         OR (decided_by_id IS NOT NULL AND (requested_by_type <> 'schedule' OR decided_by_id IS DISTINCT FROM requested_by_id))`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX action_requests_decided_idx');
  }
}
