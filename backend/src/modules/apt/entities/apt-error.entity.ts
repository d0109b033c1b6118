import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName } from '../../../kernel/database/checks';
import { APT_ERROR_SEVERITIES, type AptErrorSeverity } from './apt.values';

/** Classified faults of apt and dpkg, with what to do. */
@Entity({ name: 'apt_errors', comment: 'Classified faults of apt and dpkg, with what to do.' })
@Index('apt_errors_execution_id_idx', ['executionId'])
@Index('apt_errors_machine_id_created_at_idx', { synchronize: false })
@Index('apt_errors_snapshot_id_idx', ['snapshotId'])
@Check('apt_errors_kind_check', openName('kind'))
@Check('apt_errors_severity_check', oneOf('severity', APT_ERROR_SEVERITIES))
export class AptErrorEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('snapshots', { name: 'apt_errors_snapshot_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'snapshot_id', type: 'uuid', nullable: true })
  snapshotId: string | null;

  @ForeignKey('executions', { name: 'apt_errors_execution_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'execution_id', type: 'uuid', nullable: true })
  executionId: string | null;

  @ForeignKey('machines', { name: 'apt_errors_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  kind: string;

  @Column({ type: 'text' })
  severity: AptErrorSeverity;

  @Column({ type: 'text' })
  message: string;

  @Column({ name: 'important_lines_json', type: 'jsonb', nullable: true })
  importantLinesJson: unknown;

  @Column({ type: 'text', nullable: true })
  remediation: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
