import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Work to do, its live log, and the lock that lets one job at a time touch a machine. The fence comes from a sequence
 * of its own, so releasing a lock forgets nothing: a later holder always has the higher number.
 */
export class Phase6JobsAndLocks1767225660100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createJobs(queryRunner);
    await this.createLog(queryRunner);
    await this.createLocks(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE machine_locks');
    await queryRunner.query('DROP SEQUENCE machine_lock_fence');
    await queryRunner.query('DROP TABLE job_log_chunks');
    await queryRunner.query('DROP TABLE jobs');
  }

  private async createJobs(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE jobs (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]*$'),
        machine_id uuid REFERENCES machines (id) ON DELETE CASCADE,
        schedule_id uuid,
        request_id uuid,
        status text NOT NULL CHECK (status IN ('queued', 'running', 'ok', 'warning', 'error', 'cancelled')),
        phase text CHECK (phase ~ '^[a-z][a-z0-9_]*$'),
        step text,
        steps_json jsonb,
        priority integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        available_at timestamptz,
        started_at timestamptz,
        finished_at timestamptz,
        heartbeat_at timestamptz,
        timeout_seconds integer CHECK (timeout_seconds > 0),
        attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
        max_attempts integer NOT NULL DEFAULT 1 CHECK (max_attempts > 0),
        fence bigint CHECK (fence > 0),
        worker_id text,
        boss_job_id uuid,
        requested_by_type text
          CHECK (requested_by_type IN ('user', 'system', 'schedule', 'hermes', 'api_client', 'external')),
        requested_by_id text,
        requested_by_name text,
        cancel_requested_at timestamptz,
        cancel_requested_by text,
        last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
        payload_json jsonb,
        result_json jsonb,
        error_kind text CHECK (error_kind ~ '^[a-z][a-z0-9_]*$'),
        error_message text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE jobs IS 'Work on a machine, from its request to its end; pg-boss only carries it to a worker.'`,
    );
    await queryRunner.query('CREATE INDEX jobs_status_created_at_idx ON jobs (status, created_at)');
    await queryRunner.query('CREATE INDEX jobs_machine_id_status_idx ON jobs (machine_id, status)');
    await queryRunner.query(
      `CREATE INDEX jobs_queue_idx ON jobs (machine_id, priority DESC, created_at) WHERE status = 'queued'`,
    );
    await queryRunner.query('CREATE INDEX jobs_created_at_idx ON jobs (created_at DESC)');
    await queryRunner.query('CREATE INDEX jobs_schedule_id_idx ON jobs (schedule_id) WHERE schedule_id IS NOT NULL');
    await queryRunner.query('CREATE INDEX jobs_request_id_idx ON jobs (request_id) WHERE request_id IS NOT NULL');
  }

  private async createLog(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE job_log_chunks (
        job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        seq bigint NOT NULL CHECK (seq > 0),
        stream text NOT NULL CHECK (stream IN ('out', 'err', 'note')),
        section text,
        text text NOT NULL,
        byte_offset bigint CHECK (byte_offset >= 0),
        created_at timestamptz NOT NULL,
        PRIMARY KEY (job_id, seq)
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE job_log_chunks IS 'The live log of a job, numbered by the holder of its fence.'`,
    );
  }

  private async createLocks(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE SEQUENCE machine_lock_fence AS bigint');
    await queryRunner.query(`
      CREATE TABLE machine_locks (
        machine_id uuid PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
        job_id uuid NOT NULL REFERENCES jobs (id),
        lock_kind text NOT NULL CHECK (lock_kind IN ('apt', 'docker', 'post_install', 'reboot', 'exclusive')),
        holder text NOT NULL,
        fence bigint NOT NULL CHECK (fence > 0),
        created_at timestamptz NOT NULL,
        renewed_at timestamptz NOT NULL,
        expires_at timestamptz
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_locks IS 'One row per machine while a job holds it; times are of the database''s clock.'`,
    );
    await queryRunner.query('CREATE INDEX machine_locks_job_id_idx ON machine_locks (job_id)');
    await queryRunner.query('CREATE INDEX machine_locks_expires_at_idx ON machine_locks (expires_at)');
  }
}
