import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = ['payload_json', 'important_json'];

/** What a snapshot keeps that shares another's content says its version, like every document. */
export class ContractsSnapshotPatches1767225706100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) {
      await queryRunner.query(
        `UPDATE snapshots SET ${column} = jsonb_build_object('schema_version', 1, 'operations', ${column})
          WHERE content_snapshot_id IS NOT NULL AND jsonb_typeof(${column}) = 'array'`,
      );
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) {
      await queryRunner.query(
        `UPDATE snapshots SET ${column} = ${column} -> 'operations'
          WHERE content_snapshot_id IS NOT NULL AND jsonb_typeof(${column}) = 'object'`,
      );
    }
  }
}
