import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Switching off or removing a schedule ends its runs, and each says which it was. A job that others asked for as well is not
 * ended with the run that asked first.
 */
export class EndsOfRunsAndSharedJobs1767225707490 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE schedule_occurrences ADD COLUMN cancel_cause text');
    await queryRunner.query(`
      ALTER TABLE schedule_occurrences ADD CONSTRAINT schedule_occurrences_cancel_cause_check
        CHECK (cancel_cause IN ('disabled', 'removed')) NOT VALID`);
    await queryRunner.query(
      'ALTER TABLE schedule_occurrences VALIDATE CONSTRAINT schedule_occurrences_cancel_cause_check',
    );
    await queryRunner.query('ALTER TABLE jobs ADD COLUMN shared boolean NOT NULL DEFAULT false');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs DROP COLUMN shared');
    await queryRunner.query('ALTER TABLE schedule_occurrences DROP COLUMN cancel_cause');
  }
}
