import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever takes a changing run over goes on from the byte that is stored, and sees how long the machine has been silent. */
export class JobsDetachedRuns1767225706400 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE jobs
        ADD COLUMN log_offset bigint NOT NULL DEFAULT 0,
        ADD COLUMN contact_at timestamptz,
        ADD CONSTRAINT jobs_log_offset_check CHECK (log_offset >= 0)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs DROP COLUMN log_offset, DROP COLUMN contact_at');
  }
}
