import { Injectable } from '@nestjs/common';
import { Contracts } from '../../../kernel/contracts/contracts';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { LiveBus } from '../../../kernel/live/live-bus';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { ActionRegistry, type AnyDeclaration } from '../../jobs/actions/action-registry';
import { MACHINE_ARCHIVED } from '../../jobs/archived-work';
import { StartGate, termsOf, UNBOUND_TERMS } from '../../jobs/gate/start-gate';
import { EarlierWindows } from '../../windows/earlier-windows';
import { WINDOWS_CHANGED } from '../../windows/entities/windows.values';
import { say } from '../automation.sentences';
import { SCHEDULE_DEFINITION, type DefinitionDocument } from '../contracts/schedule-documents';
import { changeAtWork } from './changes-at-work';
import { jobsAfter } from './scheduled-jobs';
import { overridden } from './target-overrides';
import type { Stop } from './target-steps';
import { notSpared, type TargetEnd } from './target-store';

/** The maintenance window that a machine of an occurrence waits for. */
export interface AwaitedWindow {
  readonly machineId: string;
  /** Place of the change in the list of the schedule. */
  readonly position: number;
  readonly windowName: string;
  readonly from: Date;
  readonly latestStart: Date;
}

/** An occurrence whose row is held. */
interface LateOccurrence {
  readonly id: string;
  readonly definition: DefinitionDocument;
  readonly now: Date;
}

interface WaitingRow {
  readonly machine_id: string;
  readonly position: number;
  readonly window_name: string | null;
}

interface ArchivedRow {
  readonly schedule_id: string;
  readonly occurrence_id: string;
  readonly definition_json: unknown;
  readonly position: number;
}

interface AwaitingRow {
  readonly schedule_id: string;
  readonly occurrence_id: string;
  readonly machine_id: string;
  readonly position: number;
}

/** A machine that may be begun, and where in the list. */
export interface NextTarget {
  readonly machineId: string;
  readonly position: number;
}

/** An end of a machine, and the place in the list of the first action that it has not done. */
export interface LateEnd {
  readonly end: TargetEnd;
  readonly left: number;
}

/**
 * Machines of occurrences whose change has to wait for a maintenance window. They have no place among those at work: when their window
 * opens, they come next as there is room, and are planned anew. Whoever writes holds the row of the occurrence.
 */
