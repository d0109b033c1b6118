import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../automation.sentences';
import { SCHEDULE_DEFINITION, type DefinitionDocument } from '../contracts/schedule-documents';
import type { CancelCause, OccurrenceStatus } from '../entities/automation.values';
import { PolicySeals } from '../policy/policy-seals';
import { HeldTargets } from './held-targets';
import { Lapses, type Lapsing } from './lapses';
import { OccurrenceEnds } from './occurrence-ends';
import type { Stop } from './target-steps';
import { TargetStore } from './target-store';
import { MACHINES_AT_ONCE, TargetWorker, type RunningOccurrence } from './target-worker';
import { UndecidedError } from './undecided-error';

interface OccurrenceRow extends Lapsing {
  readonly schedule_id: string;
  readonly status: OccurrenceStatus;
  readonly expires_at: Date | null;
  readonly cancel_requested_by: string | null;
  readonly cancel_cause: CancelCause | null;
  readonly definition_json: unknown;
  readonly definition_seal: string | null;
  readonly answerable_ids: readonly string[] | null;
  readonly machines_count: number | null;
  readonly started_at: Date | null;
}

/** Well below the time after which a run counts as not looked after. */
const LONGEST_ROUND_MS = 15_000;

/**
 * Takes occurrences from their due time to their end: chooses the machines, keeps at most so many of them at work as the
 * schedule says, and ends when the last has. Each step is one transaction under the lock of the occurrence's row, and
 * begins from what stands in the tables: any process may do the next.
 */
@Injectable()
export class OccurrenceRunner {
  private readonly logger = new Logger(OccurrenceRunner.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly clock: DatabaseClock,
    private readonly contracts: Contracts,
    private readonly targets: TargetStore,
    private readonly held: HeldTargets,
    private readonly worker: TargetWorker,
    private readonly ends: OccurrenceEnds,
    private readonly lapses: Lapses,
    private readonly seals: PolicySeals,
    private readonly bus: LiveBus,
  ) {}

  /**
   * Goes on with every occurrence that is not over, or with those of some schedules, until nothing is to be done at this moment. They take
   * turns, so that a small one need not wait for ten thousand machines of another; one that fails leaves the others be.
   *
   * @returns whether there is more to do: it ends after a while, so that those which had nothing to do are looked at again
   */
  async advanceAll(scheduleIds: readonly string[] | null = null): Promise<boolean> {
    await this.lookAfterEdits();
    const active = await queryRows<{ id: string }>(this.dataSource, ACTIVE, [scheduleIds]);
    let open = active.map(({ id }) => id);
    for (const end = performance.now() + LONGEST_ROUND_MS; open.length > 0;) {
      if (performance.now() > end) return true;
      const more: string[] = [];
      for (const id of open) if (await this.advance(id)) more.push(id);
      open = more;
    }
    return false;
  }

  /** Before anything ends by the time in which it could begin. */
  private async lookAfterEdits(): Promise<void> {
    try {
      await this.held.lookAfterEdits();
    } catch (error) {
      // The next sweep tries again; what does not wait for a window goes on meanwhile.
      this.logger.error({ err: error }, 'What waits for maintenance windows could not be decided anew.');
    }
  }

  /** @returns whether there may be more to do at once */
  private async advance(id: string): Promise<boolean> {
    try {
      return await this.goOn(id);
    } catch (error) {
      // The next sweep tries again from what is stored.
      this.logger.error({ err: error, occurrenceId: id }, 'An occurrence of a schedule could not be gone on with.');
      return false;
    }
  }

  /** @returns whether there may be more to do at once */
  private async goOn(id: string): Promise<boolean> {
    try {
      return await this.transactions.run((tx) => this.step(tx, id));
    } catch (error) {
      if (!(error instanceof UndecidedError)) throw error;
      const { machineId } = error;
      this.logger.error(
        { err: error, occurrenceId: id, machineId },
        'A plan of a schedule could not be decided about.',
      );
      await this.transactions.run(async (tx) => {
        const now = await this.clock.now(tx.manager);
        if ((await queryOne<OccurrenceRow>(tx.manager, TAKE, [id, now])) !== null)
          await this.worker.giveUp(tx, id, error);
      });
      return true;
    }
  }

