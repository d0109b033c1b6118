import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf, pathBelow, sha256Hex } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';
import { ARTIFACT_KINDS, RETENTION_POLICIES, type ArtifactKind, type RetentionPolicy } from './history.values';

/** Logs, exports and pictures in the artifact store; path is relative to it. */
@Entity({ name: 'raw_artifacts', comment: 'Logs, exports and pictures in the artifact store; path is relative to it.' })
@Index('raw_artifacts_expires_at_idx', ['expiresAt'])
@Index('raw_artifacts_expiring_idx', { synchronize: false })
@Index('raw_artifacts_machine_id_created_at_idx', { synchronize: false })
@Check('raw_artifacts_bytes_check', nonNegative('bytes'))
@Check('raw_artifacts_kind_check', oneOf('kind', ARTIFACT_KINDS))
@Check('raw_artifacts_path_check', pathBelow('path'))
@Check('raw_artifacts_retention_policy_check', oneOf('retention_policy', RETENTION_POLICIES))
@Check('raw_artifacts_sha256_check', sha256Hex('sha256'))
export class RawArtifactEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** Null once the machine was purged. */
  @ForeignKey('machines', { name: 'raw_artifacts_machine_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @Column({ type: 'text' })
  kind: ArtifactKind;

  /** Relative to the artifact store. */
  @Column({ type: 'text' })
  path: string;

  /** Size of the file. */
  @Column({ type: 'bigint', nullable: true, transformer: bigintNumber })
  bytes: number | null;

  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ type: 'boolean', default: false })
  pinned: boolean;

  @Column({ type: 'boolean', default: true })
  redacted: boolean;

  @Column({ name: 'retention_policy', type: 'text', nullable: true })
  retentionPolicy: RetentionPolicy | null;

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;

  @Column({ name: 'delete_reason', type: 'text', nullable: true })
  deleteReason: string | null;

  @Column({ name: 'metadata_json', type: 'jsonb', nullable: true })
  metadataJson: unknown;
}
