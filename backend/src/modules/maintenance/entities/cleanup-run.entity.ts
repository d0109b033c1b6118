import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';
import { ACTOR_TYPES, type ActorType } from '../../history/entities/history.values';
import { CLEANUP_MODES, MAINTENANCE_STATUSES, type CleanupMode, type MaintenanceStatus } from './maintenance.values';

/** Runs of the retention rules: what would be removed, or what was. */
@Entity({ name: 'cleanup_runs', comment: 'Runs of the retention rules: what would be removed, or what was.' })
@Index('cleanup_runs_started_at_idx', { synchronize: false })
@Check('cleanup_runs_bytes_reclaimed_check', nonNegative('bytes_reclaimed'))
@Check('cleanup_runs_mode_check', oneOf('mode', CLEANUP_MODES))
@Check('cleanup_runs_requested_by_type_check', oneOf('requested_by_type', ACTOR_TYPES))
@Check('cleanup_runs_status_check', oneOf('status', MAINTENANCE_STATUSES))
export class CleanupRunEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  mode: CleanupMode;

  @Column({ type: 'text' })
  status: MaintenanceStatus;

  @Column({ name: 'requested_by_type', type: 'text', nullable: true })
  requestedByType: ActorType | null;

  @Column({ name: 'requested_by_id', type: 'text', nullable: true })
  requestedById: string | null;

  @Column({ name: 'requested_by_name', type: 'text', nullable: true })
  requestedByName: string | null;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  /** Rows and files by table: removed, or that would be. */
  @Column({ name: 'deleted_counts_json', type: 'jsonb', nullable: true })
  deletedCountsJson: unknown;

  @Column({ name: 'bytes_reclaimed', type: 'bigint', nullable: true, transformer: bigintNumber })
  bytesReclaimed: number | null;

  @Column({ name: 'result_json', type: 'jsonb', nullable: true })
  resultJson: unknown;
}
