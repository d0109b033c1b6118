import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What one run of a schedule leaves to people is decided together: each request says of which run it is. */
export class RequestsOfARun1767225707480 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs ADD COLUMN occurrence_id uuid');
    await queryRunner.query('ALTER TABLE action_requests ADD COLUMN occurrence_id uuid');
    await queryRunner.query(`
      UPDATE action_requests r SET occurrence_id = t.occurrence_id FROM schedule_occurrence_targets t
      WHERE t.request_id = r.id AND r.requested_by_type = 'schedule'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE action_requests DROP COLUMN occurrence_id');
    await queryRunner.query('ALTER TABLE jobs DROP COLUMN occurrence_id');
  }
}
