import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** How long readings and plans take on the fleet: they have no executions, so their last runs are found among the jobs. */
export class JobsByKindThatEnded1767225707590 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildConcurrently(
      queryRunner,
      'jobs_kind_created_at_idx',
      `ON jobs (kind, created_at DESC)
         WHERE status IN ('ok', 'warning') AND started_at IS NOT NULL AND finished_at IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX jobs_kind_created_at_idx');
  }
}
