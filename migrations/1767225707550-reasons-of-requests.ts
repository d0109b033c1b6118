import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A request that a schedule left to people says why. */
export class ReasonsOfRequests1767225707550 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE action_requests ADD COLUMN person_reason text');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE action_requests DROP COLUMN person_reason');
  }
}
