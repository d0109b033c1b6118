import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import type { Actor, Principal } from '../../../kernel/auth/actor';
import { Contracts } from '../../../kernel/contracts/contracts';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { DomainError, notFound } from '../../../kernel/errors/domain-error';
import { LiveBus } from '../../../kernel/live/live-bus';
import { say } from '../automation.sentences';
import { SCHEDULE_ACTIONS, SCHEDULE_NOTIFY, SCHEDULE_POLICY, SCHEDULE_SCOPE } from '../contracts/schedule-documents';
import { Firing } from '../engine/firing';
import { OccurrenceStops } from '../engine/occurrence-stops';
import type { ChangeScheduleDto, SaveScheduleDto } from '../dto/schedule-input.dto';
import { PolicySeals } from '../policy/policy-seals';
import { dueTimeAfter } from '../times/due-times';
import { ScheduleInput, type CheckedSchedule } from './schedule-input';
import { definitionOf, type ScheduleRecord } from './schedule-record';
import { SchedulesReader } from './schedules.reader';

type Verb = 'created' | 'changed' | 'enabled' | 'disabled' | 'deleted';

/** Makes, changes and removes schedules; each change is audited with what stood there before. */
@Injectable()
export class Schedules {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reader: SchedulesReader,
    private readonly input: ScheduleInput,
    private readonly firing: Firing,
    private readonly stops: OccurrenceStops,
    private readonly seals: PolicySeals,
    private readonly contracts: Contracts,
    private readonly clock: DatabaseClock,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
  ) {}

  /** @returns the id. @throws as {@link ScheduleInput.check} */
  async create(input: SaveScheduleDto, by: Principal, origin: RequestOrigin): Promise<string> {
    return this.transactions.run(async (tx) => {
      const checked = await this.input.check(tx, input, by);
      const now = await this.clock.now(tx.manager);
      const id = newId();
      const { name } = origin.actor;
      await affected(tx.manager, INSERT, [id, ...this.values(input, checked, origin.actor, now), name, now]);
      await this.seals.seal(tx, id);
      await this.planNext(tx, id, now);
      await this.record(tx, 'created', null, await this.reader.find(id, tx.manager), origin);
      return id;
    });
  }

  /** @throws as {@link ScheduleInput.check}; DomainError 404, or 409 `version_differs` */
  async change(id: string, input: ChangeScheduleDto, by: Principal, origin: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const before = await this.held(tx, id);
      requireVersion(before, input.version);
      const checked = await this.input.check(tx, input, by);
      const now = await this.clock.now(tx.manager);
      await this.firing.settle(tx, before, now, !input.enabled);
      if (before.enabled && !input.enabled) await this.stops.stopAll(tx, id, 'disabled', origin.actor, now);
      await affected(tx.manager, UPDATE, [id, ...this.values(input, checked, origin.actor, now)]);
      await this.seals.seal(tx, id);
      await this.planNext(tx, id, now);
      await this.record(tx, 'changed', before, await this.reader.find(id, tx.manager), origin);
    });
  }

  /**
   * Due times while it was switched off are not made up for. What its runs have not begun when it is switched off is cancelled.
   * @throws DomainError 404, 403, 409 `version_differs`, `times_unreadable`, `schedule_over`
   */
  async setEnabled(id: string, enabled: boolean, version: number, by: Principal, origin: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const before = await this.held(tx, id);
      requireVersion(before, version);
      if (before.enabled === enabled) return;
      if (enabled) this.input.assertMayStart(before.actions ?? [], by);
      const now = await this.clock.now(tx.manager);
      if (enabled && before.timingProblem !== null) throw timesUnreadable();
      if (enabled && dueTimeAfter(before, now) === null) throw scheduleOver();
      await this.firing.settle(tx, before, now, true);
      if (!enabled) await this.stops.stopAll(tx, id, 'disabled', origin.actor, now);
      await affected(tx.manager, SET_ENABLED, [id, enabled, now, origin.actor.name]);
      await this.planNext(tx, id, now);
      await this.record(tx, enabled ? 'enabled' : 'disabled', before, await this.reader.find(id, tx.manager), origin);
    });
  }

  /** What it ran stays until its time is over; what its runs have not begun is cancelled. @throws DomainError 404, or 409 `version_differs` */
  async remove(id: string, version: number, origin: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const before = await this.held(tx, id);
      requireVersion(before, version);
      const now = await this.clock.now(tx.manager);
      await this.firing.settle(tx, before, now, true);
      await this.stops.stopAll(tx, id, 'removed', origin.actor, now);
      await affected(tx.manager, REMOVE, [id, now, origin.actor.name]);
      await this.record(tx, 'deleted', before, null, origin);
    });
  }

  /** The schedule, held until the end of `tx`: the scheduler passes it by meanwhile. @throws DomainError 404 */
  private async held(tx: Transaction, id: string): Promise<ScheduleRecord> {
    await queryOne(tx.manager, 'SELECT id FROM schedules WHERE id = $1 FOR UPDATE', [id]);
    const schedule = await this.reader.find(id, tx.manager);
    if (schedule === null) throw notFound('schedule');
    return schedule;
  }

  private async planNext(tx: Transaction, id: string, now: Date): Promise<void> {
    const schedule = await this.reader.find(id, tx.manager);
    const next = schedule?.enabled === true ? dueTimeAfter(schedule, now) : null;
    await affected(tx.manager, 'UPDATE schedules SET next_run_at = $2 WHERE id = $1', [id, next]);
  }

  /** The bound values $2 to $18 of {@link INSERT} and {@link UPDATE}. */
  private values(input: SaveScheduleDto, checked: CheckedSchedule, by: Actor, now: Date): unknown[] {
    const { timing, scope, actions, policy } = checked;
    return [
      input.name,
      input.enabled,
      timing.cron,
      timing.runAt,
      timing.timezone,
      this.contracts.document(SCHEDULE_SCOPE.name, scope),
      this.contracts.document(SCHEDULE_ACTIONS.name, { actions }),
      input.concurrency,
      this.contracts.document(SCHEDULE_NOTIFY.name, { on: input.notifyOn }),
      input.missedRuns,
      input.graceSeconds,
      input.windowSeconds,
      policy === null ? null : this.contracts.document(SCHEDULE_POLICY.name, policy),
      policy === null ? null : by.name,
      policy === null ? null : by.id,
      policy === null ? null : now,
      now,
      by.name,
    ];
  }

  private async record(
    tx: Transaction,
    verb: Verb,
    before: ScheduleRecord | null,
    after: ScheduleRecord | null,
    origin: RequestOrigin,
  ): Promise<void> {
    const id = (after ?? before)?.id ?? null;
    await this.audit.record(tx.manager, {
      ...origin,
      action: `schedule.${verb}`,
      objectType: 'schedule',
      objectId: id,
      outcome: 'ok',
      details: { before: audited(before), after: audited(after) },
    });
    this.bus.changed(tx, { scheduleIds: id === null ? [] : [id] });
  }
}

