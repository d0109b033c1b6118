import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';
import { CALL_STATUSES, type CallStatus } from './hermes.values';

/** Every call of a tool, refused ones included, with what it asked and what it cost. */
@Entity({
  name: 'mcp_audit_log',
  comment: 'Every call of a tool, refused ones included, with what it asked and what it cost.',
})
@Index('mcp_audit_log_api_client_id_created_at_idx', { synchronize: false })
@Index('mcp_audit_log_created_at_idx', { synchronize: false })
@Index('mcp_audit_log_hermes_run_id_idx', { synchronize: false })
@Index('mcp_audit_log_machine_ids_idx', { synchronize: false })
@Check('mcp_audit_log_duration_ms_check', nonNegative('duration_ms'))
@Check('mcp_audit_log_raw_bytes_check', nonNegative('raw_bytes'))
@Check('mcp_audit_log_reduced_bytes_check', nonNegative('reduced_bytes'))
@Check('mcp_audit_log_status_check', oneOf('status', CALL_STATUSES))
export class McpAuditEntryEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ name: 'server_name', type: 'text' })
  serverName: string;

  @Column({ name: 'tool_name', type: 'text' })
  toolName: string;

  /** Name of the client or person, as it was then. */
  @Column({ type: 'text', nullable: true })
  actor: string | null;

  @Column({ name: 'api_client_id', type: 'uuid', nullable: true })
  apiClientId: string | null;

  @Column({ name: 'hermes_run_id', type: 'uuid', nullable: true })
  hermesRunId: string | null;

  /** The machines that the call was about. */
  @Column({ name: 'machine_ids', type: 'uuid', array: true, default: [] })
  machineIds: string[];

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId: string | null;

  @Column({ name: 'protocol_version', type: 'text', nullable: true })
  protocolVersion: string | null;

  /** The arguments, redacted. */
  @Column({ name: 'request_json', type: 'jsonb', nullable: true })
  requestJson: unknown;

  @Column({ name: 'response_summary_json', type: 'jsonb', nullable: true })
  responseSummaryJson: unknown;

  @Column({ type: 'text', nullable: true })
  status: CallStatus | null;

  /** Milliseconds. */
  @Column({ name: 'duration_ms', type: 'integer', nullable: true })
  durationMs: number | null;

  /** Bytes of the whole answer. */
  @Column({ name: 'raw_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  rawBytes: number | null;

  /** Bytes that were really handed out. */
  @Column({ name: 'reduced_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  reducedBytes: number | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