  /** @returns whether there may be more to do at once */
  private async step(tx: Transaction, id: string): Promise<boolean> {
    // Somebody else who is at it looks again afterwards, see AutomationWorker.
    const now = await this.clock.now(tx.manager);
    const row = await queryOne<OccurrenceRow>(tx.manager, TAKE, [id, now]);
    if (row === null) return false;
    const reading = this.contracts.read<DefinitionDocument>(SCHEDULE_DEFINITION.name, row.definition_json);
    if (!reading.readable) {
      await this.ends.fail(tx, row, { kind: 'definition_unreadable', message: say.unreadable() }, now);
      return false;
    }
    const { schedule_id: scheduleId, answerable_ids: answerableIds, machines_count: machines } = row;
    const since = row.started_at ?? now;
    const { document: definition } = reading;
    const stop = stopOf(row, now) ?? (await this.lapses.stop(tx, row, definition, now));
    const policyAltered = definition.policy !== null && !this.seals.definitionIntact(row, row.definition_seal);
    const occurrence = { id, scheduleId, definition, policyAltered, answerableIds, machines, since, now, stop };
    if (row.status === 'queued') return this.begin(tx, occurrence);
    await this.targets.holdPlaces(tx, scheduleId);
    const settled = await this.worker.settle(tx, occurrence);
    await this.targets.end(tx, id, await this.held.missed(tx, occurrence), now);
    if ((stop?.by ?? null) === null) await this.targets.cancelHeldAnew(tx, id, say.missed_before_next(), now);
    const begun = stop === null ? await this.fill(tx, occurrence) : await this.wind(tx, occurrence, stop);
    const standing = await this.targets.standing(tx, id, now);
    if (standing.running === 0 && !standing.waiting) await this.ends.end(tx, occurrence);
    else await this.lapses.note(tx, row, standing, now);
    if (settled + begun > 0) this.bus.changed(tx, { scheduleIds: [occurrence.scheduleId] });
    return settled === MACHINES_AT_ONCE || begun === MACHINES_AT_ONCE || (begun > 0 && stop !== null);
  }

  /** Chooses the machines. */
  private async begin(tx: Transaction, occurrence: RunningOccurrence): Promise<boolean> {
    const { id, definition, now, stop } = occurrence;
    if (stop !== null) {
      await this.ends.fail(tx, { id, schedule_id: occurrence.scheduleId }, stop, now);
      return false;
    }
    const machines = await this.targets.choose(tx, id, definition.scope, now);
    await affected(tx.manager, BEGIN, [id, machines, now]);
    if (machines === 0) {
      const empty = { kind: 'scope_empty', message: say.scope_empty() } as const;
      await this.ends.fail(tx, { id, schedule_id: occurrence.scheduleId }, empty, now);
      return false;
    }
    this.bus.changed(tx, { scheduleIds: [occurrence.scheduleId] });
    return true;
  }

  /** Begins as many machines as the schedule allows at once, in all of its runs together. @returns how many were looked at */
  private async fill(tx: Transaction, occurrence: RunningOccurrence): Promise<number> {
    const { id, scheduleId, definition } = occurrence;
    const { waiting } = await this.targets.standing(tx, id, occurrence.now);
    if (!waiting) return 0;
    const free = Math.min(definition.concurrency - (await this.targets.placesTaken(tx, scheduleId)), MACHINES_AT_ONCE);
    if (free <= 0) return 0;
    const next = await this.held.next(tx, id, occurrence.now, free);
    let refused = 0;
    for (const [position, ofPosition] of Map.groupBy(next, (target) => target.position)) {
      const machineIds = ofPosition.map(({ machineId }) => machineId);
      refused += await this.worker.startAction(tx, occurrence, machineIds, position);
    }
    // A machine that cannot be worked on leaves its place to the next.
    return refused > 0 ? MACHINES_AT_ONCE : next.length;
  }

  /** Begins nothing that the stop does not spare: what waits ends, and so do jobs that have not begun. @returns how many were looked at */
  private async wind(tx: Transaction, occurrence: RunningOccurrence, stop: Stop): Promise<number> {
    const { id, now } = occurrence;
    await this.targets.end(tx, id, await this.held.leftWaiting(tx, occurrence, stop), now);
    await this.targets.cancelWaiting(tx, id, stop, now);
    const ended = await this.worker.endUnbegun(tx, occurrence, stop);
    return stop.spares === 'none' ? ended : ended + (await this.fill(tx, occurrence));
  }
}

function stopOf(
  { cancel_requested_by: by, cancel_cause: cause, expires_at: end }: OccurrenceRow,
  now: Date,
): Stop | null {
  if (by !== null) return { kind: 'cancelled', message: cancelMessage(by, cause), by, spares: 'none' };
  if (end === null || end > now) return null;
  return { kind: 'window_expired', message: say.window_expired({ end: end.toISOString() }), by: null, spares: 'none' };
}

function cancelMessage(name: string, cause: CancelCause | null): Sentence {
  if (cause === null) return say.cancelled_by({ name });
  return cause === 'disabled' ? say.cancelled_as_disabled({ name }) : say.cancelled_as_removed({ name });
}

const ACTIVE = `
  SELECT id FROM schedule_occurrences
  WHERE status IN ('queued', 'running') AND ($1::uuid[] IS NULL OR schedule_id = ANY ($1)) ORDER BY due_at, id`;

/** A later due time that was not begun carries no definition. */
const TAKE = `
  SELECT id, schedule_id, status, expires_at, cancel_requested_by, cancel_cause, definition_json, definition_seal,
    answerable_ids, machines_count, started_at, trigger, created_at, looked_at, active_at, lapsed_at,
    EXISTS (SELECT 1 FROM schedule_occurrences later
      WHERE later.schedule_id = o.schedule_id AND later.due_at > o.due_at AND later.due_at <= $2
        AND later.trigger = 'schedule' AND later.definition_json IS NOT NULL) AS has_next
  FROM schedule_occurrences o
  WHERE id = $1 AND status IN ('queued', 'running') FOR UPDATE OF o SKIP LOCKED`;

const BEGIN = `UPDATE schedule_occurrences SET status = 'running', machines_count = $2, started_at = $3 WHERE id = $1`;
