import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each machine of a request is planned by a job of its own. */
export class RequestsOfSeveralMachines1767225707330 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE action_request_targets ADD COLUMN plan_job_id uuid');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE action_request_targets DROP COLUMN plan_job_id');
  }
}
