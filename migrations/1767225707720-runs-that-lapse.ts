import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When somebody last looked at a run, when it was last seen at work, and since when it begins nothing new because that was too long ago. */
export class RunsThatLapse1767225707720 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrences
        ADD COLUMN looked_at timestamptz,
        ADD COLUMN active_at timestamptz,
        ADD COLUMN lapsed_at timestamptz`);
    // Those of the version before did not note it.
    await queryRunner.query(
      `UPDATE schedule_occurrences SET looked_at = database_now(), active_at = database_now() WHERE status IN ('queued', 'running')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE schedule_occurrences DROP COLUMN looked_at, DROP COLUMN active_at, DROP COLUMN lapsed_at',
    );
  }
}
