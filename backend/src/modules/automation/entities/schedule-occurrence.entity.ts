import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { nonNegative, oneOf, openName } from '../../../kernel/database/checks';
import {
  CANCEL_CAUSES,
  OCCURRENCE_STATUSES,
  OCCURRENCE_TRIGGERS,
  type CancelCause,
  type OccurrenceStatus,
  type OccurrenceTrigger,
} from './automation.values';

/** The due times of schedules, one row each, whether it ran or not. */
@Entity({
  name: 'schedule_occurrences',
  comment: 'The due times of schedules, one row each, whether it ran or not.',
})
@Unique('schedule_occurrences_schedule_id_due_at_key', ['scheduleId', 'dueAt'])
@Index('schedule_occurrences_active_idx', ['dueAt', 'id'], { where: "status IN ('queued', 'running')" })
@Index('schedule_occurrences_due_at_id_idx', ['dueAt', 'id'])
@Check('schedule_occurrences_cancel_cause_check', oneOf('cancel_cause', CANCEL_CAUSES))
@Check('schedule_occurrences_cancelled_count_check', nonNegative('cancelled_count'))
@Check('schedule_occurrences_error_count_check', nonNegative('error_count'))
@Check('schedule_occurrences_error_kind_check', openName('error_kind'))
@Check('schedule_occurrences_finished_at_check', "(status IN ('queued', 'running')) = (finished_at IS NULL)")
@Check('schedule_occurrences_machines_count_check', nonNegative('machines_count'))
@Check('schedule_occurrences_ok_count_check', nonNegative('ok_count'))
@Check('schedule_occurrences_status_check', oneOf('status', OCCURRENCE_STATUSES))
@Check('schedule_occurrences_trigger_check', oneOf('trigger', OCCURRENCE_TRIGGERS))
@Check('schedule_occurrences_warning_count_check', nonNegative('warning_count'))
export class ScheduleOccurrenceEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('schedules', { name: 'schedule_occurrences_schedule_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'schedule_id', type: 'uuid' })
  scheduleId: string;

  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt: Date;

  /** `person`: somebody started it by hand, and it was due at that moment. */
  @Column({ type: 'text' })
  trigger: OccurrenceTrigger;

  /** Name of the user who started it by hand. */
  @Column({ name: 'started_by', type: 'text', nullable: true })
  startedBy: string | null;

  /** Users who answer for it: who had confirmed the policy, and who started it by hand. Null = not known. */
  @Column({ name: 'answerable_ids', type: 'uuid', array: true, nullable: true })
  answerableIds: string[] | null;

  @Column({ type: 'text' })
  status: OccurrenceStatus;

  /** Of one that could not start: window_expired, scope_empty, missed. */
  @Column({ name: 'error_kind', type: 'text', nullable: true })
  errorKind: string | null;

  @Column({ name: 'error_message', type: 'text', nullable: true })
  errorMessage: string | null;

  /** What the schedule said when it became due; null of one that never started. */
  @Column({ name: 'definition_json', type: 'jsonb', nullable: true })
  definitionJson: unknown;

  /** Signature over the definition and who answers for it, by a key outside the database; null: its policy was not confirmed. */
  @Column({ name: 'definition_seal', type: 'text', nullable: true })
  definitionSeal: string | null;

  /** When its policy was found not to be the confirmed one; null: it was not. */
  @Column({ name: 'policy_refused_at', type: 'timestamptz', nullable: true })
  policyRefusedAt: Date | null;

  /** Null until its machines are chosen. */
  @Column({ name: 'machines_count', type: 'integer', nullable: true })
  machinesCount: number | null;

  /** Of the machines; null until it has ended. */
  @Column({ name: 'ok_count', type: 'integer', nullable: true })
  okCount: number | null;

  @Column({ name: 'warning_count', type: 'integer', nullable: true })
  warningCount: number | null;

  @Column({ name: 'error_count', type: 'integer', nullable: true })
  errorCount: number | null;

  @Column({ name: 'cancelled_count', type: 'integer', nullable: true })
  cancelledCount: number | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** After this time no further machine is begun; null: no such time. */
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  /** When a worker last looked after it; null: not yet. */
  @Column({ name: 'looked_at', type: 'timestamptz', nullable: true })
  lookedAt: Date | null;

  /** When it was last seen at work, or waiting for nothing but maintenance windows; null: not yet. */
  @Column({ name: 'active_at', type: 'timestamptz', nullable: true })
  activeAt: Date | null;

  /** From then on it begins nothing but what waits for a maintenance window: nobody had looked after it, or it had not been at work, for too long. */
  @Column({ name: 'lapsed_at', type: 'timestamptz', nullable: true })
  lapsedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  @Column({ name: 'cancel_requested_at', type: 'timestamptz', nullable: true })
  cancelRequestedAt: Date | null;

  /** Name of the user. */
  @Column({ name: 'cancel_requested_by', type: 'text', nullable: true })
  cancelRequestedBy: string | null;

  /** What was done to the schedule by it; null: the run alone was cancelled. */
  @Column({ name: 'cancel_cause', type: 'text', nullable: true })
  cancelCause: CancelCause | null;
}
