import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The status that a machine had when it was archived, so that a restore gives back exactly that. */
export class MachinesArchivedStatus1767225707460 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE machines ADD COLUMN archived_status text CONSTRAINT machines_archived_status_check
        CHECK (archived_status IN ('new', 'active', 'unreachable', 'quarantined'))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE machines DROP COLUMN archived_status');
  }
}
