import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf, openName, positive } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';
import { JOB_REQUESTER_TYPES, JOB_STATUSES, type JobRequesterType, type JobStatus } from './jobs.values';

/** Work on a machine, from its request to its end; pg-boss only carries it to a worker. */
@Entity({
  name: 'jobs',
  comment: 'Work on a machine, from its request to its end; pg-boss only carries it to a worker.',
})
@Index('jobs_created_at_idx', { synchronize: false })
@Index('jobs_dead_letters_idx', { synchronize: false })
@Index('jobs_finished_at_idx', ['finishedAt'])
@Index('jobs_kind_created_at_idx', { synchronize: false })
@Index('jobs_machine_id_created_at_id_idx', { synchronize: false })
@Index('jobs_machine_id_status_idx', ['machineId', 'status'])
@Index('jobs_queue_idx', { synchronize: false })
@Index('jobs_redrive_of_idx', { synchronize: false })
@Index('jobs_request_id_idx', { synchronize: false })
@Index('jobs_schedule_id_idx', { synchronize: false })
@Index('jobs_status_created_at_idx', ['status', 'createdAt'])
@Check('jobs_attempt_check', nonNegative('attempt'))
@Check('jobs_died_at_check', `died_at IS NULL OR (status = 'error' AND error_kind IS NOT NULL)`)
@Check('jobs_error_kind_check', openName('error_kind'))
@Check('jobs_fence_check', positive('fence'))
@Check(
  'jobs_force_check',
  '(force_requested_at IS NULL) = (force_requested_by IS NULL) AND (force_requested_at IS NULL) = (force_reason IS NULL)',
)
@Check('jobs_kind_check', openName('kind'))
@Check('jobs_last_seq_check', nonNegative('last_seq'))
@Check('jobs_log_offset_check', nonNegative('log_offset'))
@Check('jobs_max_attempts_check', positive('max_attempts'))
@Check('jobs_phase_check', openName('phase'))
@Check('jobs_requested_by_type_check', oneOf('requested_by_type', JOB_REQUESTER_TYPES))
@Check('jobs_run_machines_check', positive('run_machines'))
@Check('jobs_settled_at_check', 'settled_at IS NULL OR died_at IS NOT NULL')
@Check('jobs_status_check', oneOf('status', JOB_STATUSES))
@Check('jobs_timeout_seconds_check', positive('timeout_seconds'))
@Check('jobs_window_seconds_check', nonNegative('window_seconds'))
export class JobEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  kind: string;

  @ForeignKey('machines', { name: 'jobs_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @Column({ name: 'schedule_id', type: 'uuid', nullable: true })
  scheduleId: string | null;

  /** The action request that led to it. */
  @Column({ name: 'request_id', type: 'uuid', nullable: true })
  requestId: string | null;

  @Column({ type: 'text' })
  status: JobStatus;

  /** Finer than the status: leased, starting, following, reconciling, collecting. */
  @Column({ type: 'text', nullable: true })
  phase: string | null;

  /** The step at work, as the action names it. */
  @Column({ type: 'text', nullable: true })
  step: string | null;

  @Column({ name: 'steps_json', type: 'jsonb', nullable: true })
  stepsJson: unknown;

  @Column({ type: 'integer', default: 0 })
  priority: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** Not before this time; null = at once. */
  @Column({ name: 'available_at', type: 'timestamptz', nullable: true })
  availableAt: Date | null;

  /** Of a change: begun later, it could not end inside its maintenance window, or its confirmed plan would be too old. */
  @Column({ name: 'start_before', type: 'timestamptz', nullable: true })
  startBefore: Date | null;

  /** Of the maintenance window that it waits for, or may begin in; as it was called then. */
  @Column({ name: 'window_name', type: 'text', nullable: true })
  windowName: string | null;

  /** So long it, and what follows it, will take by what is known: that must fit into the window. */
  @Column({ name: 'window_seconds', type: 'integer', nullable: true })
  windowSeconds: number | null;

  /** Why somebody let it begin outside its maintenance window. */
  @Column({ name: 'window_override', type: 'text', nullable: true })
  windowOverride: string | null;

  /** When its last attempt began. */
  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  /** Nobody followed it for a while: what passed since it began is not how long it took. */
  @Column({ name: 'taken_over', type: 'boolean', default: false })
  takenOver: boolean;

  /** Last sign of the worker, by the database's clock. */
  @Column({ name: 'heartbeat_at', type: 'timestamptz', nullable: true })
  heartbeatAt: Date | null;

  @Column({ name: 'timeout_seconds', type: 'integer', nullable: true })
  timeoutSeconds: number | null;

  @Column({ type: 'integer', default: 0 })
  attempt: number;

  @Column({ name: 'max_attempts', type: 'integer', default: 1 })
  maxAttempts: number;

  /** Of the lock that the present attempt holds: every write of an outcome compares it. */
  @Column({ type: 'bigint', nullable: true, transformer: bigintNumber })
  fence: number | null;

  @Column({ name: 'worker_id', type: 'text', nullable: true })
  workerId: string | null;

  /** The message that carries it in pg-boss. */
  @Column({ name: 'boss_job_id', type: 'uuid', nullable: true })
  bossJobId: string | null;

  @Column({ name: 'requested_by_type', type: 'text', nullable: true })
  requestedByType: JobRequesterType | null;

  @Column({ name: 'requested_by_id', type: 'text', nullable: true })
  requestedById: string | null;

  @Column({ name: 'requested_by_name', type: 'text', nullable: true })
  requestedByName: string | null;

  /** Of a schedule: the people who answer for what it asks. Null = not known, or somebody asked for it by name. */
  @Column({ name: 'answerable_ids', type: 'uuid', array: true, nullable: true })
  answerableIds: string[] | null;

  /** Of a schedule: the occurrence that it belongs to. */
  @Column({ name: 'occurrence_id', type: 'uuid', nullable: true })
  occurrenceId: string | null;

  /** Of a schedule: so many machines the run has that it belongs to. */
  @Column({ name: 'run_machines', type: 'integer', nullable: true })
  runMachines: number | null;

  /** Somebody other than who asked for it first asked for the same, and was given it. */
  @Column({ type: 'boolean', default: false })
  shared: boolean;

  @Column({ name: 'cancel_requested_at', type: 'timestamptz', nullable: true })
  cancelRequestedAt: Date | null;

  /** Name of the user. */
  @Column({ name: 'cancel_requested_by', type: 'text', nullable: true })
  cancelRequestedBy: string | null;

  /** Of a changing run: a person wants it ended on its machine by force. */
  @Column({ name: 'force_requested_at', type: 'timestamptz', nullable: true })
  forceRequestedAt: Date | null;

  /** Name of the user. */
  @Column({ name: 'force_requested_by', type: 'text', nullable: true })
  forceRequestedBy: string | null;

  @Column({ name: 'force_reason', type: 'text', nullable: true })
  forceReason: string | null;

  /** Number of the last log chunk. */
  @Column({ name: 'last_seq', type: 'bigint', default: 0, transformer: bigintNumber })
  lastSeq: number;

  /** Of a changing run: so many bytes of the log on the machine stand in the chunks. */
  @Column({ name: 'log_offset', type: 'bigint', default: 0, transformer: bigintNumber })
  logOffset: number;

  /** Of a changing run: when its machine last told of it; null until it has begun there. */
  @Column({ name: 'contact_at', type: 'timestamptz', nullable: true })
  contactAt: Date | null;

  @Column({ name: 'payload_json', type: 'jsonb', nullable: true })
  payloadJson: unknown;

  @Column({ name: 'result_json', type: 'jsonb', nullable: true })
  resultJson: unknown;

  @Column({ name: 'error_kind', type: 'text', nullable: true })
  errorKind: string | null;

  @Column({ name: 'error_message', type: 'text', nullable: true })
  errorMessage: string | null;

  /** It ended without a result, and no attempt was left: a dead letter. */
  @Column({ name: 'died_at', type: 'timestamptz', nullable: true })
  diedAt: Date | null;

  /** Of a dead letter: when somebody started it again, planned it again or dismissed it. */
  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true })
  settledAt: Date | null;

  /** Name of the user. */
  @Column({ name: 'settled_by', type: 'text', nullable: true })
  settledBy: string | null;

  /** The dead letter that this job was started again for. */
  @Column({ name: 'redrive_of', type: 'uuid', nullable: true })
  redriveOf: string | null;
}
