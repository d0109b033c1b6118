import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A single run has its moment, a repeated one has none. NOT VALID holds the table for a moment only; the rows that are
 * there are read afterwards, while others write. Two transactions, so it begins with what a killed run has left.
 */
export class SchedulesSingleRuns1767225700420 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedules DROP CONSTRAINT IF EXISTS schedules_run_at_check,
        ADD CONSTRAINT schedules_run_at_check CHECK ((cron = '@once') = (run_at IS NOT NULL)) NOT VALID`);
    await queryRunner.query('ALTER TABLE schedules VALIDATE CONSTRAINT schedules_run_at_check');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE schedules DROP CONSTRAINT schedules_run_at_check');
  }
}
