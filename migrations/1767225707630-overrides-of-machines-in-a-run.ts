import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why, by whom and until when the change of a machine of a run may begin outside its maintenance window. */
export class OverridesOfMachinesInARun1767225707630 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrence_targets ADD COLUMN window_override text, ADD COLUMN window_override_by text,
        ADD COLUMN window_override_until timestamptz`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrence_targets DROP COLUMN window_override_until, DROP COLUMN window_override_by,
        DROP COLUMN window_override`);
  }
}
