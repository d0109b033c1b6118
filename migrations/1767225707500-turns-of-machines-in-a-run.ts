import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Machines of a run are begun by turns: first those that earlier runs left out, in a window that was too short for all. */
export class TurnsOfMachinesInARun1767225707500 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE schedule_occurrence_targets ADD COLUMN turn integer NOT NULL DEFAULT 0,
        ADD COLUMN waited_runs integer NOT NULL DEFAULT 0`);
    for (const column of ['turn', 'waited_runs']) {
      const check = `schedule_occurrence_targets_${column}_check`;
      await queryRunner.query(`
        ALTER TABLE schedule_occurrence_targets ADD CONSTRAINT ${check} CHECK (${column} >= 0) NOT VALID`);
      await queryRunner.query(`ALTER TABLE schedule_occurrence_targets VALIDATE CONSTRAINT ${check}`);
    }
    // Of machines that wait at this moment alone: a small one.
    await queryRunner.query(`
      CREATE INDEX schedule_occurrence_targets_turn_idx ON schedule_occurrence_targets (occurrence_id, turn, machine_id)
      WHERE status = 'queued'`);
    await queryRunner.query('DROP INDEX schedule_occurrence_targets_waiting_idx');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX schedule_occurrence_targets_waiting_idx ON schedule_occurrence_targets (occurrence_id, machine_id)
      WHERE status = 'queued'`);
    await queryRunner.query('ALTER TABLE schedule_occurrence_targets DROP COLUMN waited_runs, DROP COLUMN turn');
  }
}
