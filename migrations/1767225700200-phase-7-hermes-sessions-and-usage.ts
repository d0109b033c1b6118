import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Conversations with the Hermes agent and what they cost. Runs outlive their session and counts outlive their run, for
 * the bill must not change when a conversation is removed.
 */
export class Phase7HermesSessionsAndUsage1767225700200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createSessions(queryRunner);
    await this.createRuns(queryRunner);
    await this.createUsage(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE hermes_usage');
    await queryRunner.query('DROP TABLE hermes_runs');
    await queryRunner.query('DROP TABLE hermes_sessions');
  }

  private async createSessions(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE hermes_sessions (
        id uuid PRIMARY KEY,
        source text NOT NULL CHECK (source ~ '^[a-z][a-z0-9_]*$'),
        session_key text,
        user_id uuid REFERENCES users (id) ON DELETE SET NULL,
        created_at timestamptz NOT NULL,
        last_message_at timestamptz,
        status text CHECK (status IN ('active', 'closed'))
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE hermes_sessions IS 'Conversations with the agent, by the place where they are held.'`,
    );
    await queryRunner.query(
      'CREATE UNIQUE INDEX hermes_sessions_source_session_key_key ON hermes_sessions (source, session_key)',
    );
    await queryRunner.query(
      'CREATE INDEX hermes_sessions_user_id_last_message_at_idx ON hermes_sessions (user_id, last_message_at DESC)',
    );
  }

  private async createRuns(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE hermes_runs (
        id uuid PRIMARY KEY,
        session_id uuid REFERENCES hermes_sessions (id) ON DELETE SET NULL,
        external_run_id text,
        prompt_kind text CHECK (prompt_kind ~ '^[a-z][a-z0-9_]*$'),
        status text CHECK (status IN ('running', 'ok', 'error', 'cancelled')),
        started_at timestamptz NOT NULL,
        finished_at timestamptz,
        request_json jsonb,
        response_json jsonb,
        report_id uuid,
        error_kind text CHECK (error_kind ~ '^[a-z][a-z0-9_]*$'),
        error_message text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE hermes_runs IS 'One question to the agent and its answer, reduced and without secrets.'`,
    );
    await queryRunner.query(
      'CREATE INDEX hermes_runs_session_id_started_at_idx ON hermes_runs (session_id, started_at DESC)',
    );
    await queryRunner.query('CREATE UNIQUE INDEX hermes_runs_external_run_id_key ON hermes_runs (external_run_id)');
    await queryRunner.query('CREATE INDEX hermes_runs_started_at_idx ON hermes_runs (started_at DESC)');
  }

  private async createUsage(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE hermes_usage (
        id uuid PRIMARY KEY,
        run_id uuid REFERENCES hermes_runs (id) ON DELETE SET NULL,
        provider text,
        model text,
        prompt_tokens integer CHECK (prompt_tokens >= 0),
        cached_tokens integer CHECK (cached_tokens >= 0),
        completion_tokens integer CHECK (completion_tokens >= 0),
        total_tokens integer CHECK (total_tokens >= 0),
        raw_bytes bigint CHECK (raw_bytes >= 0),
        reduced_bytes bigint CHECK (reduced_bytes >= 0),
        reduction_ratio real CHECK (reduction_ratio <= 1),
        created_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE hermes_usage IS 'Tokens as the provider counted them, and bytes as we did; null is not counted.'`,
    );
    await queryRunner.query('CREATE INDEX hermes_usage_run_id_idx ON hermes_usage (run_id)');
    await queryRunner.query('CREATE INDEX hermes_usage_created_at_idx ON hermes_usage (created_at DESC)');
  }
}
