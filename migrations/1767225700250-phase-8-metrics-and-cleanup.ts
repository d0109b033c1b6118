import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How this program itself is doing, and what was removed to make room. */
export class Phase8MetricsAndCleanup1767225700250 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE system_metrics (
        id uuid PRIMARY KEY,
        created_at timestamptz NOT NULL,
        instance text NOT NULL,
        cpu_percent real CHECK (cpu_percent >= 0 AND cpu_percent <= 100),
        memory_rss_bytes bigint CHECK (memory_rss_bytes >= 0),
        memory_heap_bytes bigint CHECK (memory_heap_bytes >= 0),
        db_bytes bigint CHECK (db_bytes >= 0),
        wal_bytes bigint CHECK (wal_bytes >= 0),
        jobs_running integer CHECK (jobs_running >= 0),
        machines_count integer CHECK (machines_count >= 0),
        payload_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE system_metrics IS 'Load of the processes of this program and sizes of its database, over time.'`,
    );
    await queryRunner.query('CREATE INDEX system_metrics_created_at_idx ON system_metrics (created_at DESC)');

    await queryRunner.query(`
      CREATE TABLE cleanup_runs (
        id uuid PRIMARY KEY,
        mode text NOT NULL CHECK (mode IN ('dry_run', 'apply')),
        status text NOT NULL CHECK (status IN ('running', 'ok', 'warning', 'error', 'cancelled')),
        requested_by_type text
          CHECK (requested_by_type IN ('user', 'system', 'schedule', 'hermes', 'api_client', 'external')),
        requested_by_id text,
        requested_by_name text,
        started_at timestamptz NOT NULL,
        finished_at timestamptz,
        deleted_counts_json jsonb,
        bytes_reclaimed bigint CHECK (bytes_reclaimed >= 0),
        result_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE cleanup_runs IS 'Runs of the retention rules: what would be removed, or what was.'`,
    );
    await queryRunner.query('CREATE INDEX cleanup_runs_started_at_idx ON cleanup_runs (started_at DESC)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE cleanup_runs');
    await queryRunner.query('DROP TABLE system_metrics');
  }
}
