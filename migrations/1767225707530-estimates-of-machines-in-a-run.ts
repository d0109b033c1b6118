import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHECKS = {
  estimate_seconds: 'estimate_seconds >= 0',
  estimate_basis: `estimate_basis IN ('machine', 'fleet', 'declared')`,
};

/** How long a change of a schedule should take on each machine, and what that stands on. */
export class EstimatesOfMachinesInARun1767225707530 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrence_targets ADD COLUMN estimate_seconds integer, ADD COLUMN estimate_basis text`);
    for (const [column, condition] of Object.entries(CHECKS)) {
      const check = `schedule_occurrence_targets_${column}_check`;
      await queryRunner.query(`
        ALTER TABLE schedule_occurrence_targets ADD CONSTRAINT ${check} CHECK (${condition}) NOT VALID`);
      await queryRunner.query(`ALTER TABLE schedule_occurrence_targets VALIDATE CONSTRAINT ${check}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE schedule_occurrence_targets DROP COLUMN estimate_basis, DROP COLUMN estimate_seconds',
    );
  }
}
