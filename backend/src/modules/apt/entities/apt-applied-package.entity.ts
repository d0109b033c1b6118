import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { APT_APPLIED_OPERATIONS, type AptAppliedOperation } from './apt.values';

/** What really changed, by comparing the machine before and after. */
@Entity({ name: 'apt_applied_packages', comment: 'What really changed, by comparing the machine before and after.' })
@Index('apt_applied_packages_dedup_key_idx', ['dedupKey'])
@Index('apt_applied_packages_execution_id_idx', ['executionId'])
@Index('apt_applied_packages_machine_id_name_idx', ['machineId', 'name'])
@Index('apt_applied_packages_name_id_idx', { synchronize: false })
@Check('apt_applied_packages_operation_check', oneOf('operation', APT_APPLIED_OPERATIONS))
export class AptAppliedPackageEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('executions', { name: 'apt_applied_packages_execution_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'execution_id', type: 'uuid' })
  executionId: string;

  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  arch: string | null;

  @Column({ name: 'from_version', type: 'text', nullable: true })
  fromVersion: string | null;

  @Column({ name: 'to_version', type: 'text', nullable: true })
  toVersion: string | null;

  @Column({ type: 'text' })
  operation: AptAppliedOperation;

  @Column({ type: 'text', nullable: true })
  origin: string | null;

  /** `operation|name|arch|from|to`, operations as in this table: equal for the same step of the same package, on whichever machine. */
  @Column({ name: 'dedup_key', type: 'text', nullable: true })
  dedupKey: string | null;
}
