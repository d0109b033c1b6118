import { Injectable } from '@nestjs/common';
import { affected } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { say } from '../automation.sentences';
import type { DefinitionDocument } from '../contracts/schedule-documents';
import type { OccurrenceTrigger } from '../entities/automation.values';
import type { Stop } from './target-steps';
import type { TargetStanding } from './target-store';

/** What of an occurrence's row tells whether it has lapsed. */
export interface Lapsing {
  readonly id: string;
  readonly trigger: OccurrenceTrigger;
  readonly created_at: Date;
  readonly looked_at: Date | null;
  readonly active_at: Date | null;
  readonly lapsed_at: Date | null;
  /** A later due time of its schedule has come, and has a run. */
  readonly has_next: boolean;
}

/** However short the grace is: so long a look at all runs may take, or a process to start again. */
const LEAST_GRACE_SECONDS = 120;
/** So long at least a run may wait for places, and for changes at work on its machines, before it counts as late. */
const LEAST_PATIENCE_SECONDS = 3_600;
/** Whatever the schedule says: what nothing came of for a day ends, and somebody is told. */
const MOST_PATIENCE_SECONDS = 86_400;
/** The row of a run at work is written no more often. */
const NOTED_EVERY_MS = 30_000;

/**
 * Keeps runs from going on at a time that nobody expects any more. A schedule whose missed runs are left out leaves out as well what is left of a
 * run that no worker looked after for longer than it may be late, or that waited for places and machines for an hour. Any other ends after a day of
 * such waiting. And whatever the schedule says, a run that was due begins no further machine once the next one is. What waits for a maintenance
 * window goes on: the window says how late.
 */
@Injectable()
export class Lapses {
  /** Notes it of a run that has lapsed now. Whoever calls holds its row. @returns why it begins nothing; null: it does */
  async stop(tx: Transaction, run: Lapsing, definition: DefinitionDocument, now: Date): Promise<Stop | null> {
    const since = run.lapsed_at ?? lapsedSince(run, definition, now);
    if (since !== null) {
      if (run.lapsed_at === null) await affected(tx.manager, LAPSE, [run.id, since]);
      return { kind: 'missed', message: say.missed_midway({ since: since.toISOString() }), by: null, spares: 'held' };
    }
    // What a person asked for does not end because of the next due time.
    if (!run.has_next || run.trigger === 'person') return null;
    return { kind: 'missed', message: say.missed_before_next(), by: null, spares: 'begun' };
  }

  /** A worker has looked after it. */
  async note(tx: Transaction, run: Lapsing, { working, idle }: TargetStanding, now: Date): Promise<void> {
    // After an absence, or a step of the clock, the waiting begins anew.
    const active = working || !idle || wasAway(run, now) || (run.active_at ?? run.created_at) > now;
    const due = (at: Date | null): boolean => at === null || Math.abs(now.getTime() - at.getTime()) >= NOTED_EVERY_MS;
    if (due(run.looked_at) || (active && due(run.active_at))) await affected(tx.manager, LOOKED, [run.id, now, active]);
  }
}

/** Since when nothing came of it, where that is too long ago; null: it is not. Pure. */
function lapsedSince(run: Lapsing, { missed_runs, grace_seconds }: DefinitionDocument, now: Date): Date | null {
  const [looked, active] = [run.looked_at ?? run.created_at, run.active_at ?? run.created_at];
  if (missed_runs === 'skip') {
    if (secondsSince(looked, now) > Math.max(grace_seconds, LEAST_GRACE_SECONDS)) return looked;
    return secondsSince(active, now) > Math.max(grace_seconds, LEAST_PATIENCE_SECONDS) ? active : null;
  }
  // It runs late, whenever somebody is back.
  return !wasAway(run, now) && secondsSince(active, now) > MOST_PATIENCE_SECONDS ? active : null;
}

/** No worker had looked after it for longer than a look may take. */
function wasAway({ looked_at: looked, created_at: created }: Lapsing, now: Date): boolean {
  return secondsSince(looked ?? created, now) > LEAST_GRACE_SECONDS;
}

/** None of a moment in the future: the clock went back since, and nobody knows how long ago it was. */
function secondsSince(moment: Date, now: Date): number {
  return Math.max(0, now.getTime() - moment.getTime()) / 1000;
}

const LAPSE = 'UPDATE schedule_occurrences SET lapsed_at = $2 WHERE id = $1';

const LOOKED = `
  UPDATE schedule_occurrences SET looked_at = $2, active_at = CASE WHEN $3 THEN $2::timestamptz ELSE active_at END WHERE id = $1`;
