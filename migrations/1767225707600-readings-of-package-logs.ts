import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when the logs of each machine have been read for changes by others, so that none is lost while nobody looks at it. */
export class ReadingsOfPackageLogs1767225707600 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE machine_state ADD COLUMN apt_history_read_at timestamptz');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE machine_state DROP COLUMN apt_history_read_at');
  }
}
