import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many jobs at a time may run on the machines behind one line; a machine belongs to a network by its address. */
export class Networks1767225707400 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE networks (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        concurrency integer NOT NULL CONSTRAINT networks_concurrency_check CHECK (concurrency > 0),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        updated_by text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE networks IS 'Machines that lie behind one line: so many jobs at a time may run on them.'`,
    );
    await queryRunner.query('CREATE UNIQUE INDEX networks_name_key ON networks (lower(name))');
    await queryRunner.query(`
      CREATE TABLE network_ranges (
        range cidr PRIMARY KEY,
        network_id uuid NOT NULL,
        CONSTRAINT network_ranges_network_id_fkey FOREIGN KEY (network_id) REFERENCES networks (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE network_ranges IS 'The addresses of a network. Of several ranges that hold an address the narrowest counts.'`,
    );
    await queryRunner.query('CREATE INDEX network_ranges_network_id_idx ON network_ranges (network_id)');
    await queryRunner.query(`
      ALTER TABLE machines ADD COLUMN address inet, ADD COLUMN network_id uuid,
        ADD CONSTRAINT machines_network_id_fkey FOREIGN KEY (network_id) REFERENCES networks (id) ON DELETE SET NULL`);
    await queryRunner.query(
      'CREATE INDEX machines_network_id_idx ON machines (network_id) WHERE network_id IS NOT NULL',
    );
    // Machines whose hostname is an address; of the others it is learned when they are reached.
    await queryRunner.query(`
      UPDATE machines SET address = split_part(hostname, '%', 1)::inet
      WHERE hostname ~ '^\\d{1,3}(\\.\\d{1,3}){3}$' OR hostname ~ '^[0-9a-fA-F:]*:[0-9a-fA-F:.]*(%.*)?$'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE machines DROP COLUMN network_id, DROP COLUMN address');
    await queryRunner.query('DROP TABLE network_ranges');
    await queryRunner.query('DROP TABLE networks');
  }
}
