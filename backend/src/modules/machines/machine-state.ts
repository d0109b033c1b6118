import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock';
import { maskDistinctiveSecrets } from '../../kernel/contracts/secret-values';
import { prepared } from '../../kernel/database/prepared';
import { affected, queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { notFound } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import type { MachineStateEntity } from './entities/machine-state.entity';
import type { MachineStatus } from './entities/machines.values';
import {
  errorsAfter,
  standingErrors,
  writeErrors,
  type FurtherError,
  type MachineError,
  type SettledErrors,
} from './machine-errors';
import { needOf, rankOf, stateStatusOf, underlyingNeedOf, type NeedFacts } from './needs';

type DerivedKey = 'machineId' | 'status' | 'needsRank' | 'underlyingNeedsRank' | 'revision' | 'updatedAt';
type StoredPatch = Partial<Omit<MachineStateEntity, DerivedKey>>;
type ErrorKey = 'lastErrorKind' | 'lastErrorMessage' | 'lastErrorAction';

/** What changes; an absent key keeps what is stored. Null counts mean "not measured". */
export interface MachineStatePatch extends Omit<StoredPatch, ErrorKey> {
  /** Of the machine itself; written to `machines` along with the state. */
  readonly status?: MachineStatus;
  /** The last time that a connection was made; written to `machines`. */
  readonly lastSeenAt?: Date;
  /** An error that was met; those of other actions, of other classes and about something else stay beside it. */
  readonly lastErrorKind?: string;
  readonly lastErrorMessage?: string | null;
  /** What it is about: an error of the same class about something else is another one. */
  readonly lastErrorSubject?: string | null;
  /** The action that ended with it; none: it is of the connection. */
  readonly lastErrorAction?: string;
  /** The job that did. */
  readonly lastErrorJobId?: string;
  /** What it met besides. */
  readonly furtherErrors?: readonly FurtherError[];
  /**
   * This action went well: its own error is settled, and that of the connection; those of other actions stay. Null: that of the
   * connection alone is.
   */
  readonly settles?: string | null;
  /** What this look or repair shows to be over. */
  readonly settlesErrors?: readonly SettledErrors[];
}

const columns: Readonly<Record<keyof StoredPatch, string>> = {
  aptStatus: 'apt_status',
  aptUpdatesCount: 'apt_updates_count',
  aptSecurityUpdatesCount: 'apt_security_updates_count',
  aptKeptBackCount: 'apt_kept_back_count',
  aptUpgradeCount: 'apt_upgrade_count',
  aptUpgradeWithNewCount: 'apt_upgrade_with_new_count',
  aptDistUpgradeCount: 'apt_dist_upgrade_count',
  aptRebootRequired: 'apt_reboot_required',
  aptRebootReason: 'apt_reboot_reason',
  aptLastAnalyzeAt: 'apt_last_analyze_at',
  aptIndexRefreshedAt: 'apt_index_refreshed_at',
  aptHistoryReadAt: 'apt_history_read_at',
  aptStale: 'apt_stale',
  aptStaleReason: 'apt_stale_reason',
  dockerStatus: 'docker_status',
  dockerInstalled: 'docker_installed',
  dockerStacksCount: 'docker_stacks_count',
  dockerUpdatesCount: 'docker_updates_count',
  dockerPruneAvailable: 'docker_prune_available',
  postInstallStatus: 'post_install_status',
  metricsLastCollectedAt: 'metrics_last_collected_at',
  cpuLoad1: 'cpu_load1',
  memoryUsedPercent: 'memory_used_percent',
  rootUsedPercent: 'root_used_percent',
  diskWarningsCount: 'disk_warnings_count',
  hardwareWarningsCount: 'hardware_warnings_count',
  openMessagesCount: 'open_messages_count',
  runningJobId: 'running_job_id',
  lastErrorKind: 'last_error_kind',
  lastErrorMessage: 'last_error_message',
  lastErrorAction: 'last_error_action',
};

interface Before extends Omit<NeedFacts, 'errorKinds'> {
  readonly machineId: string;
  readonly lastErrorKind: string | null;
}

/** Patches of one transaction to one machine, in their order. */
type PendingPatches = Map<string, MachineStatePatch[]>;

/**
 * The only writer of `machine_state`. All patches of a transaction are written together at its end, however many
 * machines they are about: the need is computed anew, the revision raised once and, after the commit, the live topic
 * told.
 */
@Injectable()
export class MachineState {
  private readonly pending = new WeakMap<Transaction, PendingPatches>();

  constructor(
    private readonly clock: Clock,
    private readonly live: LiveBus,
  ) {}

  /** The state of a machine that nobody has looked at yet. */
  async create(tx: Transaction, machineId: string): Promise<void> {
    await affected(
      tx.manager,
      `INSERT INTO machine_state (machine_id, status, updated_at) VALUES ($1, 'unknown', $2)`,
      [machineId, this.clock.now()],
    );
    this.live.changed(tx, { machineIds: [machineId] });
  }

  /** Written just before the commit, which fails with DomainError `not_found` when there is no such machine. */
  patch(tx: Transaction, machineId: string, patch: MachineStatePatch): void {
    const pending = this.pendingOf(tx);
    pending.set(machineId, [...(pending.get(machineId) ?? []), maskDistinctiveSecrets(patch)]);
  }

  private pendingOf(tx: Transaction): PendingPatches {
    const known = this.pending.get(tx);
    if (known !== undefined) return known;
    const pending: PendingPatches = new Map();
    this.pending.set(tx, pending);
    tx.beforeCommit(() => this.write(tx, pending));
    return pending;
  }

  private async write(tx: Transaction, pending: PendingPatches): Promise<void> {
    const machineIds = [...pending.keys()];
    const before = new Map((await this.lock(tx, machineIds)).map((facts) => [facts.machineId, facts]));
    // Read once the rows are held: what another transaction wrote of them until then is seen.
    const failing = machineIds.filter((id) => (before.get(id)?.lastErrorKind ?? null) !== null);
    const standing = await standingErrors(tx.manager, failing);
    const now = this.clock.now();
    const errors = new Map<string, readonly MachineError[]>();
    const rows = [...pending].map(([machineId, patches]) => {
      const facts = before.get(machineId);
      if (facts === undefined) throw notFound('machine');
      const was = standing.get(machineId) ?? [];
      const is = patches.reduce((left, patch) => errorsAfter(left, patch, now), was);
      if (!isDeepStrictEqual(is, was)) errors.set(machineId, is);
      return rowOf(facts, patches, is, errors.has(machineId));
    });
    await writeErrors(tx.manager, errors);
    await affected(tx.manager, WRITE, [JSON.stringify(rows), now]);
    this.live.changed(tx, { machineIds });
  }

  /** Errors of a machine that nothing has settled yet, oldest first; its row must be held. */
  async standing(tx: Transaction, machineId: string): Promise<readonly MachineError[]> {
    return (await standingErrors(tx.manager, [machineId])).get(machineId) ?? [];
  }

  /** Both rows, so that a status written by somebody else in the meantime is seen and not overwritten. */
  private lock(tx: Transaction, machineIds: readonly string[]): Promise<Before[]> {
    return queryRows<Before>(tx.manager, LOCK, [machineIds]);
  }
}

const LOCK = prepared(`
  SELECT m.id AS "machineId", m.status AS "machineStatus", s.last_error_kind AS "lastErrorKind",
         s.running_job_id AS "runningJobId",
         s.apt_status AS "aptStatus", s.apt_updates_count AS "aptUpdatesCount",
         s.apt_security_updates_count AS "aptSecurityUpdatesCount", s.apt_reboot_required AS "aptRebootRequired",
         s.apt_stale AS "aptStale"
    FROM machines m JOIN machine_state s ON s.machine_id = m.id WHERE m.id = ANY ($1::uuid[])
   ORDER BY m.id FOR NO KEY UPDATE`);

const WRITTEN = [...Object.values(columns), 'needs_rank', 'underlying_needs_rank', 'status'].join(', ');

/** A column that a machine's changes do not name keeps its value. */
const WRITE = prepared(`
  WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb)
      AS g (machine_id uuid, machine_status text, last_seen_at timestamptz, changes jsonb)),
  machine AS (
    UPDATE machines m SET status = COALESCE(g.machine_status, m.status), last_seen_at = GREATEST(m.last_seen_at, g.last_seen_at)
      FROM given g WHERE m.id = g.machine_id AND (g.machine_status IS NOT NULL OR g.last_seen_at IS NOT NULL))
  UPDATE machine_state s SET updated_at = $2, revision = revision + 1,
         (${WRITTEN}) = (SELECT ${WRITTEN} FROM jsonb_populate_record(s, g.changes))
    FROM given g WHERE s.machine_id = g.machine_id`);

/**
 * What the patches, one after the other, make of a machine.
 * @param errors that stand now, oldest first
 * @param others whether they are others than before
 */
function rowOf(
  before: Before,
  patches: readonly MachineStatePatch[],
  errors: readonly MachineError[],
  others: boolean,
) {
  const changes: StoredPatch = {};
  for (const patch of patches) Object.assign(changes, known(patch));
  if (others) Object.assign(changes, newestOf(errors));
  const status = patches.findLast((patch) => patch.status !== undefined)?.status;
  const lastSeenAt = patches.findLast((patch) => patch.lastSeenAt !== undefined)?.lastSeenAt;
  const errorKinds = errors.map(({ kind }) => kind);
  const facts: NeedFacts = { ...before, ...changes, errorKinds, machineStatus: status ?? before.machineStatus };
  const underlying = underlyingNeedOf(facts);
  const named = Object.entries(changes).map(([key, value]) => [columns[key as keyof StoredPatch], value] as const);
  return {
    machine_id: before.machineId,
    machine_status: status ?? null,
    last_seen_at: lastSeenAt ?? null,
    changes: {
      ...Object.fromEntries(named),
      needs_rank: rankOf(needOf(facts)),
      underlying_needs_rank: rankOf(underlying),
      status: stateStatusOf(underlying),
    },
  };
}

function newestOf(errors: readonly MachineError[]): Pick<StoredPatch, ErrorKey> {
  const newest = errors.at(-1);
  const { kind = null, message = null, action = null } = newest ?? {};
  return { lastErrorKind: kind, lastErrorMessage: message, lastErrorAction: action };
}

const ERROR_KEYS: ReadonlySet<string> = new Set<ErrorKey>(['lastErrorKind', 'lastErrorMessage', 'lastErrorAction']);

/** Only known keys that are given; of errors all that stand decide, see {@link newestOf}. */
function known(patch: MachineStatePatch): StoredPatch {
  const given = Object.entries(patch).filter(
    ([key, value]) => key in columns && !ERROR_KEYS.has(key) && value !== undefined,
  );
  return Object.fromEntries(given);
}
