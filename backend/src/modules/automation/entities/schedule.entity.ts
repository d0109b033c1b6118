import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf, positive } from '../../../kernel/database/checks';
import { MISSED_RUNS, type MissedRuns } from './automation.values';

/** What runs by itself; cron is @once for a single run at run_at. */
@Entity({ name: 'schedules', comment: 'What runs by itself; cron is @once for a single run at run_at.' })
@Index('schedules_enabled_next_run_at_idx', ['enabled', 'nextRunAt'])
@Check('schedules_concurrency_check', positive('concurrency'))
@Check('schedules_grace_seconds_check', nonNegative('grace_seconds'))
@Check('schedules_missed_runs_check', oneOf('missed_runs', MISSED_RUNS))
@Check('schedules_policy_check', '(policy_json IS NULL) = (policy_confirmed_at IS NULL)')
@Check('schedules_run_at_check', "(cron = '@once') = (run_at IS NOT NULL)")
@Check('schedules_version_check', positive('version'))
@Check('schedules_window_check', "missed_runs <> 'window' OR window_seconds IS NOT NULL")
@Check('schedules_window_seconds_check', positive('window_seconds'))
export class ScheduleEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** `@once` for a single run at `run_at`. */
  @Column({ type: 'text' })
  cron: string;

  @Column({ name: 'run_at', type: 'timestamptz', nullable: true })
  runAt: Date | null;

  @Column({ type: 'text' })
  timezone: string;

  @Column({ name: 'scope_json', type: 'jsonb' })
  scopeJson: unknown;

  @Column({ name: 'actions_json', type: 'jsonb' })
  actionsJson: unknown;

  @Column({ type: 'integer', default: 1 })
  concurrency: number;

  @Column({ name: 'notify_on_json', type: 'jsonb', nullable: true })
  notifyOnJson: unknown;

  @Column({ name: 'last_run_at', type: 'timestamptz', nullable: true })
  lastRunAt: Date | null;

  @Column({ name: 'next_run_at', type: 'timestamptz', nullable: true })
  nextRunAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ name: 'missed_runs', type: 'text', default: 'skip' })
  missedRuns: MissedRuns;

  /** So late a due time still counts as on time. */
  @Column({ name: 'grace_seconds', type: 'integer', default: 300 })
  graceSeconds: number;

  /** So long after a due time its machines may be begun; null: for as long as it takes. */
  @Column({ name: 'window_seconds', type: 'integer', nullable: true })
  windowSeconds: number | null;

  /** What it may change without a person; null: it only reads. */
  @Column({ name: 'policy_json', type: 'jsonb', nullable: true })
  policyJson: unknown;

  /** Name of the user. */
  @Column({ name: 'policy_confirmed_by', type: 'text', nullable: true })
  policyConfirmedBy: string | null;

  @Column({ name: 'policy_confirmed_by_id', type: 'uuid', nullable: true })
  policyConfirmedById: string | null;

  @Column({ name: 'policy_confirmed_at', type: 'timestamptz', nullable: true })
  policyConfirmedAt: Date | null;

  /** Signature over what was confirmed (actions, machines, policy, by whom and when), by a key outside the database. */
  @Column({ name: 'policy_seal', type: 'text', nullable: true })
  policySeal: string | null;

  /** Raised by every change: whoever saves names the one that was seen. */
  @Column({ type: 'integer', default: 1 })
  version: number;

  /** Name of the user. */
  @Column({ name: 'created_by', type: 'text', nullable: true })
  createdBy: string | null;

  /** Name of the user. */
  @Column({ name: 'updated_by', type: 'text', nullable: true })
  updatedBy: string | null;

  /** Taken away by a person; the row stays for what it ran. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;
}
