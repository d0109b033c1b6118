import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { positive } from '../../../kernel/database/checks';

/** What runs by itself; cron is @once for a single run at run_at. */
@Entity({ name: 'schedules', comment: 'What runs by itself; cron is @once for a single run at run_at.' })
@Index('schedules_enabled_next_run_at_idx', ['enabled', 'nextRunAt'])
@Check('schedules_concurrency_check', positive('concurrency'))
@Check('schedules_run_at_check', "(cron = '@once') = (run_at IS NOT NULL)")
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
}
