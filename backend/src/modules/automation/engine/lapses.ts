import { Injectable } from '@nestjs/common';
import { affected } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { say } from '../automation.sentences';
import type { DefinitionDocument } from '../contracts/schedule-documents';
import type { Stop } from './target-steps';
import type { TargetStanding } from './target-store';

/** What of an occurrence's row tells whether it has lapsed. */
export interface Lapsing {
  readonly id: string;
  readonly created_at: Date;
  readonly active_at: Date | null;
  readonly lapsed_at: Date | null;
  /** A later due time of its schedule has come, and was begun. */
  readonly has_next: boolean;
}

/** However short the grace is: so long a look at all runs may take, or a process to start again. */
const LEAST_GRACE_SECONDS = 120;
/** The row of a run at work is written no more often. */
const NOTED_EVERY_MS = 30_000;

/**
 * Keeps runs from going on at a time that nobody expects any more. A schedule whose missed runs are left out leaves out as well what is left of a
 * run that was not at work for longer than it may be late: no worker was there, or the places and machines were taken. And whatever the schedule
 * says, a run begins no further machine once the next one is due. What waits for a maintenance window goes on: the window says how late.
 */
@Injectable()
export class Lapses {
  /** Notes it of a run that has lapsed now. Whoever calls holds its row. @returns why it begins nothing; null: it does */
  async stop(tx: Transaction, run: Lapsing, definition: DefinitionDocument, now: Date): Promise<Stop | null> {
    const { id, lapsed_at: lapsedAt, has_next: hasNext } = run;
    // In the future: the clock went back since. Then nobody knows how long it was not at work.
    const since = new Date(Math.min((run.active_at ?? run.created_at).getTime(), now.getTime()));
    const seconds = Math.max(definition.grace_seconds, LEAST_GRACE_SECONDS);
    const lapses = definition.missed_runs === 'skip' && now.getTime() - since.getTime() > seconds * 1000;
    if (lapsedAt !== null || lapses) {
      if (lapsedAt === null) await affected(tx.manager, LAPSE, [id, since]);
      const message = say.missed_midway({ since: (lapsedAt ?? since).toISOString() });
      return { kind: 'missed', message, by: null, spares: 'held' };
    }
    return hasNext ? { kind: 'missed', message: say.missed_before_next(), by: null, spares: 'begun' } : null;
  }

  /** It is at work, or waits for nothing but maintenance windows and the ends of changes. */
  async note(tx: Transaction, run: Lapsing, { running, idle }: TargetStanding, now: Date): Promise<void> {
    if (running === 0 && idle) return;
    if (run.active_at !== null && Math.abs(now.getTime() - run.active_at.getTime()) < NOTED_EVERY_MS) return;
    await affected(tx.manager, ACTIVE, [run.id, now]);
  }
}

const LAPSE = 'UPDATE schedule_occurrences SET lapsed_at = $2 WHERE id = $1';

const ACTIVE = 'UPDATE schedule_occurrences SET active_at = $2 WHERE id = $1';
