import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A schedule asks in the name of people: who confirmed its policy, and who started a run by hand. Rules of approval that
 * want a second person count them. Of schedules that are there already the audit tells who saved them last.
 */
export class PeopleWhoAnswerForSchedules1767225707390 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE schedules ADD COLUMN policy_confirmed_by_id uuid');
    await queryRunner.query(`
      UPDATE schedules s SET policy_confirmed_by_id = (
        SELECT l.actor_id::uuid FROM audit_log l
        WHERE l.object_type = 'schedule' AND l.object_id = s.id::text AND l.actor_type = 'user'
          AND l.action IN ('schedule.created', 'schedule.changed') ORDER BY l.at DESC LIMIT 1)
      WHERE s.policy_confirmed_at IS NOT NULL`);
    await queryRunner.query('ALTER TABLE schedule_occurrences ADD COLUMN answerable_ids uuid[]');
    await queryRunner.query('ALTER TABLE action_requests ADD COLUMN answerable_ids uuid[]');
    await queryRunner.query(`
      ALTER TABLE jobs ADD COLUMN answerable_ids uuid[], ADD COLUMN run_machines integer,
        ADD CONSTRAINT jobs_run_machines_check CHECK (run_machines > 0)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs DROP COLUMN run_machines, DROP COLUMN answerable_ids');
    await queryRunner.query('ALTER TABLE action_requests DROP COLUMN answerable_ids');
    await queryRunner.query('ALTER TABLE schedule_occurrences DROP COLUMN answerable_ids');
    await queryRunner.query('ALTER TABLE schedules DROP COLUMN policy_confirmed_by_id');
  }
}
