import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People, and how they are signed in. Only hashes of tokens are kept: a copy of the database opens no door. */
export class AccountsUsersAndSessions1767225690100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createUsers(queryRunner);
    await this.createSessions(queryRunner);
    await this.createLinks(queryRunner);
    await this.createRateLimits(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE rate_limits');
    await queryRunner.query('DROP TABLE one_time_links');
    await queryRunner.query('DROP TABLE sessions');
    await queryRunner.query('DROP TABLE users');
  }

  private async createUsers(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE users (
        id uuid PRIMARY KEY,
        username text NOT NULL,
        display_name text NOT NULL,
        password_hash text CHECK (password_hash ~ '^\\$argon2id\\$'),
        role text NOT NULL CHECK (role IN ('viewer', 'operator', 'administrator')),
        status text NOT NULL CHECK (status IN ('active', 'disabled', 'invited')),
        locale text CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
        theme text CHECK (theme IN ('light', 'dark', 'system')),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        last_login_at timestamptz,
        password_changed_at timestamptz
      )`);
    await queryRunner.query(`COMMENT ON TABLE users IS 'People who may sign in; invited ones have no password yet.'`);
    await queryRunner.query('CREATE UNIQUE INDEX users_username_key ON users (lower(username))');
  }

  private async createSessions(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sessions (
        id uuid PRIMARY KEY,
        token_hash text NOT NULL CHECK (token_hash ~ '^[0-9a-f]{64}$'),
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        ip text,
        user_agent text,
        revoked_at timestamptz
      )`);
    await queryRunner.query(`COMMENT ON TABLE sessions IS 'Signed-in browsers, by the SHA-256 of their cookie.'`);
    await queryRunner.query('CREATE UNIQUE INDEX sessions_token_hash_key ON sessions (token_hash)');
    await queryRunner.query('CREATE INDEX sessions_user_id_idx ON sessions (user_id)');
    await queryRunner.query('CREATE INDEX sessions_expires_at_idx ON sessions (expires_at)');
  }

  private async createLinks(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE one_time_links (
        id uuid PRIMARY KEY,
        purpose text NOT NULL CHECK (purpose IN ('setup', 'invite', 'reset')),
        token_hash text NOT NULL CHECK (token_hash ~ '^[0-9a-f]{64}$'),
        user_id uuid REFERENCES users (id) ON DELETE CASCADE,
        created_by uuid REFERENCES users (id) ON DELETE SET NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE one_time_links IS 'Links that set a password once: first start, invitation, reset.'`,
    );
    await queryRunner.query('CREATE UNIQUE INDEX one_time_links_token_hash_key ON one_time_links (token_hash)');
    await queryRunner.query('CREATE INDEX one_time_links_user_id_idx ON one_time_links (user_id)');
    await queryRunner.query('CREATE INDEX one_time_links_created_by_idx ON one_time_links (created_by)');
  }

  /** The shape and the order of these columns are those of the rate limiter's own table: it inserts by position. */
  private async createRateLimits(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE rate_limits (
        key varchar(255) PRIMARY KEY,
        points integer NOT NULL DEFAULT 0,
        expire bigint
      )`);
    await queryRunner.query(`COMMENT ON TABLE rate_limits IS 'Attempts counted per key until expire (milliseconds).'`);
    await queryRunner.query('CREATE INDEX rate_limits_expire_idx ON rate_limits (expire)');
  }
}
