import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who ended a run of a schedule before its time. */
export class ScheduleOccurrencesCancelled1767225707220 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrences
        ADD COLUMN cancel_requested_at timestamptz,
        ADD COLUMN cancel_requested_by text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrences DROP COLUMN cancel_requested_by, DROP COLUMN cancel_requested_at`);
  }
}
