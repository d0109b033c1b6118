import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Interactive terminals: who had one on which machine, for how long, and how it ended. */
export class Phase9SshTerminalSessions1767225700300 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE ssh_terminal_sessions (
        id uuid PRIMARY KEY,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        username text,
        opened_by text,
        opened_by_name text,
        client_ip text,
        holder text,
        opened_at timestamptz NOT NULL,
        last_input_at timestamptz,
        closed_at timestamptz,
        closed_by text,
        close_reason text CHECK (close_reason ~ '^[a-z][a-z0-9_]*$'),
        status text NOT NULL CHECK (status IN ('open', 'closed', 'error', 'killed')),
        interactive boolean NOT NULL DEFAULT true,
        recording_enabled boolean NOT NULL DEFAULT false,
        recording_format text CHECK (recording_format IN ('asciicast_v2', 'asciicast_v3')),
        recording_truncated boolean NOT NULL DEFAULT false,
        raw_artifact_id uuid,
        last_error text,
        metadata_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE ssh_terminal_sessions IS 'Interactive terminals opened from the portal, with how each one ended.'`,
    );
    await queryRunner.query(
      'CREATE INDEX ssh_terminal_sessions_machine_id_opened_at_idx ON ssh_terminal_sessions (machine_id, opened_at DESC)',
    );
    await queryRunner.query('CREATE INDEX ssh_terminal_sessions_status_idx ON ssh_terminal_sessions (status)');
    await queryRunner.query(
      'CREATE INDEX ssh_terminal_sessions_opened_by_opened_at_idx ON ssh_terminal_sessions (opened_by, opened_at DESC)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE ssh_terminal_sessions');
  }
}
