import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a run was last seen at work, and since when it begins nothing new because it was not for too long. */
export class RunsThatLapse1767225707720 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrences
        ADD COLUMN active_at timestamptz,
        ADD COLUMN lapsed_at timestamptz`);
    // Those of the version before did not note it.
    await queryRunner.query(
      `UPDATE schedule_occurrences SET active_at = database_now() WHERE status IN ('queued', 'running')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE schedule_occurrences DROP COLUMN active_at, DROP COLUMN lapsed_at');
  }
}
