import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Files whose rows are gone. They are written down in the transaction that removes the rows and taken off the disk
 * after it, so that neither a rollback loses a file nor a crash leaves one behind.
 */
export class ArtifactRemovals1767225700450 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE artifact_removals (
        path text PRIMARY KEY,
        requested_at timestamptz NOT NULL
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE artifact_removals IS 'Files of the artifact store that nothing refers to any more.'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE artifact_removals');
  }
}
