import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { Dispatcher } from '../../jobs/dispatcher';
import { JobsService } from '../../jobs/jobs.service';
import type { CancelCause } from '../entities/automation.values';
import { TargetStore } from './target-store';

/** Ends runs of schedules before their time: nothing more is begun, and they are over when what has begun is. */
@Injectable()
export class OccurrenceStops {
  constructor(
    private readonly targets: TargetStore,
    private readonly jobs: JobsService,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** Ends jobs that wait, and asks those that run to stop. Whoever calls holds the row of the occurrence. */
  async stop(tx: Transaction, id: string, by: Actor, now: Date): Promise<void> {
    await affected(tx.manager, CANCEL, [id, now, by.name]);
    await this.endJobs(tx, id, false, by, now);
  }

  /** Every run of a schedule that is not over; what has begun comes to its end. Whoever calls holds the row of the schedule. */
  async stopAll(tx: Transaction, scheduleId: string, cause: CancelCause, by: Actor, now: Date): Promise<void> {
    const stopped = await queryRows<{ id: string }>(tx.manager, CANCEL_ALL, [scheduleId, now, by.name, cause]);
    for (const { id } of stopped) await this.endJobs(tx, id, true, by, now);
  }

  private async endJobs(tx: Transaction, id: string, unbegun: boolean, by: Actor, now: Date): Promise<void> {
    const which = { unbegun, spares: 'none', limit: STOPPED_AT_ONCE } as const;
    const found = await this.targets.ownJobs(tx, id, which, now);
    await this.dispatcher.lockMachines(
      tx,
      found.map(({ machineId }) => machineId),
    );
    // As they stand now that nobody can take or end them.
    const locked = new Set(found.map(({ machineId }) => machineId));
    for (const { machineId, jobId } of await this.targets.ownJobs(tx, id, which, now))
      if (locked.has(machineId)) await this.jobs.cancel(jobId, by);
  }
}

/** Those at work come first, and are fewer; whatever else waits in the queue is taken back step by step, as the run winds up. */
const STOPPED_AT_ONCE = 200;

const CANCEL = `
  UPDATE schedule_occurrences SET cancel_requested_at = COALESCE(cancel_requested_at, $2),
    cancel_requested_by = COALESCE(cancel_requested_by, $3)
  WHERE id = $1`;

const CANCEL_ALL = `
  UPDATE schedule_occurrences SET cancel_requested_at = $2, cancel_requested_by = $3, cancel_cause = $4
  WHERE schedule_id = $1 AND status IN ('queued', 'running') AND cancel_requested_at IS NULL
  RETURNING id`;
