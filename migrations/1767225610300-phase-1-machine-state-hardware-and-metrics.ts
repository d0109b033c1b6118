import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What tiles show, derived when an outcome is written. A count that nobody has measured is null, never 0: the
 * dashboard must not show green for what it does not know.
 */
export class Phase1MachineStateHardwareAndMetrics1767225610300 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createState(queryRunner);
    await this.createHardware(queryRunner);
    await this.createMetrics(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE machine_metrics_latest');
    await queryRunner.query('DROP TABLE machine_hardware');
    await queryRunner.query('DROP TABLE machine_state');
  }

  private async createState(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE machine_state (
        machine_id uuid PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
        status text NOT NULL CHECK (status IN ('unknown', 'ok', 'warning', 'error', 'unreachable', 'quarantined')),
        apt_status text NOT NULL DEFAULT 'unknown'
          CHECK (apt_status IN ('unknown', 'up_to_date', 'updates', 'security_updates', 'stale', 'error')),
        apt_updates_count integer CHECK (apt_updates_count >= 0),
        apt_security_updates_count integer CHECK (apt_security_updates_count >= 0),
        apt_kept_back_count integer CHECK (apt_kept_back_count >= 0),
        apt_upgrade_count integer CHECK (apt_upgrade_count >= 0),
        apt_upgrade_with_new_count integer CHECK (apt_upgrade_with_new_count >= 0),
        apt_dist_upgrade_count integer CHECK (apt_dist_upgrade_count >= 0),
        apt_reboot_required boolean,
        apt_reboot_reason text,
        apt_last_analyze_at timestamptz,
        apt_index_refreshed_at timestamptz,
        apt_stale boolean NOT NULL DEFAULT false,
        apt_stale_reason text,
        docker_status text NOT NULL DEFAULT 'unknown'
          CHECK (docker_status IN ('unknown', 'none', 'up_to_date', 'updates', 'error')),
        docker_installed boolean,
        docker_stacks_count integer CHECK (docker_stacks_count >= 0),
        docker_updates_count integer CHECK (docker_updates_count >= 0),
        docker_prune_available boolean,
        post_install_status text NOT NULL DEFAULT 'not_run'
          CHECK (post_install_status IN ('not_run', 'ok', 'warning', 'error', 'pending')),
        metrics_last_collected_at timestamptz,
        cpu_load1 real CHECK (cpu_load1 >= 0),
        memory_used_percent real CHECK (memory_used_percent >= 0 AND memory_used_percent <= 100),
        root_used_percent real CHECK (root_used_percent >= 0 AND root_used_percent <= 100),
        disk_warnings_count integer CHECK (disk_warnings_count >= 0),
        hardware_warnings_count integer CHECK (hardware_warnings_count >= 0),
        open_messages_count integer CHECK (open_messages_count >= 0),
        running_job_id uuid,
        last_error_kind text CHECK (last_error_kind ~ '^[a-z][a-z0-9_]*$'),
        last_error_message text,
        needs_rank smallint NOT NULL DEFAULT 7 CHECK (needs_rank >= 0),
        underlying_needs_rank smallint NOT NULL DEFAULT 7 CHECK (underlying_needs_rank >= 0),
        revision bigint NOT NULL DEFAULT 0 CHECK (revision >= 0),
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_state IS 'The current state of each machine, for tiles; null means not measured.'`,
    );
    await queryRunner.query('CREATE INDEX machine_state_status_idx ON machine_state (status)');
    await queryRunner.query('CREATE INDEX machine_state_needs_rank_idx ON machine_state (needs_rank)');
  }

  private async createHardware(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE machine_hardware (
        machine_id uuid PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
        probe_snapshot_id uuid REFERENCES snapshots (id) ON DELETE SET NULL,
        cpu_model text,
        cpu_cores integer CHECK (cpu_cores > 0),
        memory_bytes bigint CHECK (memory_bytes >= 0),
        gpus_json jsonb,
        disks_json jsonb,
        network_json jsonb,
        firmware_json jsonb,
        driver_json jsonb,
        warnings_json jsonb,
        reasons_json jsonb,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_hardware IS 'The latest hardware inventory; reasons_json says why a value is missing.'`,
    );
    await queryRunner.query('CREATE INDEX machine_hardware_updated_at_idx ON machine_hardware (updated_at DESC)');
    await queryRunner.query(
      'CREATE INDEX machine_hardware_probe_snapshot_id_idx ON machine_hardware (probe_snapshot_id)',
    );
  }

  private async createMetrics(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE machine_metrics_latest (
        machine_id uuid PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
        snapshot_id uuid REFERENCES snapshots (id) ON DELETE SET NULL,
        collected_at timestamptz NOT NULL,
        cpu_load1 real CHECK (cpu_load1 >= 0),
        cpu_load5 real CHECK (cpu_load5 >= 0),
        cpu_cores integer CHECK (cpu_cores > 0),
        memory_total_bytes bigint CHECK (memory_total_bytes >= 0),
        memory_used_bytes bigint CHECK (memory_used_bytes >= 0),
        memory_available_bytes bigint CHECK (memory_available_bytes >= 0),
        memory_used_percent real CHECK (memory_used_percent >= 0 AND memory_used_percent <= 100),
        filesystems_json jsonb NOT NULL,
        root_used_percent real CHECK (root_used_percent >= 0 AND root_used_percent <= 100),
        warnings_json jsonb
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_metrics_latest IS 'The latest load, memory and disk figures; not a monitoring history.'`,
    );
    await queryRunner.query(
      'CREATE INDEX machine_metrics_latest_collected_at_idx ON machine_metrics_latest (collected_at DESC)',
    );
    await queryRunner.query(
      'CREATE INDEX machine_metrics_latest_root_used_percent_idx ON machine_metrics_latest (root_used_percent)',
    );
    await queryRunner.query(
      'CREATE INDEX machine_metrics_latest_snapshot_id_idx ON machine_metrics_latest (snapshot_id)',
    );
  }
}
