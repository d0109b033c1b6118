import { Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import { ContractError, Contracts } from '../../../kernel/contracts/contracts';
import type { JsonDocument } from '../../../kernel/contracts/json-document';
import { bulkInsert } from '../../../kernel/database/bulk-insert';
import { newId } from '../../../kernel/database/ids';
import { affected } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import { say } from '../automation.sentences';
import { SCHEDULE_DEFINITION } from '../contracts/schedule-documents';
import type { OccurrenceTrigger } from '../entities/automation.values';
import { definitionOf, type ScheduleRecord } from '../schedules/schedule-record';
import { abandoned, dueDecisions, endOf, type DueDecision, type DueDecisions } from './due-decisions';
import { PolicySeals } from '../policy/policy-seals';
import { dueTimeAfter } from '../times/due-times';
import { OccurrenceNews, type NotStarted } from './occurrence-news';

/** Due times of one schedule that one transaction writes. */
export const DUE_TIMES_AT_ONCE = 1_000;

interface Fired {
  readonly schedule: ScheduleRecord;
  readonly due: DueDecisions;
}

/** What is written of a due time. */
interface OccurrenceRow extends Record<keyof typeof COLUMNS, unknown> {
  readonly id: string;
  readonly due_at: Date;
  readonly status: 'queued' | NotStarted['status'];
  readonly error_kind: string | null;
  readonly answerable_ids: readonly string[] | null;
}

/** Turns due times into occurrences. Whoever calls holds the rows of the schedules. */
@Injectable()
export class Firing {
  private readonly logger = new Logger(Firing.name);

  constructor(
    private readonly contracts: Contracts,
    private readonly news: OccurrenceNews,
    private readonly seals: PolicySeals,
    private readonly bus: LiveBus,
  ) {}

  /**
   * Writes what has come due of each schedule, run or not, and when it is due next: both commit together.
   * @returns whether some has more that has come due
   */
  async fire(tx: Transaction, schedules: readonly ScheduleRecord[], now: Date): Promise<boolean> {
    const fired = schedules.map((schedule) => ({ schedule, due: dueDecisions(schedule, now, DUE_TIMES_AT_ONCE) }));
    await this.store(tx, fired, now);
    return fired.some(({ due }) => !due.complete);
  }

  /**
   * Takes back what was decided of these schedules while the clock was ahead: due times that were refused and have not come are due
   * when they come. What was begun then has run, and does not run again.
   */
  async takeBack(tx: Transaction, schedules: readonly ScheduleRecord[], now: Date): Promise<void> {
    const known = schedules.filter(({ timingProblem }) => timingProblem === null);
    const ids = known.map(({ id }) => id);
    const reopened = await affected(tx.manager, REOPEN, [ids, now]);
    const times = known.map((schedule) => dueTimeAfter(schedule, now));
    const moved = await affected(tx.manager, MOVE_BACK, [ids, times]);
    if (reopened + moved === 0) return;
    this.logger.warn(
      { reopened, moved },
      'The clock of the database had been ahead: due times that have not come are open again.',
    );
    this.bus.changed(tx, { scheduleIds: ids });
  }

  /** The same of one schedule to the end, before it is changed; `abandon`: nothing of it is to run any more. */
  async settle(tx: Transaction, schedule: ScheduleRecord, now: Date, abandon: boolean): Promise<void> {
    if (!schedule.enabled) return;
    for (let rest = schedule; ;) {
      const found = dueDecisions(rest, now, DUE_TIMES_AT_ONCE);
      const due = abandon ? abandoned(found) : found;
      await this.store(tx, [{ schedule: rest, due }], now);
      if (due.complete) return;
      rest = { ...rest, nextRunAt: due.next };
    }
  }

  /** An occurrence that somebody starts by hand: it is due now. @returns its id */
  async fireByHand(tx: Transaction, schedule: ScheduleRecord, now: Date, startedBy: Actor): Promise<string> {
    const row = this.row(schedule, { dueAt: now, refusal: null }, now, 'person', startedBy);
    await bulkInsert(tx.manager, 'schedule_occurrences', COLUMNS, [row]);
    await this.news.notStarted(tx, schedule, notStarted([row]));
    await affected(tx.manager, 'UPDATE schedules SET last_run_at = $2 WHERE id = $1', [schedule.id, now]);
    this.bus.changed(tx, { scheduleIds: [schedule.id] });
    return row.id;
  }

  private async store(tx: Transaction, fired: readonly Fired[], now: Date): Promise<void> {
    const written = fired.map(({ schedule, due }) => ({
      schedule,
      rows: due.decisions.map((decision) => this.row(schedule, decision, now, 'schedule', null)),
    }));
    const rows = written.flatMap((one) => one.rows);
    if (rows.length === 0) return;
    // A due time whose row is there was decided before: the clock went back, or the schedule was changed.
    await bulkInsert(tx.manager, 'schedule_occurrences', COLUMNS, rows, {
      onConflict: 'ON CONFLICT (schedule_id, due_at) DO NOTHING',
    });
    await affected(tx.manager, ADVANCE, [
      fired.map(({ schedule }) => schedule.id),
      fired.map(({ due }) => due.next),
      fired.map(({ due }) => (due.decisions.some(({ refusal }) => refusal === null) ? now : null)),
    ]);
    for (const one of written) await this.news.notStarted(tx, one.schedule, notStarted(one.rows));
    this.bus.changed(tx, { scheduleIds: fired.map(({ schedule }) => schedule.id) });
  }

  private row(
    schedule: ScheduleRecord,
    { dueAt, refusal }: DueDecision,
    now: Date,
    trigger: OccurrenceTrigger,
    startedBy: Actor | null,
  ): OccurrenceRow {
    const definition = refusal === null ? this.definition(schedule) : null;
    const fault = refusal ?? (definition === null ? { kind: UNREADABLE, message: say.unreadable() } : null);
    const id = newId();
    const answerable_ids = answerable(schedule, startedBy);
    return {
      id,
      schedule_id: schedule.id,
      due_at: dueAt,
      trigger,
      started_by: startedBy?.name ?? null,
      answerable_ids,
      status: fault === null ? 'queued' : fault.kind === UNREADABLE ? 'error' : 'cancelled',
      error_kind: fault?.kind ?? null,
      error_message: fault?.message ?? null,
      definition_json: definition,
      definition_seal: this.seal(schedule, { id, answerable_ids }, definition),
      created_at: now,
      expires_at: endOf(schedule, dueAt, now),
      finished_at: fault === null ? null : now,
    };
  }

  /** Null unless somebody confirmed what it may change: nothing is approved by it then. */
  private seal(
    { id: schedule_id, policy, policyAltered }: ScheduleRecord,
    of: Pick<OccurrenceRow, 'id' | 'answerable_ids'>,
    definition: JsonDocument | null,
  ): string | null {
    if (definition === null || policy === null || policyAltered) return null;
    return this.seals.ofDefinition({ ...of, schedule_id, definition_json: definition.body });
  }

  /** Null when it is stored in a form that nothing can be begun by: that is the fault of this schedule alone. */
  private definition(schedule: ScheduleRecord): JsonDocument | null {
    const definition = definitionOf(schedule);
    if (definition === null) return null;
    try {
      return this.contracts.document(SCHEDULE_DEFINITION.name, definition);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      this.logger.error(
        { err: error, scheduleId: schedule.id },
        'A schedule is stored in a form that cannot be begun.',
      );
      return null;
    }
  }
}

/** Those of the rows that were over as they were written. */
function notStarted(rows: readonly OccurrenceRow[]): NotStarted[] {
  return rows.flatMap(({ due_at: dueAt, status, error_kind: errorKind }) =>
    status === 'queued' || errorKind === null ? [] : [{ dueAt, status, errorKind }],
  );
}

/** Null: it is not known who confirmed the policy. */
function answerable({ policyConfirmedAt, policyConfirmedById }: ScheduleRecord, startedBy: Actor | null) {
  if (policyConfirmedAt !== null && policyConfirmedById === null) return null;
  const people = [policyConfirmedById, startedBy?.id ?? null];
  return [...new Set(people.filter((id) => id !== null))];
}

const UNREADABLE = 'definition_unreadable';

const COLUMNS = {
  id: 'uuid',
  schedule_id: 'uuid',
  due_at: 'timestamptz',
  trigger: 'text',
  started_by: 'text',
  answerable_ids: 'uuid[]',
  status: 'text',
  error_kind: 'text',
  error_message: 'text',
  definition_json: 'jsonb',
  definition_seal: 'text',
  created_at: 'timestamptz',
  expires_at: 'timestamptz',
  finished_at: 'timestamptz',
} as const;

/** A due time that was refused as it was decided carries no definition. */
const REOPEN = `
  DELETE FROM schedule_occurrences
  WHERE schedule_id = ANY($1::uuid[]) AND due_at > $2 AND trigger = 'schedule' AND definition_json IS NULL
    AND finished_at IS NOT NULL`;

const MOVE_BACK = `
  UPDATE schedules s SET next_run_at = open.next_run_at
  FROM unnest($1::uuid[], $2::timestamptz[]) AS open (id, next_run_at)
  WHERE s.id = open.id AND open.next_run_at IS NOT NULL AND (s.next_run_at IS NULL OR s.next_run_at > open.next_run_at)`;

const ADVANCE = `
  UPDATE schedules s SET next_run_at = fired.next_run_at, last_run_at = COALESCE(fired.last_run_at, s.last_run_at)
  FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS fired (id, next_run_at, last_run_at)
  WHERE s.id = fired.id`;
