import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why a package is on hold, who held it and until when: the mark on the machine says none of it. */
export class AptHolds1767225706500 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE apt_holds (
        machine_id uuid NOT NULL,
        name text NOT NULL,
        note text,
        expires_at timestamptz,
        set_by text,
        set_at timestamptz NOT NULL,
        PRIMARY KEY (machine_id, name),
        CONSTRAINT apt_holds_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES machines (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE apt_holds IS 'Holds that this program set: why, by whom and until when.'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE apt_holds');
  }
}
