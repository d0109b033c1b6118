import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Packages and errors picked out of apt's documents, to search by. They go with the snapshot or execution that they
 * come from, and through it with the machine: the package tables need no second key to machines, which every one of
 * their many rows would have to be checked against.
 */
export class Phase3AptPackagesAndErrors1767225630100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createPlanned(queryRunner);
    await this.createApplied(queryRunner);
    await this.createErrors(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE apt_errors');
    await queryRunner.query('DROP TABLE apt_applied_packages');
    await queryRunner.query('DROP TABLE apt_planned_packages');
  }

  private async createPlanned(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE apt_planned_packages (
        id uuid PRIMARY KEY,
        snapshot_id uuid NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
        machine_id uuid NOT NULL,
        mode text NOT NULL CHECK (mode IN ('upgrade', 'upgrade_with_new', 'dist_upgrade')),
        name text NOT NULL,
        arch text,
        current_version text,
        target_version text,
        origin text,
        operation text NOT NULL CHECK (operation IN ('upgrade', 'install', 'remove', 'hold', 'downgrade')),
        is_security boolean NOT NULL DEFAULT false,
        reason text CHECK (reason IN
          ('held', 'phased', 'pinned', 'needs_new_packages', 'needs_removals', 'not_installable', 'unexplained')),
        reason_detail text,
        dedup_key text NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE apt_planned_packages IS 'What an upgrade would do to each package, or why it would leave it.'`,
    );
    await queryRunner.query('CREATE INDEX apt_planned_packages_dedup_key_idx ON apt_planned_packages (dedup_key)');
    await queryRunner.query(
      'CREATE INDEX apt_planned_packages_machine_id_name_idx ON apt_planned_packages (machine_id, name)',
    );
    await queryRunner.query('CREATE INDEX apt_planned_packages_snapshot_id_idx ON apt_planned_packages (snapshot_id)');
  }

  private async createApplied(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE apt_applied_packages (
        id uuid PRIMARY KEY,
        execution_id uuid NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
        machine_id uuid NOT NULL,
        name text NOT NULL,
        arch text,
        from_version text,
        to_version text,
        operation text NOT NULL CHECK (operation IN ('upgraded', 'installed', 'removed', 'unchanged', 'downgraded')),
        origin text,
        dedup_key text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE apt_applied_packages IS 'What really changed, by comparing the machine before and after.'`,
    );
    await queryRunner.query('CREATE INDEX apt_applied_packages_dedup_key_idx ON apt_applied_packages (dedup_key)');
    await queryRunner.query(
      'CREATE INDEX apt_applied_packages_execution_id_idx ON apt_applied_packages (execution_id)',
    );
    await queryRunner.query(
      'CREATE INDEX apt_applied_packages_machine_id_name_idx ON apt_applied_packages (machine_id, name)',
    );
  }

  private async createErrors(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE apt_errors (
        id uuid PRIMARY KEY,
        snapshot_id uuid REFERENCES snapshots (id) ON DELETE CASCADE,
        execution_id uuid REFERENCES executions (id) ON DELETE CASCADE,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]*$'),
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
        message text NOT NULL,
        important_lines_json jsonb,
        remediation text,
        created_at timestamptz NOT NULL
      )`);
    await queryRunner.query(`COMMENT ON TABLE apt_errors IS 'Classified faults of apt and dpkg, with what to do.'`);
    await queryRunner.query(
      'CREATE INDEX apt_errors_machine_id_created_at_idx ON apt_errors (machine_id, created_at DESC)',
    );
    await queryRunner.query('CREATE INDEX apt_errors_snapshot_id_idx ON apt_errors (snapshot_id)');
    await queryRunner.query('CREATE INDEX apt_errors_execution_id_idx ON apt_errors (execution_id)');
  }
}
