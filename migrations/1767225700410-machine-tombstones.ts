import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What remains of a purged machine beside its audit. */
export class MachineTombstones1767225700410 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE machine_tombstones (
        machine_id uuid PRIMARY KEY,
        name text NOT NULL,
        purged_at timestamptz NOT NULL,
        purged_by_type text NOT NULL
          CHECK (purged_by_type IN ('user', 'system', 'schedule', 'hermes', 'api_client', 'external')),
        purged_by_id text,
        purged_by_name text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_tombstones IS 'Machines that were purged: what they were called, when and by whom.'`,
    );
    await queryRunner.query('CREATE INDEX machine_tombstones_purged_at_idx ON machine_tombstones (purged_at DESC)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE machine_tombstones');
  }
}
