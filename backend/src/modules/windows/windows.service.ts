import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { systemActor } from '../../kernel/auth/actor';
import { recurrenceProblem } from '../../kernel/cron';
import { DatabaseClock } from '../../kernel/database/database-clock';
import { newId } from '../../kernel/database/ids';
import { queryOne } from '../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainError, invalidInput, notFound, type FieldProblem } from '../../kernel/errors/domain-error';
import { DomainEvents } from '../../kernel/events/domain-events';
import { LiveBus } from '../../kernel/live/live-bus';
import { WINDOWS_CHANGED } from './entities/windows.values';
import { nextOpenings } from './openings';
import { WindowsRepository, type WindowFacts, type WindowRecord } from './windows.repository';
import { say } from './windows.sentences';

/** Makes, changes and removes maintenance windows. What waits for one is looked at again in the same transaction. */
@Injectable()
export class WindowsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly repository: WindowsRepository,
    private readonly events: DomainEvents,
    private readonly audit: AuditLog,
    private readonly clock: DatabaseClock,
    private readonly bus: LiveBus,
  ) {}

  list(): Promise<WindowRecord[]> {
    return this.repository.list(this.dataSource.manager);
  }

  /** The time by which windows open. */
  now(): Promise<Date> {
    return this.clock.now(this.dataSource.manager);
  }

  /** @throws DomainError `invalid_input` */
  async create(window: WindowFacts, origin: RequestOrigin): Promise<WindowRecord> {
    const now = await this.now();
    this.refuse(openingProblems(window, now));
    return this.transactions.run(async (tx) => {
      await this.checkSubject(tx, window);
      const id = newId();
      await this.repository.insert(tx.manager, id, window, now, origin.actor.name);
      await this.audit.record(tx.manager, {
        ...entry(origin, id),
        action: 'window.created',
        details: { window: audited(window) },
      });
      await this.announce(tx, id);
      return this.required(tx, id);
    });
  }

  /**
   * @param seen `updatedAt` of what the person has seen
   * @throws DomainError `invalid_input`, `not_found`, 409 `window_changed`
   */
  async change(id: string, window: WindowFacts, seen: Date, origin: RequestOrigin): Promise<WindowRecord> {
    const now = await this.now();
    return this.transactions.run(async (tx) => {
      const before = factsOf(await this.unchanged(tx, id, seen));
      // One that is over can still be renamed and turned off.
      const same = !window.enabled || (before.enabled && sameOpening(before, window));
      // One that cannot be read any more can still be turned off.
      const off = !window.enabled && sameOpening(before, window);
      if (!off) this.refuse(openingProblems(window, now, same ? 'whenever' : 'to come'));
      await this.checkSubject(tx, window);
      await this.repository.update(tx.manager, id, window, now, origin.actor.name);
      const details = { before: audited(before), after: audited(window) };
      await this.audit.record(tx.manager, { ...entry(origin, id), action: 'window.changed', details });
      await this.announce(tx, id);
      return this.required(tx, id);
    });
  }

  /** @throws DomainError `not_found`, 409 `window_changed` */
  async remove(id: string, seen: Date, origin: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const window = factsOf(await this.unchanged(tx, id, seen));
      await this.repository.delete(tx.manager, id);
      await this.audit.record(tx.manager, {
        ...entry(origin, id),
        action: 'window.removed',
        details: { window: audited(window) },
      });
      await this.announce(tx, id);
    });
  }

  private refuse(problems: readonly FieldProblem[]): void {
    if (problems.length > 0) throw invalidInput(problems);
  }

  /** Kept from being removed until the transaction ends. */
  private async checkSubject(tx: Transaction, { scope, tagId, machineId }: WindowFacts): Promise<void> {
    const subjects = [
      { kind: 'tag', field: 'tagId', id: tagId, sql: 'SELECT id FROM tags WHERE id = $1 FOR KEY SHARE' },
      {
        kind: 'machine',
        field: 'machineId',
        id: machineId,
        sql: 'SELECT id FROM machines WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE',
      },
    ];
    for (const { kind, field, id, sql } of subjects) {
      if (scope === kind && id === null) throw invalidInput([{ field, message: say.subject_needed({ field, scope }) }]);
      if (scope !== kind && id !== null) throw invalidInput([{ field, message: say.subject_other({ field, scope }) }]);
      if (id !== null && (await queryOne(tx.manager, sql, [id])) === null) {
        throw invalidInput([{ field, message: say.unknown_subject({ field }) }]);
      }
    }
  }

  private async announce(tx: Transaction, id: string): Promise<void> {
    this.bus.changed(tx, { windowIds: [id] });
    const message = say.windows_changed();
    await this.events.publish(tx, {
      type: WINDOWS_CHANGED,
      machineId: null,
      severity: 'info',
      actor: systemActor,
      message,
    });
  }

  private async unchanged(tx: Transaction, id: string, seen: Date): Promise<WindowRecord> {
    await this.repository.lock(tx.manager, id);
    const window = await this.required(tx, id);
    if (window.updatedAt.getTime() === seen.getTime()) return window;
    throw new DomainError({
      code: 'window_changed',
      status: 409,
      detail: say.changed_meanwhile({ name: window.updatedBy ?? '?' }),
      action: say.look_again(),
    });
  }

  private async required(tx: Transaction, id: string): Promise<WindowRecord> {
    const window = await this.repository.find(tx.manager, id);
    if (window === null) throw notFound('window');
    return window;
  }
}

type Opening = Pick<WindowFacts, 'cron' | 'opensAt' | 'timezone' | 'durationMinutes'>;

/** What keeps a window from opening as it says; `whenever`: it need not open any more. Pure. */
export function openingProblems(opening: Opening, now: Date, when: 'to come' | 'whenever' = 'to come'): FieldProblem[] {
  const { cron, opensAt, timezone } = opening;
  const once = cron === '@once';
  const problem = recurrenceProblem({ cron: once ? '0 0 * * *' : cron, timezone });
  if (problem === 'timezone') return [{ field: 'timezone', message: say.timezone({ field: 'timezone' }) }];
  if (problem !== null) return [{ field: 'cron', message: say[problem]({ field: 'cron' }) }];
  const field = 'opensAt';
  if (!once && opensAt !== null) return [{ field, message: say.once_only({ field }) }];
  if (once && opensAt === null) return [{ field, message: say.opens_at_needed({ field }) }];
  if (when === 'whenever' || nextOpenings([{ name: '', ...opening }], now, 1).length > 0) return [];
  // A window that does not open lets nothing be changed on its machines.
  return [
    once
      ? { field, message: say.opens_at_past({ field }) }
      : { field: 'cron', message: say.too_rare({ field: 'cron' }) },
  ];
}

function sameOpening(one: Opening, other: Opening): boolean {
  return (
    one.cron === other.cron &&
    one.timezone === other.timezone &&
    one.durationMinutes === other.durationMinutes &&
    one.opensAt?.getTime() === other.opensAt?.getTime()
  );
}

function factsOf(window: WindowRecord): WindowFacts {
  const { name, enabled, scope, tagId, machineId, cron, opensAt, timezone, durationMinutes } = window;
  return { name, enabled, scope, tagId, machineId, cron, opensAt, timezone, durationMinutes };
}

/** As the audit keeps it. */
function audited(window: WindowFacts): object {
  return { ...window, opensAt: window.opensAt?.toISOString() ?? null };
}

function entry(origin: RequestOrigin, objectId: string) {
  return { ...origin, objectType: 'maintenance_window', objectId, outcome: 'ok' as const };
}
