import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What people choose for themselves, in the order of time after the users whom it belongs to. Language and theme, until
 * now columns of their own, move here.
 */
export class Phase15UserPreferences1767225690400 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE user_preferences (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]*$'),
        value_json jsonb NOT NULL,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(`COMMENT ON TABLE user_preferences IS 'What people chose for themselves in the portal.'`);
    await queryRunner.query('CREATE UNIQUE INDEX user_preferences_user_id_key_key ON user_preferences (user_id, key)');
    await queryRunner.query(`
      INSERT INTO user_preferences (id, user_id, key, value_json, updated_at)
      SELECT gen_random_uuid(), users.id, chosen.key, jsonb_build_object('schema_version', 1, 'value', chosen.value), users.updated_at
        FROM users, LATERAL (VALUES ('theme', theme), ('language', left(locale, 2))) AS chosen (key, value)
       WHERE chosen.value IS NOT NULL AND (chosen.key = 'theme' OR chosen.value IN ('en', 'fr'))`);
    await queryRunner.query('ALTER TABLE users DROP COLUMN theme, DROP COLUMN locale');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE users
        ADD COLUMN locale text CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
        ADD COLUMN theme text CHECK (theme IN ('light', 'dark', 'system'))`);
    await queryRunner.query(`
      UPDATE users SET locale = chosen.language, theme = chosen.theme
        FROM (SELECT user_id, max(value_json ->> 'value') FILTER (WHERE key = 'language' AND value_json ->> 'value' <> 'browser') AS language,
                     max(value_json ->> 'value') FILTER (WHERE key = 'theme') AS theme
                FROM user_preferences GROUP BY user_id) AS chosen
       WHERE chosen.user_id = users.id`);
    await queryRunner.query('DROP TABLE user_preferences');
  }
}
