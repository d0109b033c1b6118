import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where Compose stacks are looked for on a machine, and which were found there. All of it goes with the machine. */
export class Phase4DockerSettingsRootsAndStacks1767225700100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createSettings(queryRunner);
    await this.createRoots(queryRunner);
    await this.createStacks(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE docker_compose_stacks');
    await queryRunner.query('DROP TABLE docker_compose_roots');
    await queryRunner.query('DROP TABLE docker_settings');
  }

  private async createSettings(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE docker_settings (
        machine_id uuid PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
        enabled boolean NOT NULL DEFAULT false,
        scan_depth integer NOT NULL DEFAULT 4 CHECK (scan_depth >= 0),
        prune_mode text NOT NULL DEFAULT 'safe' CHECK (prune_mode IN ('safe', 'aggressive')),
        prune_build_cache boolean NOT NULL DEFAULT false,
        compose_variant text CHECK (compose_variant IN ('v2', 'v1', 'none')),
        engine_json jsonb,
        last_scan_at timestamptz,
        last_pull_check_at timestamptz,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE docker_settings IS 'How Docker is handled on a machine, and what its engine said of itself.'`,
    );
  }

  private async createRoots(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE docker_compose_roots (
        id uuid PRIMARY KEY,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        path text NOT NULL CHECK (path ~ '^/'),
        enabled boolean NOT NULL DEFAULT true,
        scan_depth integer CHECK (scan_depth >= 0),
        findings_json jsonb,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE docker_compose_roots IS 'Folders of a machine in which Compose files are looked for.'`,
    );
    await queryRunner.query(
      'CREATE UNIQUE INDEX docker_compose_roots_machine_id_path_key ON docker_compose_roots (machine_id, path)',
    );
  }

  /** Two stacks of one machine may share a project name; in one folder they would be the same project to Compose. */
  private async createStacks(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE docker_compose_stacks (
        id uuid PRIMARY KEY,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        name text NOT NULL,
        working_dir text NOT NULL,
        compose_files_json jsonb NOT NULL,
        project_name text,
        env_file text,
        profiles_json jsonb,
        ignored_services_json jsonb,
        status text NOT NULL CHECK (status IN ('candidate', 'enabled', 'ignored', 'error')),
        last_error text,
        detected_by text CHECK (detected_by IN ('root_scan', 'label', 'manual')),
        last_scan_at timestamptz,
        last_update_at timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE docker_compose_stacks IS 'Compose projects of a machine, found or named by a person.'`,
    );
    await queryRunner.query(
      'CREATE INDEX docker_compose_stacks_machine_id_status_idx ON docker_compose_stacks (machine_id, status)',
    );
    await queryRunner.query(`
      CREATE UNIQUE INDEX docker_compose_stacks_machine_id_working_dir_name_key
        ON docker_compose_stacks (machine_id, working_dir, name)`);
  }
}
