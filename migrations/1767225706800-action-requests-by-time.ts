import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** Every plan leaves a request: the newest of all are read page by page. */
export class ActionRequestsByTime1767225706800 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildConcurrently(
      queryRunner,
      'action_requests_created_at_id_idx',
      'ON action_requests (created_at DESC, id DESC)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX action_requests_created_at_id_idx');
  }
}
