import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An error about one package, or one service, is no longer forgotten for another of the same class. */
export class ErrorsOfEachSubject1767225707680 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE machine_errors
        ADD COLUMN subject text NOT NULL DEFAULT '',
        DROP CONSTRAINT machine_errors_pkey,
        ADD CONSTRAINT machine_errors_pkey PRIMARY KEY (machine_id, action, kind, subject)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DELETE FROM machine_errors e USING machine_errors newer
      WHERE newer.machine_id = e.machine_id AND newer.action = e.action AND newer.kind = e.kind AND newer.subject <> e.subject
        AND (newer.place, newer.met_at, newer.subject) > (e.place, e.met_at, e.subject)`);
    await queryRunner.query(`
      ALTER TABLE machine_errors
        DROP CONSTRAINT machine_errors_pkey,
        ADD CONSTRAINT machine_errors_pkey PRIMARY KEY (machine_id, action, kind),
        DROP COLUMN subject`);
  }
}
