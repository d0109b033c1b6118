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
import { needOf, rankOf, stateStatusOf, underlyingNeedOf, type NeedFacts } from './needs';

type DerivedKey = 'machineId' | 'status' | 'needsRank' | 'underlyingNeedsRank' | 'revision' | 'updatedAt';
type StoredPatch = Partial<Omit<MachineStateEntity, DerivedKey>>;

/** What changes; an absent key keeps what is stored. Null counts mean "not measured". */
export interface MachineStatePatch extends StoredPatch {
  /** Of the machine itself; written to `machines` along with the state. */
  readonly status?: MachineStatus;
  /** The last time that a connection was made; written to `machines`. */
  readonly lastSeenAt?: Date;
  /** This action went well: its own last error is settled, and those of connecting; another action's stays. */
  readonly settles?: string;
  /** What this look or repair shows to be over. */
  readonly settlesErrors?: readonly SettledErrors[];
}

/** Last errors that are over: those that these actions ended with, of these classes where they are named. */
export interface SettledErrors {
  readonly actions: readonly string[];
  readonly only?: readonly string[];
  readonly except?: readonly string[];
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

interface Before extends NeedFacts {
  readonly machineId: string;
  readonly lastErrorAction: string | null;
}

const MESSAGE_MAX = 2000;

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
    const rows = [...pending].map(([machineId, patches]) => {
      const facts = before.get(machineId);
      if (facts === undefined) throw notFound('machine');
      return rowOf(facts, patches);
    });
    await affected(tx.manager, WRITE, [JSON.stringify(rows), this.clock.now()]);
    this.live.changed(tx, { machineIds });
  }

  /** Both rows, so that a status written by somebody else in the meantime is seen and not overwritten. */
  private lock(tx: Transaction, machineIds: readonly string[]): Promise<Before[]> {
    return queryRows<Before>(tx.manager, LOCK, [machineIds]);
  }
}

const LOCK = prepared(`
  SELECT m.id AS "machineId", m.status AS "machineStatus", s.last_error_kind AS "lastErrorKind",
         s.last_error_action AS "lastErrorAction", s.running_job_id AS "runningJobId",
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

/** What the patches, one after the other, make of a machine. */
function rowOf(before: Before, patches: readonly MachineStatePatch[]) {
  let changes: StoredPatch = {};
  for (const patch of patches) {
    changes = { ...changes, ...cleaned({ ...settled({ ...before, ...changes }, patch), ...patch }) };
  }
  const status = patches.findLast((patch) => patch.status !== undefined)?.status;
  const lastSeenAt = patches.findLast((patch) => patch.lastSeenAt !== undefined)?.lastSeenAt;
  const facts: NeedFacts = { ...before, ...changes, machineStatus: status ?? before.machineStatus };
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

type LastError = Pick<Before, 'lastErrorKind' | 'lastErrorAction'>;

function settled(last: LastError, { settles, settlesErrors = [] }: MachineStatePatch): StoredPatch {
  const own = settles !== undefined && (last.lastErrorAction === null || last.lastErrorAction === settles);
  const over = own || settlesErrors.some((errors) => isAmong(last, errors));
  return over ? { lastErrorKind: null, lastErrorMessage: null } : {};
}

function isAmong({ lastErrorKind: kind, lastErrorAction: action }: LastError, errors: SettledErrors): boolean {
  if (kind === null || action === null || !errors.actions.includes(action)) return false;
  return (errors.only?.includes(kind) ?? true) && errors.except?.includes(kind) !== true;
}

/** Only known keys that are given; texts of machines are cut, and a kind is a kind. */
function cleaned(patch: StoredPatch): StoredPatch {
  const given = Object.entries(patch).filter(
    ([key]) => key in columns && patch[key as keyof StoredPatch] !== undefined,
  );
  const changes = Object.fromEntries(given) as StoredPatch;
  const { lastErrorKind, lastErrorMessage } = changes;
  // An error that no action is named for, and none at all, is no action's.
  if (lastErrorKind !== undefined) changes.lastErrorAction ??= null;
  if (lastErrorKind && !/^[a-z][a-z0-9_]*$/.test(lastErrorKind)) changes.lastErrorKind = 'unexpected';
  if (lastErrorMessage) changes.lastErrorMessage = lastErrorMessage.slice(0, MESSAGE_MAX);
  return changes;
}
