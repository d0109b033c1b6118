import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf, openName } from '../../../kernel/database/checks';
import { ESTIMATE_BASES, type EstimateBasis } from '../../jobs/gate/run-durations';
import {
  FINAL_STATUSES,
  OCCURRENCE_STATUSES,
  TARGET_STAGES,
  type FinalStatus,
  type OccurrenceStatus,
  type TargetStage,
} from './automation.values';

/** How far an occurrence of a schedule is on each of its machines. */
@Entity({
  name: 'schedule_occurrence_targets',
  comment: 'How far an occurrence of a schedule is on each of its machines.',
})
@Index('schedule_occurrence_targets_machine_id_idx', ['machineId'])
@Index('schedule_occurrence_targets_running_idx', ['occurrenceId', 'machineId'], { where: "status = 'running'" })
@Index('schedule_occurrence_targets_turn_idx', ['occurrenceId', 'turn', 'machineId'], { where: "status = 'queued'" })
@Check('schedule_occurrence_targets_error_kind_check', openName('error_kind'))
@Check('schedule_occurrence_targets_estimate_basis_check', oneOf('estimate_basis', ESTIMATE_BASES))
@Check('schedule_occurrence_targets_estimate_seconds_check', nonNegative('estimate_seconds'))
@Check('schedule_occurrence_targets_position_check', nonNegative('position'))
@Check('schedule_occurrence_targets_stage_check', oneOf('stage', TARGET_STAGES))
@Check('schedule_occurrence_targets_status_check', oneOf('status', OCCURRENCE_STATUSES))
@Check('schedule_occurrence_targets_turn_check', nonNegative('turn'))
@Check('schedule_occurrence_targets_waited_runs_check', nonNegative('waited_runs'))
@Check('schedule_occurrence_targets_worst_status_check', oneOf('worst_status', FINAL_STATUSES))
export class ScheduleOccurrenceTargetEntity {
  @ForeignKey('schedule_occurrences', {
    name: 'schedule_occurrence_targets_occurrence_id_fkey',
    onDelete: 'CASCADE',
  })
  @PrimaryColumn({ name: 'occurrence_id', type: 'uuid' })
  occurrenceId: string;

  @ForeignKey('machines', { name: 'schedule_occurrence_targets_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  status: OccurrenceStatus;

  /** In this order machines are begun, the lowest first. */
  @Column({ type: 'integer', default: 0 })
  turn: number;

  /** So many runs of the schedule in a row before this one its turn did not come. */
  @Column({ name: 'waited_runs', type: 'integer', default: 0 })
  waitedRuns: number;

  /** Of the action at work in the list of the schedule, from 0. */
  @Column({ type: 'integer', default: 0 })
  position: number;

  @Column({ type: 'text', nullable: true })
  stage: TargetStage | null;

  /** Of the actions that have ended. */
  @Column({ name: 'worst_status', type: 'text', nullable: true })
  worstStatus: FinalStatus | null;

  /** The job at work, or the last one. */
  @Column({ name: 'job_id', type: 'uuid', nullable: true })
  jobId: string | null;

  /** The plan that was carried out, or that waits for a person. */
  @Column({ name: 'request_id', type: 'uuid', nullable: true })
  requestId: string | null;

  @Column({ name: 'error_kind', type: 'text', nullable: true })
  errorKind: string | null;

  @Column({ name: 'error_message', type: 'text', nullable: true })
  errorMessage: string | null;

  /** When the maintenance window opens that the change waits for. */
  @Column({ name: 'resume_at', type: 'timestamptz', nullable: true })
  resumeAt: Date | null;

  /** Begun later, the change could not end inside that window. */
  @Column({ name: 'start_before', type: 'timestamptz', nullable: true })
  startBefore: Date | null;

  @Column({ name: 'window_name', type: 'text', nullable: true })
  windowName: string | null;

  /** Why a person has let it begin outside that window. */
  @Column({ name: 'window_override', type: 'text', nullable: true })
  windowOverride: string | null;

  /** Name of that person. */
  @Column({ name: 'window_override_by', type: 'text', nullable: true })
  windowOverrideBy: string | null;

  /** By then the change has to be approved; null once it is. */
  @Column({ name: 'window_override_until', type: 'timestamptz', nullable: true })
  windowOverrideUntil: Date | null;

  /** So long the change, and what follows it, should take by what is known: that must fit into the window. */
  @Column({ name: 'estimate_seconds', type: 'integer', nullable: true })
  estimateSeconds: number | null;

  /** What the estimate stands on. */
  @Column({ name: 'estimate_basis', type: 'text', nullable: true })
  estimateBasis: EstimateBasis | null;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
