import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An error of an action is no longer forgotten for another of the same action; and the job that met it is known. */
export class EveryUnsettledErrorOfAnAction1767225707660 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE machine_errors
        ADD COLUMN job_id uuid,
        ADD COLUMN place smallint NOT NULL DEFAULT 0,
        DROP CONSTRAINT machine_errors_pkey,
        ADD CONSTRAINT machine_errors_pkey PRIMARY KEY (machine_id, action, kind)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DELETE FROM machine_errors e USING machine_errors newer
      WHERE newer.machine_id = e.machine_id AND newer.action = e.action AND newer.kind <> e.kind
        AND (newer.place, newer.met_at, newer.kind) > (e.place, e.met_at, e.kind)`);
    await queryRunner.query(`
      ALTER TABLE machine_errors
        DROP CONSTRAINT machine_errors_pkey,
        ADD CONSTRAINT machine_errors_pkey PRIMARY KEY (machine_id, action),
        DROP COLUMN place,
        DROP COLUMN job_id`);
  }
}
