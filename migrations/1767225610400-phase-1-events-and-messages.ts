import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The time line of each machine, and the messages worth reading long after their logs are gone. */
export class Phase1EventsAndMessages1767225610400 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE machine_events (
        id uuid PRIMARY KEY,
        machine_id uuid REFERENCES machines (id) ON DELETE CASCADE,
        event_type text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
        created_at timestamptz NOT NULL,
        actor_type text CHECK (actor_type IN ('user', 'system', 'schedule', 'hermes', 'api_client', 'external')),
        actor_id text,
        actor_name text,
        snapshot_id uuid,
        execution_id uuid,
        job_id uuid,
        message text,
        payload_json jsonb
      )`);
    await queryRunner.query(`COMMENT ON TABLE machine_events IS 'What happened to a machine, when, and by whom.'`);
    await queryRunner.query(
      'CREATE INDEX machine_events_machine_id_created_at_idx ON machine_events (machine_id, created_at DESC)',
    );
    await queryRunner.query(
      'CREATE INDEX machine_events_event_type_created_at_idx ON machine_events (event_type, created_at DESC)',
    );

    await queryRunner.query(`
      CREATE TABLE important_messages (
        id uuid PRIMARY KEY,
        machine_id uuid REFERENCES machines (id) ON DELETE CASCADE,
        source text NOT NULL CHECK (source IN ('apt', 'docker', 'post_install', 'ssh', 'system')),
        category text NOT NULL CHECK (category IN
          ('error', 'warning', 'future_major_change', 'deprecation', 'security_notice', 'repository_notice')),
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
        package_name text,
        component text,
        message text NOT NULL,
        dedup_key text NOT NULL,
        raw_line_ref text,
        snapshot_id uuid REFERENCES snapshots (id) ON DELETE SET NULL,
        execution_id uuid REFERENCES executions (id) ON DELETE SET NULL,
        first_seen_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        acknowledged boolean NOT NULL DEFAULT false,
        acknowledged_at timestamptz,
        acknowledged_by text,
        payload_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE important_messages IS 'Messages picked out of logs; they stay when the log is gone.'`,
    );
    await this.createMessageIndexes(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE important_messages');
    await queryRunner.query('DROP TABLE machine_events');
  }

  private async createMessageIndexes(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX important_messages_machine_id_severity_last_seen_at_idx
        ON important_messages (machine_id, severity, last_seen_at DESC)`);
    await queryRunner.query(`
      CREATE INDEX important_messages_category_acknowledged_last_seen_at_idx
        ON important_messages (category, acknowledged, last_seen_at DESC)`);
    await queryRunner.query('CREATE INDEX important_messages_package_name_idx ON important_messages (package_name)');
    await queryRunner.query(
      'CREATE UNIQUE INDEX important_messages_machine_id_dedup_key_key ON important_messages (machine_id, dedup_key)',
    );
    // Removing old snapshots and executions looks these up.
    await queryRunner.query('CREATE INDEX important_messages_snapshot_id_idx ON important_messages (snapshot_id)');
    await queryRunner.query('CREATE INDEX important_messages_execution_id_idx ON important_messages (execution_id)');
  }
}
