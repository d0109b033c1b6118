import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, pathBelow } from '../../../kernel/database/checks';
import { REPORT_KINDS, type ReportKind } from './history.values';

/** Reports written to the artifact store; path is relative to it. */
@Entity({ name: 'reports', comment: 'Reports written to the artifact store; path is relative to it.' })
@Index('reports_kind_created_at_idx', { synchronize: false })
@Index('reports_machine_id_created_at_idx', { synchronize: false })
@Check('reports_kind_check', oneOf('kind', REPORT_KINDS))
@Check('reports_path_check', pathBelow('path'))
export class ReportEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** Null for global ones, and once the machine was purged. */
  @ForeignKey('machines', { name: 'reports_machine_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @Column({ name: 'execution_id', type: 'uuid', nullable: true })
  executionId: string | null;

  @Column({ type: 'text' })
  kind: ReportKind;

  @Column({ type: 'text' })
  title: string;

  /** Relative to the artifact store. */
  @Column({ type: 'text' })
  path: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'boolean', default: false })
  pinned: boolean;

  @Column({ name: 'summary_json', type: 'jsonb', nullable: true })
  summaryJson: unknown;
}
