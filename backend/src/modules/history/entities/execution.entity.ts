import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName, positive } from '../../../kernel/database/checks';
import { EXECUTION_MODES, EXECUTION_STATUSES, type ExecutionMode, type ExecutionStatus } from './history.values';

/** One change of a machine, by us or found to be made by others, with its result. */
@Entity({
  name: 'executions',
  comment: 'One change of a machine, by us or found to be made by others, with its result.',
})
@Index('executions_action_status_started_at_idx', { synchronize: false })
@Index('executions_job_id_idx', ['jobId'])
@Index('executions_machine_id_started_at_idx', { synchronize: false })
@Index('executions_request_id_idx', ['requestId'])
@Check('executions_action_check', openName('action'))
@Check('executions_error_kind_check', openName('error_kind'))
@Check('executions_mode_check', oneOf('mode', EXECUTION_MODES))
@Check('executions_schema_version_check', positive('schema_version'))
@Check('executions_status_check', oneOf('status', EXECUTION_STATUSES))
export class ExecutionEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'executions_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  action: string;

  /** `external`: found to have been done by others, without a job of ours. */
  @Column({ type: 'text' })
  mode: ExecutionMode;

  @Column({ name: 'schema_version', type: 'integer', default: 1 })
  schemaVersion: number;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  @Column({ type: 'text' })
  status: ExecutionStatus;

  /** The action request that led to it. */
  @Column({ name: 'request_id', type: 'uuid', nullable: true })
  requestId: string | null;

  @Column({ name: 'job_id', type: 'uuid', nullable: true })
  jobId: string | null;

  @Column({ name: 'result_json', type: 'jsonb', nullable: true })
  resultJson: unknown;

  @Column({ name: 'important_json', type: 'jsonb', nullable: true })
  importantJson: unknown;

  @Column({ name: 'raw_log_path', type: 'text', nullable: true })
  rawLogPath: string | null;

  @Column({ name: 'raw_artifact_id', type: 'uuid', nullable: true })
  rawArtifactId: string | null;

  @Column({ name: 'report_id', type: 'uuid', nullable: true })
  reportId: string | null;

  @Column({ name: 'exit_code', type: 'integer', nullable: true })
  exitCode: number | null;

  @Column({ name: 'error_kind', type: 'text', nullable: true })
  errorKind: string | null;

  @Column({ name: 'error_message', type: 'text', nullable: true })
  errorMessage: string | null;
}
