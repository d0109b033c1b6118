import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far each machine is with each profile, and values to fill recipes with. Never a secret. */
export class Phase5MachineProfilesAndPresets1767225700160 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE machine_profile_state (
        id uuid PRIMARY KEY,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        profile_id uuid NOT NULL REFERENCES install_profiles (id) ON DELETE RESTRICT,
        status text NOT NULL CHECK (status IN ('not_run', 'ok', 'warning', 'error', 'pending')),
        last_execution_id uuid,
        last_run_at timestamptz,
        variables_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_profile_state IS 'What became of a profile on a machine, with the values it was run with.'`,
    );
    await queryRunner.query(`
      CREATE UNIQUE INDEX machine_profile_state_machine_id_profile_id_key
        ON machine_profile_state (machine_id, profile_id)`);
    await queryRunner.query('CREATE INDEX machine_profile_state_profile_id_idx ON machine_profile_state (profile_id)');

    await queryRunner.query(`
      CREATE TABLE script_variables_presets (
        id uuid PRIMARY KEY,
        scope text NOT NULL CHECK (scope IN ('global', 'machine', 'profile')),
        machine_id uuid REFERENCES machines (id) ON DELETE CASCADE,
        profile_id uuid REFERENCES install_profiles (id) ON DELETE CASCADE,
        name text NOT NULL,
        variables_json jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT script_variables_presets_owner_check CHECK (
          (scope = 'machine') = (machine_id IS NOT NULL) AND (scope = 'profile') = (profile_id IS NOT NULL))
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE script_variables_presets IS 'Named sets of values for recipes: of everyone, a machine or a profile.'`,
    );
    await queryRunner.query(`
      CREATE UNIQUE INDEX script_variables_presets_owner_name_key
        ON script_variables_presets (scope, machine_id, profile_id, lower(name)) NULLS NOT DISTINCT`);
    await queryRunner.query(
      'CREATE INDEX script_variables_presets_machine_id_idx ON script_variables_presets (machine_id)',
    );
    await queryRunner.query(
      'CREATE INDEX script_variables_presets_profile_id_idx ON script_variables_presets (profile_id)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE script_variables_presets');
    await queryRunner.query('DROP TABLE machine_profile_state');
  }
}
