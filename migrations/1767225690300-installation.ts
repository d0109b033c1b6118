import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which installation this database belongs to. Machines store the id beside the fence of a run; a restored backup
 * begins a new epoch, which ranks above the old one.
 */
export class Installation1767225690300 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE installation (
        id uuid PRIMARY KEY,
        epoch integer NOT NULL DEFAULT 1 CHECK (epoch > 0),
        enc_key_canary text CHECK (enc_key_canary ~ '^suenc:1:[a-z0-9-]+:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$'),
        created_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE installation IS 'One row: this installation, and a known text under its encryption key.'`,
    );
    await queryRunner.query('CREATE UNIQUE INDEX installation_single_row_key ON installation ((true))');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE installation');
  }
}