@Injectable()
export class HeldTargets {
  private readonly earlier = new EarlierWindows();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly gate: StartGate,
    private readonly registry: ActionRegistry,
    private readonly contracts: Contracts,
    private readonly bus: LiveBus,
    private readonly clock: DatabaseClock,
  ) {}

  async note(tx: Transaction, occurrenceId: string, awaited: AwaitedWindow): Promise<void> {
    const { machineId, position, from, latestStart, windowName } = awaited;
    await affected(tx.manager, NOTE, [occurrenceId, machineId, position, from, latestStart, windowName]);
  }

  /** Their place is for others until the window opens. */
  async leavePlaces(tx: Transaction, occurrenceId: string, machineIds: readonly string[]): Promise<void> {
    if (machineIds.length > 0) await affected(tx.manager, LEAVE_PLACE, [occurrenceId, machineIds]);
  }

  /** Those whose turn is next; where somebody else's change is at work it does not come: that may take days, and would keep a place as long. */
  async next(tx: Transaction, occurrenceId: string, now: Date, limit: number): Promise<NextTarget[]> {
    return queryRows<NextTarget>(tx.manager, NEXT, [occurrenceId, now, limit]);
  }

  /** The ends of those for which there was no place while their window was open. */
  async missed(tx: Transaction, occurrence: LateOccurrence): Promise<TargetEnd[]> {
    const over = await queryRows<WaitingRow>(tx.manager, OVER, [occurrence.id, occurrence.now]);
    const late = over.map((row) => ({ end: missedWindow(row.machine_id, row.window_name), left: row.position }));
    return this.late(tx, occurrence, late);
  }

  /** The same of all that have done a part and wait, when the occurrence itself is to end. */
  async leftWaiting(
    tx: Transaction,
    occurrence: LateOccurrence,
    { kind, message, spares }: Stop,
  ): Promise<TargetEnd[]> {
    const rows = await queryRows<WaitingRow>(tx.manager, PARTLY, [occurrence.id, spares, occurrence.now]);
    const late = rows.map(({ machine_id: machineId, position: left }): LateEnd => {
      return { end: { machineId, status: 'cancelled', errorKind: kind, errorMessage: message }, left };
    });
    return this.late(tx, occurrence, late);
  }

  /** As machines end that are begun no more: one that was changed already was not left out, it has something left. */
  async late(tx: Transaction, occurrence: LateOccurrence, ends: readonly LateEnd[]): Promise<TargetEnd[]> {
    const { id, definition } = occurrence;
    const further = ends.flatMap(({ end, left }) => (left > 0 && end.status === 'cancelled' ? [end.machineId] : []));
    if (further.length === 0) return ends.map(({ end }) => end);
    const rows = await queryRows<{ machine_id: string }>(tx.manager, CHANGED, [id, further]);
    const changed = new Set(rows.map(({ machine_id }) => machine_id));
    return ends.map(({ end, left }) => {
      if (end.status !== 'cancelled' || !changed.has(end.machineId)) return end;
      const lines = [...this.leftUndone(definition, left), ...(end.errorMessage === null ? [] : [end.errorMessage])];
      return { ...end, status: 'warning', errorMessage: lines.join('\n') };
    });
  }

  /** A sentence for each, so that the titles stay translatable. */
  private leftUndone({ actions }: DefinitionDocument, left: number): Sentence[] {
    const titles = new Set(actions.slice(left).map(({ action }) => this.registry.title(action)));
    return [...titles].map((action, at) => (at === 0 ? say.left_undone({ action }) : say.left_too({ action })));
  }

  /** Windows are others now, or a machine's tags are: what waits for one, or for a place in one that is open, is decided anew. */
  @OnDomainEvent(WINDOWS_CHANGED, 'machine_edited')
  async lookAgain({ machineId }: Pick<DomainEvent, 'machineId'>, tx: Transaction): Promise<void> {
    const found = await queryRows<AwaitingRow>(tx.manager, AWAITING, [machineId]);
    const groups = Map.groupBy(found, ({ occurrence_id, position }) => `${occurrence_id} ${String(position)}`);
    const others = new Set<string>();
    for (const awaiting of groups.values()) {
      const changed = await this.decideAnew(tx, awaiting);
      for (const { schedule_id } of changed > 0 ? awaiting : []) others.add(schedule_id);
    }
    const scheduleIds = [...others];
    if (scheduleIds.length > 0) this.bus.changed(tx, { scheduleIds });
  }

  /** The same for what was decided while somebody changed the windows: to be called again and again. */
  async lookAfterEdits(): Promise<void> {
    await this.earlier.outlive(this.transactions, (tx) => this.lookAgain({ machineId: null }, tx));
  }

  /** What waits on it, for its turn or its window, ends: it must not begin when the machine is restored. */
  @OnDomainEvent('machine_archived')
  async archived({ machineId }: DomainEvent, tx: Transaction): Promise<void> {
    const now = await this.clock.now(tx.manager);
    const values = [machineId, MACHINE_ARCHIVED, say.machine_archived(), now];
    const ended = await queryRows<ArchivedRow>(tx.manager, ARCHIVED, values);
    if (machineId !== null) for (const row of ended) await this.endChanged(tx, machineId, row, now);
    const scheduleIds = [...new Set(ended.map(({ schedule_id }) => schedule_id))];
    if (scheduleIds.length > 0) this.bus.changed(tx, { scheduleIds });
  }

  /** Of a machine that was archived between two changes. */
  private async endChanged(tx: Transaction, machineId: string, row: ArchivedRow, now: Date): Promise<void> {
    const { occurrence_id: id, definition_json, position: left } = row;
    const reading = this.contracts.read<DefinitionDocument>(SCHEDULE_DEFINITION.name, definition_json);
    if (!reading.readable) return;
    const why = { errorKind: MACHINE_ARCHIVED, errorMessage: say.machine_archived() };
    const end: TargetEnd = { machineId, status: 'cancelled', ...why };
    const [told] = await this.late(tx, { id, definition: reading.document, now }, [{ end, left }]);
    if (told?.status === 'warning') await affected(tx.manager, WARN, [id, machineId, told.errorMessage]);
  }

  /**
   * @param awaiting machines of one occurrence that are at one place of its list
   * @returns of how many it was decided otherwise than before
   */
  private async decideAnew(tx: Transaction, awaiting: readonly AwaitingRow[]): Promise<number> {
    const [first] = awaiting;
    if (first === undefined) return 0;
    const { occurrence_id: occurrenceId, position } = first;
    const actions = await this.actionsFrom(tx, occurrenceId, position);
    const wanted = awaiting.map(({ machine_id }) => ({ machineId: machine_id, seconds: null }));
    const standings = await this.gate.standings(tx.manager, wanted, actions);
    // Where no window speaks of a machine any more, or none is long enough, its next look says so.
    const terms = standings.map(({ standing }) => termsOf(standing) ?? UNBOUND_TERMS);
    return affected(tx.manager, DECIDED, [
      occurrenceId,
      standings.map(({ machineId }) => machineId),
      terms.map(({ availableAt }) => availableAt),
      terms.map(({ startBefore }) => startBefore),
      terms.map(({ windowName }) => windowName),
      standings.map(({ estimate }) => estimate?.seconds ?? null),
      standings.map(({ estimate }) => estimate?.basis ?? null),
    ]);
  }

  /** The change at a place of an occurrence's list, and what follows it. */
  private async actionsFrom(tx: Transaction, occurrenceId: string, position: number): Promise<AnyDeclaration[]> {
    const row = await queryOne<{ definition_json: unknown }>(tx.manager, DEFINITION, [occurrenceId]);
    const reading = this.contracts.read<DefinitionDocument>(SCHEDULE_DEFINITION.name, row?.definition_json ?? null);
    const actions = reading.readable ? reading.document.actions : [];
    const names = [...actions.slice(position, position + 1).map(({ action }) => action)];
    names.push(...jobsAfter(this.registry, actions, position));
    return names.flatMap((name) => this.registry.find(name)?.declaration ?? []);
  }
}

