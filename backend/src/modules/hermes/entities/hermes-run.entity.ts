import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName } from '../../../kernel/database/checks';
import { RUN_STATUSES, type RunStatus } from './hermes.values';

/** One question to the agent and its answer, reduced and without secrets. */
@Entity({ name: 'hermes_runs', comment: 'One question to the agent and its answer, reduced and without secrets.' })
@Index('hermes_runs_external_run_id_key', ['externalRunId'], { unique: true })
@Index('hermes_runs_session_id_started_at_idx', { synchronize: false })
@Index('hermes_runs_started_at_idx', { synchronize: false })
@Check('hermes_runs_error_kind_check', openName('error_kind'))
@Check('hermes_runs_prompt_kind_check', openName('prompt_kind'))
@Check('hermes_runs_status_check', oneOf('status', RUN_STATUSES))
export class HermesRunEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('hermes_sessions', { name: 'hermes_runs_session_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'session_id', type: 'uuid', nullable: true })
  sessionId: string | null;

  /** The agent's own id of the run. */
  @Column({ name: 'external_run_id', type: 'text', nullable: true })
  externalRunId: string | null;

  @Column({ name: 'prompt_kind', type: 'text', nullable: true })
  promptKind: string | null;

  @Column({ type: 'text', nullable: true })
  status: RunStatus | null;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  /** Reduced, without secrets. */
  @Column({ name: 'request_json', type: 'jsonb', nullable: true })
  requestJson: unknown;

  @Column({ name: 'response_json', type: 'jsonb', nullable: true })
  responseJson: unknown;

  @Column({ name: 'report_id', type: 'uuid', nullable: true })
  reportId: string | null;

  @Column({ name: 'error_kind', type: 'text', nullable: true })
  errorKind: string | null;

  @Column({ name: 'error_message', type: 'text', nullable: true })
  errorMessage: string | null;
}
