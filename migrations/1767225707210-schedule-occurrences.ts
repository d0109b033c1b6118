import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATUS = `status text NOT NULL CHECK (status IN ('queued', 'running', 'ok', 'warning', 'error', 'cancelled'))`;

/** Every due time of a schedule, whether it ran or not, and what it came to on each machine. */
export class ScheduleOccurrences1767225707210 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE schedule_occurrences (
        id uuid PRIMARY KEY,
        schedule_id uuid NOT NULL,
        due_at timestamptz NOT NULL,
        trigger text NOT NULL CHECK (trigger IN ('schedule', 'person')),
        started_by text,
        ${STATUS},
        error_kind text CHECK (error_kind ~ '^[a-z][a-z0-9_]*$'),
        error_message text,
        definition_json jsonb,
        machines_count integer CHECK (machines_count >= 0),
        ok_count integer CHECK (ok_count >= 0),
        warning_count integer CHECK (warning_count >= 0),
        error_count integer CHECK (error_count >= 0),
        cancelled_count integer CHECK (cancelled_count >= 0),
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        started_at timestamptz,
        finished_at timestamptz,
        CONSTRAINT schedule_occurrences_schedule_id_due_at_key UNIQUE (schedule_id, due_at),
        CONSTRAINT schedule_occurrences_schedule_id_fkey
          FOREIGN KEY (schedule_id) REFERENCES schedules (id) ON DELETE CASCADE,
        CONSTRAINT schedule_occurrences_finished_at_check
          CHECK ((status IN ('queued', 'running')) = (finished_at IS NULL))
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE schedule_occurrences IS 'The due times of schedules, one row each, whether it ran or not.'`,
    );
    await queryRunner.query('CREATE INDEX schedule_occurrences_due_at_id_idx ON schedule_occurrences (due_at, id)');
    await queryRunner.query(`
      CREATE INDEX schedule_occurrences_active_idx ON schedule_occurrences (due_at, id)
      WHERE status IN ('queued', 'running')`);

    await queryRunner.query(`
      CREATE TABLE schedule_occurrence_targets (
        occurrence_id uuid NOT NULL,
        machine_id uuid NOT NULL,
        ${STATUS},
        position integer NOT NULL DEFAULT 0 CHECK (position >= 0),
        stage text CHECK (stage IN ('plan', 'run')),
        worst_status text CHECK (worst_status IN ('ok', 'warning', 'error', 'cancelled')),
        job_id uuid,
        request_id uuid,
        error_kind text CHECK (error_kind ~ '^[a-z][a-z0-9_]*$'),
        error_message text,
        started_at timestamptz,
        finished_at timestamptz,
        PRIMARY KEY (occurrence_id, machine_id),
        CONSTRAINT schedule_occurrence_targets_occurrence_id_fkey
          FOREIGN KEY (occurrence_id) REFERENCES schedule_occurrences (id) ON DELETE CASCADE,
        CONSTRAINT schedule_occurrence_targets_machine_id_fkey
          FOREIGN KEY (machine_id) REFERENCES machines (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE schedule_occurrence_targets IS 'How far an occurrence of a schedule is on each of its machines.'`,
    );
    await queryRunner.query(`
      CREATE INDEX schedule_occurrence_targets_waiting_idx ON schedule_occurrence_targets (occurrence_id, machine_id)
      WHERE status = 'queued'`);
    await queryRunner.query(`
      CREATE INDEX schedule_occurrence_targets_running_idx ON schedule_occurrence_targets (occurrence_id, machine_id)
      WHERE status = 'running'`);
    await queryRunner.query(
      'CREATE INDEX schedule_occurrence_targets_machine_id_idx ON schedule_occurrence_targets (machine_id)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE schedule_occurrence_targets');
    await queryRunner.query('DROP TABLE schedule_occurrences');
  }
}
