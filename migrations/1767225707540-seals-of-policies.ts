import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a schedule may change by itself is sealed as it was confirmed. The key is not in the database: what was confirmed before has
 * no seal, and is confirmed again by saving it.
 */
export class SealsOfPolicies1767225707540 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE schedules ADD COLUMN policy_seal text');
    await queryRunner.query(`
      ALTER TABLE schedule_occurrences ADD COLUMN definition_seal text, ADD COLUMN policy_refused_at timestamptz`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE schedule_occurrences DROP COLUMN policy_refused_at, DROP COLUMN definition_seal',
    );
    await queryRunner.query('ALTER TABLE schedules DROP COLUMN policy_seal');
  }
}