export function missedWindow(machineId: string, windowName: string | null): TargetEnd {
  const errorMessage = say.maintenance_missed({ window: windowName ?? '' });
  return { machineId, status: 'cancelled', errorKind: 'window_expired', errorMessage };
}

const NOTE = `
  UPDATE schedule_occurrence_targets SET position = $3, resume_at = $4, start_before = $5, window_name = $6
  WHERE occurrence_id = $1 AND machine_id = $2`;

const LEAVE_PLACE = `
  UPDATE schedule_occurrence_targets SET status = 'queued', stage = NULL
  WHERE occurrence_id = $1 AND machine_id = ANY ($2::uuid[]) AND status = 'running'`;

const NEXT = `
  SELECT machine_id AS "machineId", position FROM schedule_occurrence_targets t
  WHERE occurrence_id = $1 AND status = 'queued' AND (resume_at IS NULL OR resume_at <= $2 OR ${overridden('$2')})
    AND NOT ${changeAtWork('t.machine_id')}
  ORDER BY turn, machine_id LIMIT $3`;

const OVER = `
  SELECT machine_id, position, window_name FROM schedule_occurrence_targets t
  WHERE occurrence_id = $1 AND status = 'queued' AND start_before <= $2 AND NOT ${overridden('$2')}`;

const PARTLY = `
  SELECT machine_id, position, window_name FROM schedule_occurrence_targets t
  WHERE occurrence_id = $1 AND status = 'queued' AND worst_status IS NOT NULL AND ${notSpared('$3')}`;

/** A plan is a job of its request too: it has another kind. */
const CHANGED = `
  SELECT DISTINCT r.machine_id FROM action_requests r JOIN jobs j ON j.request_id = r.id AND j.kind = r.action
  WHERE r.occurrence_id = $1 AND r.machine_id = ANY ($2::uuid[]) AND j.status IN ('ok', 'warning')`;

const ARCHIVED = `
  UPDATE schedule_occurrence_targets t SET status = 'cancelled', error_kind = $2, error_message = $3, finished_at = $4
  FROM schedule_occurrences o
  WHERE o.id = t.occurrence_id AND o.status = 'running' AND t.machine_id = $1 AND t.status = 'queued'
  RETURNING o.schedule_id, o.id AS occurrence_id, o.definition_json, t.position`;

const WARN = `
  UPDATE schedule_occurrence_targets SET status = 'warning', error_message = $3 WHERE occurrence_id = $1 AND machine_id = $2`;

const DEFINITION = 'SELECT definition_json FROM schedule_occurrences WHERE id = $1';

/**
 * What could not begin in time ends as that, whatever the windows are by now: nothing moves it to another night, or out of its window. Of
 * machines that are planned at this moment the plan's end decides.
 */
const AWAITS = `t.start_before > database_now() AND (t.status = 'queued' OR (t.status = 'running' AND t.stage = 'download'))`;

const AWAITING = `
  SELECT o.schedule_id, t.occurrence_id, t.machine_id, t.position
  FROM schedule_occurrences o JOIN schedule_occurrence_targets t ON t.occurrence_id = o.id
  WHERE o.status = 'running' AND ${AWAITS} AND ($1::uuid IS NULL OR t.machine_id = $1)
  ORDER BY t.occurrence_id, t.machine_id`;

/** Of an open window nobody waits for the opening: the machine comes when it is its turn, until the time in which it may begin is over. */
const DECIDED = `
  UPDATE schedule_occurrence_targets t SET resume_at = decided.resume_at, start_before = decided.start_before,
    window_name = decided.window_name, estimate_seconds = decided.estimate_seconds, estimate_basis = decided.estimate_basis
  FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::integer[], $7::text[])
    AS decided (machine_id, resume_at, start_before, window_name, estimate_seconds, estimate_basis)
  WHERE t.occurrence_id = $1 AND t.machine_id = decided.machine_id AND ${AWAITS}
    AND (t.resume_at, t.start_before, t.window_name, t.estimate_seconds, t.estimate_basis)
      IS DISTINCT FROM (decided.resume_at, decided.start_before, decided.window_name, decided.estimate_seconds, decided.estimate_basis)`;
