import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How fast jobs begin is one number for all workers, so it is kept where all of them see it. */
export class WorkPace1767225707410 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE work_pace (
        single_row boolean PRIMARY KEY DEFAULT true CONSTRAINT work_pace_single_row_check CHECK (single_row),
        paid_until timestamptz NOT NULL,
        looked_at timestamptz,
        fleet_concurrency integer CONSTRAINT work_pace_fleet_concurrency_check CHECK (fleet_concurrency > 0),
        start_rate integer CONSTRAINT work_pace_start_rate_check CHECK (start_rate > 0)
      ) WITH (fillfactor = 10)`);
    await queryRunner.query(
      `COMMENT ON TABLE work_pace IS 'One row: how fast jobs begin, over all workers, and when a worker last looked for work.'`,
    );
    await queryRunner.query('INSERT INTO work_pace (paid_until) VALUES (now())');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE work_pace');
  }
}
