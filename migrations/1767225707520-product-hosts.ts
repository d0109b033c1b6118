import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A plan tells whether it is about a machine that the program itself runs on, and its processes may run on several. */
export class ProductHosts1767225707520 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE product_hosts (
        host text NOT NULL,
        machine_id text NOT NULL CONSTRAINT product_hosts_machine_id_check CHECK (machine_id ~ '^([0-9a-f]{32})?$'),
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (host, machine_id)
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE product_hosts IS 'Hosts on which processes of this program run, as each says of itself.'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE product_hosts');
  }
}
