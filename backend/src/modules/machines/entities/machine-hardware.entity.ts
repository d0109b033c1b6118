import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, positive } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';

/** The latest hardware inventory; reasons_json says why a value is missing. */
@Entity({
  name: 'machine_hardware',
  comment: 'The latest hardware inventory; reasons_json says why a value is missing.',
})
@Index('machine_hardware_probe_snapshot_id_idx', ['probeSnapshotId'])
@Index('machine_hardware_updated_at_idx', { synchronize: false })
@Check('machine_hardware_cpu_cores_check', positive('cpu_cores'))
@Check('machine_hardware_memory_bytes_check', nonNegative('memory_bytes'))
export class MachineHardwareEntity {
  @ForeignKey('machines', { name: 'machine_hardware_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @ForeignKey('snapshots', { name: 'machine_hardware_probe_snapshot_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'probe_snapshot_id', type: 'uuid', nullable: true })
  probeSnapshotId: string | null;

  @Column({ name: 'cpu_model', type: 'text', nullable: true })
  cpuModel: string | null;

  @Column({ name: 'cpu_cores', type: 'integer', nullable: true })
  cpuCores: number | null;

  @Column({ name: 'memory_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  memoryBytes: number | null;

  @Column({ name: 'gpus_json', type: 'jsonb', nullable: true })
  gpusJson: unknown;

  @Column({ name: 'disks_json', type: 'jsonb', nullable: true })
  disksJson: unknown;

  @Column({ name: 'network_json', type: 'jsonb', nullable: true })
  networkJson: unknown;

  @Column({ name: 'firmware_json', type: 'jsonb', nullable: true })
  firmwareJson: unknown;

  @Column({ name: 'driver_json', type: 'jsonb', nullable: true })
  driverJson: unknown;

  @Column({ name: 'warnings_json', type: 'jsonb', nullable: true })
  warningsJson: unknown;

  /** Why a value is null, by column. */
  @Column({ name: 'reasons_json', type: 'jsonb', nullable: true })
  reasonsJson: unknown;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
