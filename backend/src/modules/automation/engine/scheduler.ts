import { Injectable } from '@nestjs/common';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { queryRows } from '../../../kernel/database/rows';
import { TransactionRunner } from '../../../kernel/database/transaction';
import { SCHEDULE_COLUMNS, SchedulesReader, type ScheduleRow } from '../schedules/schedules.reader';
import { Firing } from './firing';

/** Schedules that one transaction takes. */
const AT_ONCE = 200;

/**
 * Finds what has come due, by the database's clock alone, whichever way that steps. Any number of processes may do so at once: each takes rows that
 * no other holds, and a due time has one row at most, whatever they and the clock do.
 */
@Injectable()
export class Scheduler {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: DatabaseClock,
    private readonly reader: SchedulesReader,
    private readonly firing: Firing,
  ) {}

  /** Decides everything that has come due until now. @returns how many schedules had something */
  async tick(): Promise<number> {
    await this.takeBack();
    for (let count = 0; ;) {
      const { taken, more } = await this.transactions.run(async (tx) => {
        const now = await this.clock.now(tx.manager);
        const rows = await queryRows<ScheduleRow>(tx.manager, DUE, [now, AT_ONCE]);
        const schedules = rows.map((row) => this.reader.toRecord(row));
        const unfinished = await this.firing.fire(tx, schedules, now);
        return { taken: rows.length, more: unfinished || rows.length === AT_ONCE };
      });
      count += taken;
      if (!more) return count;
    }
  }

  /** What was decided by a clock that was ahead, and is right again, must not keep schedules silent until it is there. */
  private async takeBack(): Promise<void> {
    await this.transactions.run(async (tx) => {
      const now = await this.clock.now(tx.manager);
      const rows = await queryRows<ScheduleRow>(tx.manager, AHEAD, [now]);
      if (rows.length === 0) return;
      await this.firing.takeBack(
        tx,
        rows.map((row) => this.reader.toRecord(row)),
        now,
      );
    });
  }
}

/** Those that were decided, or saved, at a moment that has not come yet. */
const AHEAD = `
  SELECT ${SCHEDULE_COLUMNS} FROM schedules s
  WHERE s.enabled AND (s.updated_at > $1 OR s.id IN (
    SELECT o.schedule_id FROM schedule_occurrences o WHERE o.due_at > $1 AND o.trigger = 'schedule'))
  ORDER BY s.id FOR UPDATE OF s SKIP LOCKED`;

const DUE = `
  SELECT ${SCHEDULE_COLUMNS} FROM schedules s WHERE s.enabled AND s.next_run_at <= $1
  ORDER BY s.next_run_at, s.id LIMIT $2 FOR UPDATE SKIP LOCKED`;
