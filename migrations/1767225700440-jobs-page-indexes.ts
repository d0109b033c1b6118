import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** The jobs of one machine, newest first, and those that ended while a watcher was away. */
export class JobsPageIndexes1767225700440 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildConcurrently(
      queryRunner,
      'jobs_machine_id_created_at_id_idx',
      'ON jobs (machine_id, created_at DESC, id DESC)',
    );
    await buildConcurrently(queryRunner, 'jobs_finished_at_idx', 'ON jobs (finished_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX jobs_finished_at_idx');
    await queryRunner.query('DROP INDEX jobs_machine_id_created_at_id_idx');
  }
}
