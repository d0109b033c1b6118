import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A person may end a changing run by force: who, when and why stands with its job, whose worker carries it out. */
export class JobsStopByForce1767225707450 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE jobs ADD COLUMN force_requested_at timestamptz, ADD COLUMN force_requested_by text, ADD COLUMN force_reason text`);
    await queryRunner.query(`
      ALTER TABLE jobs ADD CONSTRAINT jobs_force_check CHECK (
        (force_requested_at IS NULL) = (force_requested_by IS NULL) AND (force_requested_at IS NULL) = (force_reason IS NULL))
        NOT VALID`);
    await queryRunner.query('ALTER TABLE jobs VALIDATE CONSTRAINT jobs_force_check');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE jobs DROP COLUMN force_requested_at, DROP COLUMN force_requested_by, DROP COLUMN force_reason`);
  }
}
