import { applyPatch, type Operation } from 'fast-json-patch';
import type { MigrationInterface, QueryRunner } from 'typeorm';

interface SharingRow {
  readonly id: string;
  readonly payload: unknown;
  readonly important: unknown;
  readonly payload_patch: Operation[];
  readonly important_patch: Operation[];
}

const BATCH = 500;

/**
 * A snapshot that found nothing new names the one whose content it shares and keeps only what differs. That one cannot
 * go while another stands on it: the reference has no ON DELETE action and is checked at the end of a statement, so
 * removing a machine still removes all of its snapshots at once.
 */
export class GrowthSharedSnapshots1767225705200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE snapshots
        ADD COLUMN content_sha256 text CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
        ADD COLUMN content_snapshot_id uuid REFERENCES snapshots (id)
          CONSTRAINT snapshots_content_snapshot_id_check CHECK (content_snapshot_id <> id)`);
    // No row can be in it yet: the column was added empty, so building it holds nobody up.
    await queryRunner.query(
      `CREATE INDEX snapshots_content_snapshot_id_idx ON snapshots (content_snapshot_id) WHERE content_snapshot_id IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await this.giveContentBack(queryRunner);
    await queryRunner.query('DROP INDEX snapshots_content_snapshot_id_idx');
    await queryRunner.query('ALTER TABLE snapshots DROP COLUMN content_snapshot_id, DROP COLUMN content_sha256');
  }

  /** Without its reference a snapshot that shares would be unreadable. */
  private async giveContentBack(queryRunner: QueryRunner): Promise<void> {
    for (;;) {
      const rows = (await queryRunner.query(
        `SELECT s.id, base.payload_json AS payload, base.important_json AS important,
                s.payload_json AS payload_patch, s.important_json AS important_patch
           FROM snapshots s JOIN snapshots base ON base.id = s.content_snapshot_id LIMIT ${String(BATCH)}`,
      )) as SharingRow[];
      if (rows.length === 0) return;
      for (const row of rows) {
        const [payload, important] = [
          applyPatch(row.payload, row.payload_patch).newDocument,
          applyPatch(row.important, row.important_patch).newDocument,
        ];
        await queryRunner.query(
          'UPDATE snapshots SET payload_json = $2, important_json = $3, content_snapshot_id = NULL WHERE id = $1',
          [row.id, JSON.stringify(payload), JSON.stringify(important)],
        );
      }
    }
  }
}
