import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import {
  MESSAGE_CATEGORIES,
  MESSAGE_SEVERITIES,
  MESSAGE_SOURCES,
  type MessageCategory,
  type MessageSeverity,
  type MessageSource,
} from './history.values';

/** Messages picked out of logs; they stay when the log is gone. */
@Entity({ name: 'important_messages', comment: 'Messages picked out of logs; they stay when the log is gone.' })
@Index('important_messages_category_acknowledged_last_seen_at_idx', { synchronize: false })
@Index('important_messages_dedup_key_last_seen_at_idx', { synchronize: false })
@Index('important_messages_execution_id_idx', ['executionId'])
@Index('important_messages_machine_id_dedup_key_key', ['machineId', 'dedupKey'], { unique: true })
@Index('important_messages_machine_id_severity_last_seen_at_idx', { synchronize: false })
@Index('important_messages_package_name_idx', ['packageName'])
@Index('important_messages_snapshot_id_idx', ['snapshotId'])
@Check('important_messages_category_check', oneOf('category', MESSAGE_CATEGORIES))
@Check('important_messages_severity_check', oneOf('severity', MESSAGE_SEVERITIES))
@Check('important_messages_source_check', oneOf('source', MESSAGE_SOURCES))
export class ImportantMessageEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'important_messages_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @Column({ type: 'text' })
  source: MessageSource;

  @Column({ type: 'text' })
  category: MessageCategory;

  @Column({ type: 'text' })
  severity: MessageSeverity;

  @Column({ name: 'package_name', type: 'text', nullable: true })
  packageName: string | null;

  @Column({ type: 'text', nullable: true })
  component: string | null;

  @Column({ type: 'text' })
  message: string;

  /** Equal for the same message, whichever machine says it: source, category, package, component and code (or words), hashed. Said again by a machine, it moves `last_seen_at`; people acknowledge it on all machines at once. */
  @Column({ name: 'dedup_key', type: 'text' })
  dedupKey: string;

  /** `artifact id#line`. */
  @Column({ name: 'raw_line_ref', type: 'text', nullable: true })
  rawLineRef: string | null;

  @ForeignKey('snapshots', { name: 'important_messages_snapshot_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'snapshot_id', type: 'uuid', nullable: true })
  snapshotId: string | null;

  @ForeignKey('executions', { name: 'important_messages_execution_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'execution_id', type: 'uuid', nullable: true })
  executionId: string | null;

  @Column({ name: 'first_seen_at', type: 'timestamptz' })
  firstSeenAt: Date;

  @Column({ name: 'last_seen_at', type: 'timestamptz' })
  lastSeenAt: Date;

  /** Of an error: when it was found to be over. Met again, it has gone wrong anew. */
  @Column({ name: 'gone_at', type: 'timestamptz', nullable: true })
  goneAt: Date | null;

  @Column({ type: 'boolean', default: false })
  acknowledged: boolean;

  @Column({ name: 'acknowledged_at', type: 'timestamptz', nullable: true })
  acknowledgedAt: Date | null;

  /** Name of the user. */
  @Column({ name: 'acknowledged_by', type: 'text', nullable: true })
  acknowledgedBy: string | null;

  @Column({ name: 'payload_json', type: 'jsonb', nullable: true })
  payloadJson: unknown;
}
