import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An error that was acknowledged, was gone and is met again is open anew: when it was gone is kept, not looked up in old documents. */
export class ErrorsThatAreGone1767225707670 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE important_messages ADD COLUMN gone_at timestamptz');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE important_messages DROP COLUMN gone_at');
  }
}
