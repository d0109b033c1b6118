import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An approval is sealed as the request is: a decision that was written into the database carries no seal. Changes that were
 * approved before and have not begun cannot be told from such, and have to be planned again.
 */
export class ActionRequestTargetsDecisionSeal1767225707380 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE action_request_targets ADD COLUMN decision_seal text');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE action_request_targets DROP COLUMN decision_seal');
  }
}
