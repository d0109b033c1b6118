import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { maskDistinctiveSecrets } from '../../../kernel/contracts/secret-values';
import { bulkInsert } from '../../../kernel/database/bulk-insert';
import { prepared } from '../../../kernel/database/prepared';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { DomainEvents } from '../../../kernel/events/domain-events';
import type { StoreContext } from '../../jobs/actions/job-action';
import { MachineState } from '../../machines/machine-state';
import { say } from '../apt.sentences';
import {
  APT_EXTERNAL_CHANGE_RESULT,
  APT_EXTERNAL_CHANGE_RESULT_IMPORTANT,
} from '../contracts/apt-external-change-result.v1';
import type { HistoryOperation, HistoryPackage } from '../parsers/package-history';
import { changeId, type LoggedChange } from './external-changes';
import { appliedRows, insertApplied } from './logged-packages';
import { disown, toldApart } from './own-runs';
import type { LogsReading } from './read-logs';
import { storeUntold } from './untold-runs';

const ACTION = 'apt_external_change';
const DAY_MS = 86_400_000;
/** How far back a machine's logs are read the first time. */
const FIRST_DAYS = 30;
/** Clocks of machines differ from ours, and logs are in local time, which repeats an hour once a year. */
const OVERLAP_DAYS = 1;
/** Logs are read from further back than changes are told: of half a change nobody can tell whose it was, or that it is known. */
const MARGIN_DAYS = 1;
const NAMED = 3;

