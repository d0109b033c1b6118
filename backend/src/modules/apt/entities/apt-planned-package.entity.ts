import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import {
  APT_PLAN_MODES,
  APT_PLANNED_OPERATIONS,
  APT_LEFT_REASONS,
  type AptPlanMode,
  type AptPlannedOperation,
  type AptLeftReason,
} from './apt.values';

/** What an upgrade would do to each package, or why it would leave it. */
@Entity({
  name: 'apt_planned_packages',
  comment: 'What an upgrade would do to each package, or why it would leave it.',
})
@Index('apt_planned_packages_dedup_key_idx', ['dedupKey'])
@Index('apt_planned_packages_machine_id_name_idx', ['machineId', 'name'])
@Index('apt_planned_packages_snapshot_id_idx', ['snapshotId'])
@Check('apt_planned_packages_mode_check', oneOf('mode', APT_PLAN_MODES))
@Check('apt_planned_packages_operation_check', oneOf('operation', APT_PLANNED_OPERATIONS))
@Check('apt_planned_packages_reason_check', oneOf('reason', APT_LEFT_REASONS))
export class AptPlannedPackageEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('snapshots', { name: 'apt_planned_packages_snapshot_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'snapshot_id', type: 'uuid' })
  snapshotId: string;

  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  /** The plan that says so; a package has one row per plan that it appears in. */
  @Column({ type: 'text' })
  mode: AptPlanMode;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  arch: string | null;

  @Column({ name: 'current_version', type: 'text', nullable: true })
  currentVersion: string | null;

  @Column({ name: 'target_version', type: 'text', nullable: true })
  targetVersion: string | null;

  @Column({ type: 'text', nullable: true })
  origin: string | null;

  @Column({ type: 'text' })
  operation: AptPlannedOperation;

  /** By the origin of the target version, never by a word in a line. Null when the answer broke off before the origins. */
  @Column({ name: 'is_security', type: 'boolean', default: false, nullable: true })
  isSecurity: boolean | null;

  /** Why the package is left as it is; null when the plan changes it. */
  @Column({ type: 'text', nullable: true })
  reason: AptLeftReason | null;

  @Column({ name: 'reason_detail', type: 'text', nullable: true })
  reasonDetail: string | null;

  /** `operation|name|arch|from|to`: equal for the same step of the same package, on whichever machine. */
  @Column({ name: 'dedup_key', type: 'text' })
  dedupKey: string;
}
