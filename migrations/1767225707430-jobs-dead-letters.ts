import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Jobs that ended without a result are kept in sight until a person or a later job has dealt with them. */
export class JobsDeadLetters1767225707430 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE jobs
        ADD COLUMN died_at timestamptz,
        ADD COLUMN settled_at timestamptz,
        ADD COLUMN settled_by text,
        ADD COLUMN redrive_of uuid,
        ADD CONSTRAINT jobs_died_at_check CHECK (died_at IS NULL OR (status = 'error' AND error_kind IS NOT NULL)),
        ADD CONSTRAINT jobs_settled_at_check CHECK (settled_at IS NULL OR died_at IS NOT NULL)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE jobs DROP COLUMN redrive_of, DROP COLUMN settled_by, DROP COLUMN settled_at, DROP COLUMN died_at`);
  }
}
