import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHECKS: Readonly<Record<string, string>> = {
  schedules_missed_runs_check: `missed_runs IN ('skip', 'run_once', 'window')`,
  schedules_grace_seconds_check: 'grace_seconds >= 0',
  schedules_window_seconds_check: 'window_seconds > 0',
  schedules_window_check: `missed_runs <> 'window' OR window_seconds IS NOT NULL`,
  schedules_policy_check: '(policy_json IS NULL) = (policy_confirmed_at IS NULL)',
  schedules_version_check: 'version > 0',
};

/** What becomes of runs that were missed, what a schedule may change by itself, and who said so. */
export class SchedulesAsPeopleSetThem1767225707200 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedules
        ADD COLUMN IF NOT EXISTS missed_runs text NOT NULL DEFAULT 'skip',
        ADD COLUMN IF NOT EXISTS grace_seconds integer NOT NULL DEFAULT 300,
        ADD COLUMN IF NOT EXISTS window_seconds integer,
        ADD COLUMN IF NOT EXISTS policy_json jsonb,
        ADD COLUMN IF NOT EXISTS policy_confirmed_by text,
        ADD COLUMN IF NOT EXISTS policy_confirmed_at timestamptz,
        ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1,
        ADD COLUMN IF NOT EXISTS created_by text,
        ADD COLUMN IF NOT EXISTS updated_by text,
        ADD COLUMN IF NOT EXISTS deleted_at timestamptz`);
    for (const [name, check] of Object.entries(CHECKS)) {
      await queryRunner.query(`
        ALTER TABLE schedules DROP CONSTRAINT IF EXISTS ${name}, ADD CONSTRAINT ${name} CHECK (${check}) NOT VALID`);
      await queryRunner.query(`ALTER TABLE schedules VALIDATE CONSTRAINT ${name}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedules
        DROP COLUMN IF EXISTS missed_runs,
        DROP COLUMN IF EXISTS grace_seconds,
        DROP COLUMN IF EXISTS window_seconds,
        DROP COLUMN IF EXISTS policy_json,
        DROP COLUMN IF EXISTS policy_confirmed_by,
        DROP COLUMN IF EXISTS policy_confirmed_at,
        DROP COLUMN IF EXISTS version,
        DROP COLUMN IF EXISTS created_by,
        DROP COLUMN IF EXISTS updated_by,
        DROP COLUMN IF EXISTS deleted_at`);
  }
}
