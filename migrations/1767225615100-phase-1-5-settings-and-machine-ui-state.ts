import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What administrators set for everybody, and how machines are shown. A setting without a row has its default. */
export class Phase15SettingsAndMachineUiState1767225615100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE app_settings (
        key text PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$'),
        value_json jsonb NOT NULL,
        updated_at timestamptz NOT NULL,
        updated_by text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE app_settings IS 'Settings of the installation that differ from their default.'`,
    );
    await queryRunner.query(`
      CREATE TABLE machine_ui_state (
        machine_id uuid PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
        sections_open_json jsonb,
        tile_mode text CHECK (tile_mode IN ('compact', 'expanded')),
        last_active_tab text CHECK (last_active_tab ~ '^[a-z][a-z0-9_]*$'),
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_ui_state IS 'How a machine is shown, for everybody; nothing is decided by it.'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE machine_ui_state');
    await queryRunner.query('DROP TABLE app_settings');
  }
}
