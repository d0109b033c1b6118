import type { MigrationInterface, QueryRunner } from 'typeorm';

const stages = (words: string): string => `
  ALTER TABLE schedule_occurrence_targets DROP CONSTRAINT schedule_occurrence_targets_stage_check,
    ADD CONSTRAINT schedule_occurrence_targets_stage_check CHECK (stage IN (${words}))`;

/** A machine of a schedule waits for its maintenance window without a place among those at work. */
export class ScheduleOccurrenceTargetsWindows1767225707470 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrence_targets ADD COLUMN resume_at timestamptz, ADD COLUMN start_before timestamptz,
        ADD COLUMN window_name text`);
    await queryRunner.query(stages(`'plan', 'download', 'run'`));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // What is fetched beforehand is looked at as a plan is: its job ends, and the plan is made.
    await queryRunner.query(`UPDATE schedule_occurrence_targets SET stage = 'plan' WHERE stage = 'download'`);
    await queryRunner.query(stages(`'plan', 'run'`));
    await queryRunner.query(`
      ALTER TABLE schedule_occurrence_targets DROP COLUMN resume_at, DROP COLUMN start_before, DROP COLUMN window_name`);
  }
}
