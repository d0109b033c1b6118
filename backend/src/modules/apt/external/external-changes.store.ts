import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { maskSecrets } from '../../../kernel/contracts/secret-values';
import { bulkInsert } from '../../../kernel/database/bulk-insert';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { DomainEvents } from '../../../kernel/events/domain-events';
import type { StoreContext } from '../../jobs/actions/job-action';
import { say } from '../apt.sentences';
import {
  APT_EXTERNAL_CHANGE_RESULT,
  APT_EXTERNAL_CHANGE_RESULT_IMPORTANT,
} from '../contracts/apt-external-change-result.v1';
import type { HistoryOperation, HistoryPackage } from '../parsers/package-history';
import { changeId, type LoggedChange } from './external-changes';

const ACTION = 'apt_external_change';
const DAY_MS = 86_400_000;
/** How far back a machine's logs are read the first time. */
const FIRST_DAYS = 30;
/** Clocks of machines differ from ours, and logs are in local time, which repeats an hour once a year. */
const OVERLAP_DAYS = 1;
const NAMED = 3;

/** A change of ours at about the same time, and what it did. */
interface OwnChange {
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** `name version`, the version empty for what was removed. */
  readonly applied: string[];
}
/** Times of ours are the machine's, to the second. */
const SLACK_MS = 2000;

/**
 * Keeps changes that others made: an execution without a job, its packages, and a line in the machine's time line at the
 * moment at which it happened.
 */
@Injectable()
export class ExternalChanges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
    private readonly events: DomainEvents,
  ) {}

  /** From when on a machine's logs have to be read. */
  async since(machineId: string, now: Date): Promise<Date> {
    const row = await queryOne<{ at: Date | null }>(
      this.dataSource,
      `SELECT max(started_at) AS at FROM executions WHERE machine_id = $1 AND mode = 'external'`,
      [machineId],
    );
    const first = now.getTime() - FIRST_DAYS * DAY_MS;
    return new Date(Math.max(first, (row?.at?.getTime() ?? first) - OVERLAP_DAYS * DAY_MS));
  }

  /** Changes that are known already, or were ours, are passed over. */
  async store(tx: Transaction, context: StoreContext, logged: readonly LoggedChange[]): Promise<void> {
    if (logged.length === 0) return;
    const { machineId } = context;
    const own = await this.own(tx, machineId, logged);
    const others = maskSecrets(logged.filter((change) => !own.some((ours) => isOurs(change, ours))));
    const byId = new Map(others.map((change) => [changeId(machineId, change), change]));
    const known = await queryRows<{ id: string }>(tx.manager, 'SELECT id FROM executions WHERE id = ANY($1::uuid[])', [
      [...byId.keys()],
    ]);
    for (const { id } of known) byId.delete(id);
    await this.insert(tx, machineId, byId);
    for (const [executionId, change] of byId) await this.announce(tx, context, executionId, change);
  }

  private own(tx: Transaction, machineId: string, logged: readonly LoggedChange[]): Promise<OwnChange[]> {
    const times = logged.flatMap(({ startedAt, finishedAt }) => [startedAt.getTime(), finishedAt.getTime()]);
    return queryRows<OwnChange>(tx.manager, OWN, [
      machineId,
      new Date(Math.min(...times) - SLACK_MS),
      new Date(Math.max(...times) + SLACK_MS),
    ]);
  }

  private async insert(tx: Transaction, machineId: string, byId: ReadonlyMap<string, LoggedChange>): Promise<void> {
    await bulkInsert(
      tx.manager,
      'executions',
      {
        id: 'uuid',
        machine_id: 'uuid',
        action: 'text',
        mode: 'text',
        status: 'text',
        schema_version: 'integer',
        started_at: 'timestamptz',
        finished_at: 'timestamptz',
        result_json: 'jsonb',
        important_json: 'jsonb',
      },
      [...byId].map(([id, change]) => this.executionRow(id, machineId, change)),
    );
    await bulkInsert(
      tx.manager,
      'apt_applied_packages',
      {
        id: 'uuid',
        execution_id: 'uuid',
        machine_id: 'uuid',
        name: 'text',
        arch: 'text',
        from_version: 'text',
        to_version: 'text',
        operation: 'text',
        origin: 'text',
        dedup_key: 'text',
      },
      [...byId].flatMap(([id, change]) => appliedRows(id, machineId, change)),
    );
  }

  private executionRow(id: string, machineId: string, change: LoggedChange) {
    const { startedAt, finishedAt, source, actor, command, error, finished, packages } = change;
    const who = { source, actor, command, error, finished };
    const result = this.contracts.document(APT_EXTERNAL_CHANGE_RESULT.name, { ...who, packages });
    return {
      id,
      machine_id: machineId,
      action: ACTION,
      mode: 'external',
      status: error === null && finished ? 'ok' : 'error',
      schema_version: result.version,
      started_at: startedAt,
      finished_at: finishedAt,
      result_json: result,
      important_json: this.contracts.document(APT_EXTERNAL_CHANGE_RESULT_IMPORTANT.name, {
        ...who,
        counts: countsOf(packages),
      }),
    };
  }

  private announce(tx: Transaction, context: StoreContext, executionId: string, change: LoggedChange): Promise<void> {
    const { source, actor, command, error, finished, packages, startedAt } = change;
    const params = { actor, packages: inWords(packages) };
    return this.events.publish(tx, {
      type: 'packages_changed_externally',
      machineId: context.machineId,
      severity: error === null && finished ? 'info' : 'warning',
      actor: { type: 'external', id: null, name: actor },
      at: startedAt,
      message: error === null && finished ? say.changed_by_others(params) : say.changed_by_others_failed(params),
      payload: { source, command, error, finished, ...countsOf(packages) },
      jobId: context.jobId,
      snapshotId: context.snapshotId,
      executionId,
    });
  }
}