const EXECUTION_COLUMNS = {
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
} as const;
const WITH_ITS_END = `ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status, finished_at = EXCLUDED.finished_at,
  schema_version = EXCLUDED.schema_version, result_json = EXCLUDED.result_json, important_json = EXCLUDED.important_json`;

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
    private readonly state: MachineState,
  ) {}

  /** From when on a machine's logs have to be read so that all changes since then are whole. */
  async readFrom(machineId: string, now: Date): Promise<Date> {
    return new Date((await this.since(machineId, now)).getTime() - MARGIN_DAYS * DAY_MS);
  }

  /**
   * From when on changes are told that stand in a machine's logs: on from where they were read last, however long ago that is.
   * Where that is not known, from the last change that stands in them, 30 days back at most.
   */
  async since(machineId: string, now: Date, connection: EntityManager | DataSource = this.dataSource): Promise<Date> {
    const row = await queryOne<{ readAt: Date | null; lastAt: Date | null }>(connection, READ_UNTIL, [machineId]);
    const first = now.getTime() - FIRST_DAYS * DAY_MS;
    // A machine whose clock was ahead has changes in the future: nothing would be read until then.
    const known = Math.min(now.getTime(), (row?.readAt ?? row?.lastAt)?.getTime() ?? first) - OVERLAP_DAYS * DAY_MS;
    return new Date(row?.readAt == null ? Math.max(first, known) : known);
  }

  /**
   * Notes how far a machine's logs have been read. What cannot be read of a long time is given up, and the next reading begins
   * as the first one: else one line that nobody can read, or too many of them, would keep all that follow from being read.
   * @param until by the machine's own clock where that is behind: what it writes meanwhile lies before our time
   */
  async noteReading(tx: Transaction, machineId: string, reading: LogsReading, until: Date): Promise<void> {
    if (reading === 'read') this.state.patch(tx, machineId, { aptHistoryReadAt: until });
    if (reading !== 'unreadable') return;
    const since = await this.since(machineId, until);
    const long = until.getTime() - since.getTime() > FIRST_DAYS * DAY_MS;
    if (long) this.state.patch(tx, machineId, { aptHistoryReadAt: null });
  }

  /**
   * Changes that are known already, that began before the logs were to be told of, or were ours are passed over. What others did
   * while a run of ours was at work stands in its inventories too; there it is taken out of what the run applied. A run of ours that
   * nobody could ask how it ended has nothing else than these logs.
   */
  async store(tx: Transaction, context: StoreContext, logged: readonly LoggedChange[]): Promise<void> {
    if (logged.length === 0) return;
    const { machineId, finishedAt } = context;
    const since = await this.since(machineId, finishedAt, tx.manager);
    const { own, others } = await toldApart(tx.manager, machineId, logged, since);
    const changes = identified(machineId, others);
    const known = await this.known(tx, changes);
    const news = [...changes].filter(([id, change]) => tellsMore(change, known.get(id)));
    await this.write(tx, machineId, news);
    const fresh = news.map(([, change]) => maskDistinctiveSecrets(change));
    await disown(tx.manager, machineId, fresh, own);
    await storeUntold(tx.manager, machineId, own, since);
    for (const [executionId, change] of news) {
      if (!known.has(executionId)) await this.announce(tx, context, executionId, change, change.startedAt);
      // What was told as open has its end in the time line, too; how far it is meanwhile stands in its own document.
      else if (change.finished) await this.announce(tx, context, executionId, change, change.finishedAt);
    }
  }

  private async known(tx: Transaction, changes: ReadonlyMap<string, LoggedChange>): Promise<Map<string, Known>> {
    const rows = await queryRows<Known>(tx.manager, KNOWN, [[...changes.keys()]]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  private async write(
    tx: Transaction,
    machineId: string,
    changes: readonly (readonly [string, LoggedChange])[],
  ): Promise<void> {
    await bulkInsert(
      tx.manager,
      'executions',
      EXECUTION_COLUMNS,
      changes.map(([id, change]) => this.executionRow(id, machineId, maskDistinctiveSecrets(change))),
      { onConflict: WITH_ITS_END },
    );
    await insertApplied(
      tx.manager,
      changes.flatMap(([id, change]) => appliedRows(id, machineId, change)),
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

  private announce(
    tx: Transaction,
    context: StoreContext,
    executionId: string,
    change: LoggedChange,
    at: Date,
  ): Promise<void> {
    const { source, actor, command, error, finished, packages } = maskDistinctiveSecrets(change);
    const params = { actor, packages: inWords(packages) };
    return this.events.publish(tx, {
      type: 'packages_changed_externally',
      machineId: context.machineId,
      severity: error === null && finished ? 'info' : 'warning',
      actor: { type: 'external', id: null, name: actor },
      at,
      message: error === null && finished ? say.changed_by_others(params) : say.changed_by_others_failed(params),
      payload: { source, command, error, finished, ...countsOf(packages) },
      jobId: context.jobId,
      snapshotId: context.snapshotId,
      executionId,
    });
  }
}

/** By the id of each, which is made of what the machine said: what is held at this moment must not make another change of the same one. */
function identified(machineId: string, changes: readonly LoggedChange[]): Map<string, LoggedChange> {
  const byId = new Map<string, LoggedChange>();
  for (const change of changes) {
    const id = changeId(machineId, change);
    // The same command twice within one second.
    const packages = [...(byId.get(id)?.packages ?? []), ...change.packages];
    byId.set(id, { ...change, packages });
  }
  return byId;
}

/** What is stored of a change by others. */
interface Known {
  readonly id: string;
  readonly finished: boolean;
  readonly packages: number;
}

/** Whether a change was read with its end for the first time, or with more packages than are known of it. */
function tellsMore({ finished, packages }: LoggedChange, known: Known | undefined): boolean {
  return known === undefined || (finished && !known.finished) || packages.length > known.packages;
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

const READ_UNTIL = prepared(`
  SELECT apt_history_read_at AS "readAt",
    (SELECT max(started_at) FROM executions WHERE machine_id = $1 AND mode = 'external') AS "lastAt"
  FROM machine_state WHERE machine_id = $1`);

const KNOWN = `
  SELECT id, (result_json ->> 'finished')::boolean AS finished, jsonb_array_length(result_json -> 'packages') AS packages
    FROM executions WHERE id = ANY($1::uuid[])`;
