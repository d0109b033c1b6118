import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { positive } from '../../../kernel/database/checks';

/** One row: how fast jobs begin, over all workers, and when a worker last looked for work. */
@Entity({
  name: 'work_pace',
  comment: 'One row: how fast jobs begin, over all workers, and when a worker last looked for work.',
})
@Check('work_pace_fleet_concurrency_check', positive('fleet_concurrency'))
@Check('work_pace_single_row_check', 'single_row')
@Check('work_pace_start_rate_check', positive('start_rate'))
export class WorkPaceEntity {
  @PrimaryColumn({ name: 'single_row', type: 'boolean', default: true })
  singleRow: boolean;

  /** The starts up to here are paid for; what lies more than the burst ahead of the clock has to wait. */
  @Column({ name: 'paid_until', type: 'timestamptz' })
  paidUntil: Date;

  /** Null: no worker has ever run. */
  @Column({ name: 'looked_at', type: 'timestamptz', nullable: true })
  lookedAt: Date | null;

  /** Jobs at a time over all workers, as the worker has it that looked last. */
  @Column({ name: 'fleet_concurrency', type: 'integer', nullable: true })
  fleetConcurrency: number | null;

  /** Starts within a second over all workers, likewise. */
  @Column({ name: 'start_rate', type: 'integer', nullable: true })
  startRate: number | null;
}
