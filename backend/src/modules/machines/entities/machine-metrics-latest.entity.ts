import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { finite, nonNegative, percentage, positive } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';

/** The latest load, memory and disk figures; not a monitoring history. */
@Entity({
  name: 'machine_metrics_latest',
  comment: 'The latest load, memory and disk figures; not a monitoring history.',
})
@Index('machine_metrics_latest_collected_at_idx', { synchronize: false })
@Index('machine_metrics_latest_root_used_percent_idx', ['rootUsedPercent'])
@Index('machine_metrics_latest_snapshot_id_idx', ['snapshotId'])
@Check('machine_metrics_latest_cpu_cores_check', positive('cpu_cores'))
@Check('machine_metrics_latest_cpu_load1_check', finite('cpu_load1'))
@Check('machine_metrics_latest_cpu_load5_check', finite('cpu_load5'))
@Check('machine_metrics_latest_memory_available_bytes_check', nonNegative('memory_available_bytes'))
@Check('machine_metrics_latest_memory_total_bytes_check', nonNegative('memory_total_bytes'))
@Check('machine_metrics_latest_memory_used_bytes_check', nonNegative('memory_used_bytes'))
@Check('machine_metrics_latest_memory_used_percent_check', percentage('memory_used_percent'))
@Check('machine_metrics_latest_root_used_percent_check', percentage('root_used_percent'))
export class MachineMetricsLatestEntity {
  @ForeignKey('machines', { name: 'machine_metrics_latest_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @ForeignKey('snapshots', { name: 'machine_metrics_latest_snapshot_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'snapshot_id', type: 'uuid', nullable: true })
  snapshotId: string | null;

  @Column({ name: 'collected_at', type: 'timestamptz' })
  collectedAt: Date;

  @Column({ name: 'cpu_load1', type: 'real', nullable: true })
  cpuLoad1: number | null;

  @Column({ name: 'cpu_load5', type: 'real', nullable: true })
  cpuLoad5: number | null;

  @Column({ name: 'cpu_cores', type: 'integer', nullable: true })
  cpuCores: number | null;

  @Column({ name: 'memory_total_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  memoryTotalBytes: number | null;

  @Column({ name: 'memory_used_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  memoryUsedBytes: number | null;

  @Column({ name: 'memory_available_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  memoryAvailableBytes: number | null;

  @Column({ name: 'memory_used_percent', type: 'real', nullable: true })
  memoryUsedPercent: number | null;

  @Column({ name: 'filesystems_json', type: 'jsonb' })
  filesystemsJson: unknown;

  @Column({ name: 'root_used_percent', type: 'real', nullable: true })
  rootUsedPercent: number | null;

  @Column({ name: 'warnings_json', type: 'jsonb', nullable: true })
  warningsJson: unknown;
}
