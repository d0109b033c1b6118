import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** The audit page filters by what was done; a rare action must not read the whole log. */
export class AuditLogByAction1767225706200 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildConcurrently(queryRunner, 'audit_log_action_at_idx', 'ON audit_log (action, at DESC, id DESC)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX audit_log_action_at_idx');
  }
}