/** A schedule as the audit keeps it; null where there is none, or it cannot be read. */
function audited(schedule: ScheduleRecord | null): object | null {
  const definition = schedule === null ? null : definitionOf(schedule);
  if (schedule === null || definition === null) return null;
  const { cron, runAt, timezone, notifyOn, enabled } = schedule;
  return { ...definition, cron, runAt: runAt?.toISOString() ?? null, timezone, notifyOn, enabled };
}

function requireVersion({ version }: ScheduleRecord, seen: number): void {
  if (version === seen) return;
  throw new DomainError({
    code: 'version_differs',
    status: 409,
    detail: say.version_differs(),
    action: say.version_differs_action(),
    extensions: { version },
  });
}

function timesUnreadable(): DomainError {
  return new DomainError({
    code: 'times_unreadable',
    status: 409,
    detail: say.times_unreadable(),
    action: say.schedule_over_action(),
  });
}

function scheduleOver(): DomainError {
  return new DomainError({
    code: 'schedule_over',
    status: 409,
    detail: say.schedule_over(),
    action: say.schedule_over_action(),
  });
}

const INSERT = `
  INSERT INTO schedules (id, name, enabled, cron, run_at, timezone, scope_json, actions_json, concurrency, notify_on_json,
    missed_runs, grace_seconds, window_seconds, policy_json, policy_confirmed_by, policy_confirmed_by_id, policy_confirmed_at, updated_at,
    updated_by, created_by, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`;

const UPDATE = `
  UPDATE schedules SET name = $2, enabled = $3, cron = $4, run_at = $5, timezone = $6, scope_json = $7, actions_json = $8,
    concurrency = $9, notify_on_json = $10, missed_runs = $11, grace_seconds = $12, window_seconds = $13, policy_json = $14,
    policy_confirmed_by = $15, policy_confirmed_by_id = $16, policy_confirmed_at = $17, updated_at = $18, updated_by = $19,
    version = version + 1
  WHERE id = $1`;

const SET_ENABLED = `
  UPDATE schedules SET enabled = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1`;

const REMOVE = `
  UPDATE schedules SET enabled = false, next_run_at = NULL, deleted_at = $2, updated_at = $2, updated_by = $3,
    version = version + 1
  WHERE id = $1`;
