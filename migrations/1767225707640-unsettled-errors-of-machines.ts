import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An error of one action, or of the connection, no longer makes that of another forgotten: each stays until it is settled itself. */
export class UnsettledErrorsOfMachines1767225707640 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE machine_errors (
        machine_id uuid NOT NULL CONSTRAINT machine_errors_machine_id_fkey REFERENCES machines (id) ON DELETE CASCADE,
        action text NOT NULL CONSTRAINT machine_errors_action_check CHECK (action ~ '^([a-z][a-z0-9_]*)?$'),
        kind text NOT NULL CONSTRAINT machine_errors_kind_check CHECK (kind ~ '^[a-z][a-z0-9_]*$'),
        message text,
        met_at timestamptz NOT NULL,
        PRIMARY KEY (machine_id, action)
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_errors IS 'Errors of machines that nothing has settled yet; machine_state tells the newest.'`,
    );
    await queryRunner.query(`
      INSERT INTO machine_errors (machine_id, action, kind, message, met_at)
      SELECT machine_id, COALESCE(last_error_action, ''), last_error_kind, last_error_message, updated_at
      FROM machine_state WHERE last_error_kind IS NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE machine_errors');
  }
}
