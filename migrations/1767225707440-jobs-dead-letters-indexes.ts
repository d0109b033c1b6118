import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** The dead letters that nobody has dealt with, newest first, and what one was redriven as. */
export class JobsDeadLettersIndexes1767225707440 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildConcurrently(
      queryRunner,
      'jobs_dead_letters_idx',
      'ON jobs (died_at DESC, id DESC) WHERE died_at IS NOT NULL AND settled_at IS NULL',
    );
    await buildConcurrently(queryRunner, 'jobs_redrive_of_idx', 'ON jobs (redrive_of) WHERE redrive_of IS NOT NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX jobs_redrive_of_idx');
    await queryRunner.query('DROP INDEX jobs_dead_letters_idx');
  }
}