function appliedRows(executionId: string, machineId: string, change: LoggedChange) {
  return change.packages.map(({ name, arch, operation, from, to }, index) => ({
    // Ordered by time as those of our own runs are.
    id: changeId(machineId, change, String(index)),
    execution_id: executionId,
    machine_id: machineId,
    name,
    arch,
    from_version: from,
    to_version: to,
    operation,
    origin: null,
    dedup_key: [operation, name, arch, from ?? '', to ?? ''].join('|'),
  }));
}

/** It lies within a run of ours, and did nothing that this run did not do. */
function isOurs({ startedAt, finishedAt, packages }: LoggedChange, ours: OwnChange): boolean {
  const begun = startedAt.getTime() >= ours.startedAt.getTime() - SLACK_MS;
  const ended = finishedAt.getTime() <= (ours.finishedAt?.getTime() ?? Infinity) + SLACK_MS;
  const applied = new Set(ours.applied);
  return begun && ended && packages.every(({ name, to }) => applied.has(`${name} ${to ?? ''}`));
}

function countsOf(packages: readonly HistoryPackage[]): Record<HistoryOperation, number> {
  const counts = { installed: 0, upgraded: 0, downgraded: 0, removed: 0 };
  for (const { operation } of packages) counts[operation] += 1;
  return counts;
}

/** `openssl 3.0.15 → 3.0.16, libssl3 −, …`: the same in every language. */
function inWords(packages: readonly HistoryPackage[]): string {
  const named = packages
    .slice(0, NAMED)
    .map(({ name, from, to }) =>
      from === null
        ? `+${name} ${to ?? ''}`
        : `${to === null ? '−' : ''}${name} ${from}${to === null ? '' : ` → ${to}`}`,
    );
  return [...named, ...(packages.length > NAMED ? [`+ ${String(packages.length - NAMED)} …`] : [])].join(', ');
}

const OWN = `
  SELECT e.started_at AS "startedAt", e.finished_at AS "finishedAt",
         ARRAY(SELECT p.name || ' ' || COALESCE(p.to_version, '') FROM apt_applied_packages p
                WHERE p.execution_id = e.id AND p.operation <> 'unchanged') AS applied
    FROM executions e
   WHERE e.machine_id = $1 AND e.mode <> 'external' AND e.started_at <= $3 AND COALESCE(e.finished_at, 'infinity') >= $2`;
