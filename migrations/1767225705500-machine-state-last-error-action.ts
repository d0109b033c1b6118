import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which action the last error is from, so that the good end of another one does not wipe it. */
export class MachineStateLastErrorAction1767225705500 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE machine_state ADD COLUMN last_error_action text CHECK (last_error_action ~ '^[a-z][a-z0-9_]*$')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE machine_state DROP COLUMN last_error_action');
  }
}
