import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, positive } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';
import { LOCK_KINDS, type LockKind } from './jobs.values';

/** One row per machine while a job holds it; times are of the database's clock. */
@Entity({
  name: 'machine_locks',
  comment: "One row per machine while a job holds it; times are of the database's clock.",
})
@Index('machine_locks_expires_at_idx', ['expiresAt'])
@Index('machine_locks_job_id_idx', ['jobId'])
@Check('machine_locks_fence_check', positive('fence'))
@Check('machine_locks_lock_kind_check', oneOf('lock_kind', LOCK_KINDS))
export class MachineLockEntity {
  @ForeignKey('machines', { name: 'machine_locks_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @ForeignKey('jobs', { name: 'machine_locks_job_id_fkey' })
  @Column({ name: 'job_id', type: 'uuid' })
  jobId: string;

  @Column({ name: 'lock_kind', type: 'text' })
  lockKind: LockKind;

  /** The worker. */
  @Column({ type: 'text' })
  holder: string;

  /** From the sequence `machine_lock_fence`. */
  @Column({ type: 'bigint', transformer: bigintNumber })
  fence: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'renewed_at', type: 'timestamptz' })
  renewedAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;
}
