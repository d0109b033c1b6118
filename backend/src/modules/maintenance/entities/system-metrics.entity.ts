import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, percentage } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';

/** Load of the processes of this program and sizes of its database, over time. */
@Entity({
  name: 'system_metrics',
  comment: 'Load of the processes of this program and sizes of its database, over time.',
})
@Index('system_metrics_created_at_idx', { synchronize: false })
@Check('system_metrics_cpu_percent_check', percentage('cpu_percent'))
@Check('system_metrics_db_bytes_check', nonNegative('db_bytes'))
@Check('system_metrics_jobs_running_check', nonNegative('jobs_running'))
@Check('system_metrics_machines_count_check', nonNegative('machines_count'))
@Check('system_metrics_memory_heap_bytes_check', nonNegative('memory_heap_bytes'))
@Check('system_metrics_memory_rss_bytes_check', nonNegative('memory_rss_bytes'))
@Check('system_metrics_wal_bytes_check', nonNegative('wal_bytes'))
export class SystemMetricsEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** The process that measured. */
  @Column({ type: 'text' })
  instance: string;

  /** Share of all processors. */
  @Column({ name: 'cpu_percent', type: 'real', nullable: true })
  cpuPercent: number | null;

  @Column({ name: 'memory_rss_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  memoryRssBytes: number | null;

  @Column({ name: 'memory_heap_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  memoryHeapBytes: number | null;

  @Column({ name: 'db_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  dbBytes: number | null;

  /** Size of the write-ahead log. */
  @Column({ name: 'wal_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  walBytes: number | null;

  @Column({ name: 'jobs_running', type: 'integer', nullable: true })
  jobsRunning: number | null;

  @Column({ name: 'machines_count', type: 'integer', nullable: true })
  machinesCount: number | null;

  @Column({ name: 'payload_json', type: 'jsonb', nullable: true })
  payloadJson: unknown;
}
