import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName, positive, sha256Hex } from '../../../kernel/database/checks';
import { SNAPSHOT_STATUSES, type SnapshotStatus } from './history.values';

/** One reading of a machine, kept whole as a versioned document. */
@Entity({ name: 'snapshots', comment: 'One reading of a machine, kept whole as a versioned document.' })
@Index('snapshots_content_snapshot_id_idx', { synchronize: false })
@Index('snapshots_kind_status_created_at_idx', { synchronize: false })
@Index('snapshots_machine_id_kind_created_at_idx', { synchronize: false })
@Index('snapshots_source_job_id_idx', ['sourceJobId'])
@Check('snapshots_content_sha256_check', sha256Hex('content_sha256'))
@Check('snapshots_content_snapshot_id_check', 'content_snapshot_id <> id')
@Check('snapshots_kind_check', openName('kind'))
@Check('snapshots_schema_version_check', positive('schema_version'))
@Check('snapshots_status_check', oneOf('status', SNAPSHOT_STATUSES))
export class SnapshotEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'snapshots_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  kind: string;

  @Column({ name: 'schema_version', type: 'integer', default: 1 })
  schemaVersion: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'text' })
  status: SnapshotStatus;

  /** The whole document, of contract `kind` in `schema_version`; with `content_snapshot_id` the JSON Patch to it. */
  @Column({ name: 'payload_json', type: 'jsonb' })
  payloadJson: unknown;

  /** The same, reduced for reading by people and agents; with `content_snapshot_id` the JSON Patch to it. */
  @Column({ name: 'important_json', type: 'jsonb', nullable: true })
  importantJson: unknown;

  @Column({ name: 'raw_log_path', type: 'text', nullable: true })
  rawLogPath: string | null;

  /** No foreign key, like the ids below: retention removes what they name. */
  @Column({ name: 'raw_artifact_id', type: 'uuid', nullable: true })
  rawArtifactId: string | null;

  @Column({ name: 'source_job_id', type: 'uuid', nullable: true })
  sourceJobId: string | null;

  /** Of everything that became derived rows; null where nothing but current state is derived. */
  @Column({ name: 'content_sha256', type: 'text', nullable: true })
  contentSha256: string | null;

  /** The snapshot whose content this one shares; that one is whole. Null: this one is. */
  @ForeignKey('snapshots', { name: 'snapshots_content_snapshot_id_fkey' })
  @Column({ name: 'content_snapshot_id', type: 'uuid', nullable: true })
  contentSnapshotId: string | null;
}
