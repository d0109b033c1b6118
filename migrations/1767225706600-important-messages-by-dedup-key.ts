import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** A message is acknowledged on every machine that says it: they are found by what makes them equal. */
export class ImportantMessagesByDedupKey1767225706600 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildConcurrently(
      queryRunner,
      'important_messages_dedup_key_last_seen_at_idx',
      'ON important_messages (dedup_key, last_seen_at DESC)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX important_messages_dedup_key_last_seen_at_idx');
  }
}
