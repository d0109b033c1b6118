import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildConcurrently } from './concurrent-index';

/** Rows of files outlive their files for ever: what is to be removed next is found without reading those. */
export class RawArtifactsToRemove1767225707350 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildConcurrently(
      queryRunner,
      'raw_artifacts_expiring_idx',
      'ON raw_artifacts (expires_at) WHERE deleted_at IS NULL AND NOT pinned',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX raw_artifacts_expiring_idx');
  }
}
