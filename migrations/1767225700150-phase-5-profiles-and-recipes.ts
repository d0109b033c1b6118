import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The catalogue of what can be set up on a machine after its installation. A profile that a machine has run is
 * disabled, not removed; the versions of a recipe go with the recipe.
 */
export class Phase5ProfilesAndRecipes1767225700150 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createProfiles(queryRunner);
    await this.createRecipes(queryRunner);
    await this.createVersions(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE install_recipes DROP CONSTRAINT install_recipes_current_version_id_fkey');
    await queryRunner.query('DROP TABLE install_recipe_versions');
    await queryRunner.query('DROP TABLE install_recipes');
    await queryRunner.query('DROP TABLE install_profiles');
  }

  private async createProfiles(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE install_profiles (
        id uuid PRIMARY KEY,
        name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]*$'),
        label text NOT NULL,
        category text NOT NULL,
        risk text,
        enabled boolean NOT NULL DEFAULT true,
        manifest_json jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE install_profiles IS 'What a kind of machine should have after its installation.'`,
    );
    await queryRunner.query('CREATE UNIQUE INDEX install_profiles_name_key ON install_profiles (name)');
  }

  private async createRecipes(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE install_recipes (
        id uuid PRIMARY KEY,
        profile_id uuid REFERENCES install_profiles (id) ON DELETE SET NULL,
        name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]*$'),
        label text NOT NULL,
        source_type text NOT NULL CHECK (source_type IN ('apt_packages', 'official_external', 'custom')),
        risk text,
        current_version_id uuid,
        enabled boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE install_recipes IS 'One thing to install, from packages or by a script.'`,
    );
    await queryRunner.query('CREATE UNIQUE INDEX install_recipes_name_key ON install_recipes (name)');
    await queryRunner.query('CREATE INDEX install_recipes_profile_id_idx ON install_recipes (profile_id)');
    await queryRunner.query(
      'CREATE INDEX install_recipes_current_version_id_idx ON install_recipes (current_version_id)',
    );
  }

  private async createVersions(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE install_recipe_versions (
        id uuid PRIMARY KEY,
        recipe_id uuid NOT NULL REFERENCES install_recipes (id) ON DELETE CASCADE,
        version integer NOT NULL CHECK (version > 0),
        template_path text NOT NULL,
        manifest_json jsonb NOT NULL,
        sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        source_url text,
        created_at timestamptz NOT NULL,
        created_by text,
        approved_at timestamptz,
        approved_by text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE install_recipe_versions IS 'Every version of a recipe; only an approved one may run.'`,
    );
    await queryRunner.query(
      'CREATE UNIQUE INDEX install_recipe_versions_recipe_id_version_key ON install_recipe_versions (recipe_id, version)',
    );
    await queryRunner.query(`
      ALTER TABLE install_recipes ADD CONSTRAINT install_recipes_current_version_id_fkey
        FOREIGN KEY (current_version_id) REFERENCES install_recipe_versions (id) ON DELETE SET NULL`);
  }
}
