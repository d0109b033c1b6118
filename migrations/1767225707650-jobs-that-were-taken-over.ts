import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which changes nobody followed for a while: how long they took is not what passed between their beginning and their end. */
export class JobsThatWereTakenOver1767225707650 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs ADD COLUMN taken_over boolean NOT NULL DEFAULT false');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs DROP COLUMN taken_over');
  }
}
