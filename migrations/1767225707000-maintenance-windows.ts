import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When changes of machines may begin, and of each waiting change until when it may, and whose window it waits for. */
export class MaintenanceWindows1767225707000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE maintenance_windows (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        enabled boolean NOT NULL DEFAULT true,
        scope text NOT NULL,
        tag_id uuid,
        machine_id uuid,
        cron text NOT NULL,
        opens_at timestamptz,
        timezone text NOT NULL,
        duration_minutes integer NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        updated_by text,
        CONSTRAINT maintenance_windows_tag_id_fkey FOREIGN KEY (tag_id) REFERENCES tags (id),
        CONSTRAINT maintenance_windows_machine_id_fkey
          FOREIGN KEY (machine_id) REFERENCES machines (id) ON DELETE CASCADE,
        CONSTRAINT maintenance_windows_scope_check CHECK (scope IN ('fleet', 'tag', 'machine')),
        CONSTRAINT maintenance_windows_subject_check
          CHECK ((scope = 'tag') = (tag_id IS NOT NULL) AND (scope = 'machine') = (machine_id IS NOT NULL)),
        CONSTRAINT maintenance_windows_opens_at_check CHECK ((cron = '@once') = (opens_at IS NOT NULL)),
        CONSTRAINT maintenance_windows_duration_minutes_check
          CHECK (duration_minutes >= 5 AND duration_minutes <= 10080)
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE maintenance_windows IS 'When changes of machines may begin; cron is @once for a single opening at opens_at.'`,
    );
    await queryRunner.query('CREATE INDEX maintenance_windows_tag_id_idx ON maintenance_windows (tag_id)');
    await queryRunner.query('CREATE INDEX maintenance_windows_machine_id_idx ON maintenance_windows (machine_id)');
    await queryRunner.query(`
      ALTER TABLE jobs
        ADD COLUMN start_before timestamptz,
        ADD COLUMN window_name text,
        ADD COLUMN window_seconds integer CONSTRAINT jobs_window_seconds_check CHECK (window_seconds >= 0),
        ADD COLUMN window_override text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE jobs DROP COLUMN start_before, DROP COLUMN window_name, DROP COLUMN window_seconds, DROP COLUMN window_override',
    );
    await queryRunner.query('DROP TABLE maintenance_windows');
  }
}
