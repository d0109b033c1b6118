import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** The order of waiting jobs is by priority and age together, so the index has both in one. */
export class TurnsOfJobs1767225707420 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    // The new one stands before the old one goes. Killed in between, it begins where it was.
    await buildConcurrently(
      queryRunner,
      'jobs_queue_next_idx',
      `ON jobs (machine_id, ((created_at AT TIME ZONE 'UTC') - priority * interval '1 minute')) WHERE status = 'queued'`,
    );
    await queryRunner.query('DROP INDEX CONCURRENTLY IF EXISTS jobs_queue_idx');
    await queryRunner.query('ALTER INDEX jobs_queue_next_idx RENAME TO jobs_queue_idx');
    await handOutAnew(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX jobs_queue_idx');
    await queryRunner.query(
      `CREATE INDEX jobs_queue_idx ON jobs (machine_id, priority DESC, created_at) WHERE status = 'queued'`,
    );
    await handOutAnew(queryRunner);
  }
}

/** Tokens that were put by the other order would stand behind, or before, all that come: the sweep makes them again. */
async function handOutAnew(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    UPDATE jobs SET phase = CASE WHEN status = 'queued' THEN 'waiting' ELSE phase END, boss_job_id = NULL
    WHERE boss_job_id IS NOT NULL
      AND ((status = 'queued' AND phase = 'dispatched') OR (status = 'running' AND phase = 'reconciling'))`);
}
