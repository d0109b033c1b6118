import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which image each service runs and which one it could run. Digests are compared within one machine only: image ids of
 * another store mean something else. An image event goes with its execution, but survives its stack.
 */
export class Phase4DockerServicesAndImages1767225700110 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createServices(queryRunner);
    await this.createEvents(queryRunner);
    await this.createLookups(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE docker_registry_lookups');
    await queryRunner.query('DROP TABLE docker_image_events');
    await queryRunner.query('DROP TABLE docker_stack_services');
  }

  private async createServices(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE docker_stack_services (
        id uuid PRIMARY KEY,
        stack_id uuid NOT NULL REFERENCES docker_compose_stacks (id) ON DELETE CASCADE,
        service_name text NOT NULL,
        image_ref text,
        current_image_id text,
        current_digest text,
        repo_digests_json jsonb,
        candidate_image_id text,
        candidate_digest text,
        version_label text,
        image_store text,
        platform text,
        status text CHECK (status IN ('up_to_date', 'updates_available', 'error', 'pinned', 'local_build', 'unknown',
          'pending_recreate')),
        status_reason text,
        is_stateful boolean NOT NULL DEFAULT false,
        is_self boolean NOT NULL DEFAULT false,
        checked_at timestamptz,
        updated_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE docker_stack_services IS 'The latest state of each service of a stack, and of its image.'`,
    );
    await queryRunner.query(
      'CREATE INDEX docker_stack_services_stack_id_status_idx ON docker_stack_services (stack_id, status)',
    );
    await queryRunner.query(`
      CREATE UNIQUE INDEX docker_stack_services_stack_id_service_name_key
        ON docker_stack_services (stack_id, service_name)`);
  }

  private async createEvents(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE docker_image_events (
        id uuid PRIMARY KEY,
        execution_id uuid REFERENCES executions (id) ON DELETE CASCADE,
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        stack_id uuid REFERENCES docker_compose_stacks (id) ON DELETE SET NULL,
        service_name text,
        image_ref text,
        from_image_id text,
        to_image_id text,
        from_digest text,
        to_digest text,
        rollback_ref text,
        operation text CHECK (operation IN ('pulled', 'recreated', 'pruned', 'rolled_back')),
        bytes_reclaimed bigint CHECK (bytes_reclaimed >= 0),
        created_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE docker_image_events IS 'Images pulled, taken into use, given up or removed.'`,
    );
    await queryRunner.query(
      'CREATE INDEX docker_image_events_machine_id_created_at_idx ON docker_image_events (machine_id, created_at DESC)',
    );
    await queryRunner.query('CREATE INDEX docker_image_events_execution_id_idx ON docker_image_events (execution_id)');
    await queryRunner.query(
      'CREATE INDEX docker_image_events_stack_id_created_at_idx ON docker_image_events (stack_id, created_at DESC)',
    );
  }

  /** Registries count requests per site: one answer serves every machine that asks with the same identity. */
  private async createLookups(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE docker_registry_lookups (
        id uuid PRIMARY KEY,
        image_ref text NOT NULL,
        platform text NOT NULL,
        credential_identity text NOT NULL,
        status text NOT NULL CHECK (status IN ('found', 'not_found', 'unauthorized', 'rate_limited', 'unreachable')),
        index_digest text,
        platform_digest text,
        quota_remaining integer CHECK (quota_remaining >= 0),
        error_message text,
        looked_up_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE docker_registry_lookups IS 'What registries answered lately, so that a fleet asks once.'`,
    );
    await queryRunner.query(`
      CREATE UNIQUE INDEX docker_registry_lookups_image_ref_platform_identity_key
        ON docker_registry_lookups (image_ref, platform, credential_identity)`);
    await queryRunner.query(
      'CREATE INDEX docker_registry_lookups_expires_at_idx ON docker_registry_lookups (expires_at)',
    );
  }
}
