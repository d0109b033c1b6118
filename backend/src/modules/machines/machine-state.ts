import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock';
import { maskSecrets } from '../../kernel/contracts/secret-values';
import { affected, queryOne } from '../../kernel/database/rows';
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
  readonly lastErrorAction: string | null;
}

const MESSAGE_MAX = 2000;

/**
 * The only writer of `machine_state`. Each write computes the need anew, raises the revision and, after the commit,
 * tells the live topic.
 */
@Injectable()
export class MachineState {
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

  /** @throws DomainError `not_found` when there is no such machine */
  async patch(tx: Transaction, machineId: string, patch: MachineStatePatch): Promise<void> {
    const before = await this.lock(tx, machineId);
    const { status, lastSeenAt, settles, ...stored } = maskSecrets(patch);
    const changes = cleaned({ ...settled(before, settles), ...stored });
    const facts: NeedFacts = { ...before, ...changes, machineStatus: status ?? before.machineStatus };
    await this.write(tx, machineId, changes, facts);
    if (status !== undefined || lastSeenAt !== undefined) {
      await affected(
        tx.manager,
        'UPDATE machines SET status = COALESCE($2, status), last_seen_at = GREATEST(last_seen_at, $3) WHERE id = $1',
        [machineId, status ?? null, lastSeenAt ?? null],
      );
    }
    this.live.changed(tx, { machineIds: [machineId] });
  }

  /** Both rows, so that a status written by somebody else in the meantime is seen and not overwritten. */
  private async lock(tx: Transaction, machineId: string): Promise<Before> {
    const row = await queryOne<Before>(
      tx.manager,
      `SELECT m.status AS "machineStatus", s.last_error_kind AS "lastErrorKind", s.last_error_action AS "lastErrorAction",
              s.running_job_id AS "runningJobId",
              s.apt_status AS "aptStatus", s.apt_updates_count AS "aptUpdatesCount",
              s.apt_security_updates_count AS "aptSecurityUpdatesCount", s.apt_reboot_required AS "aptRebootRequired",
              s.apt_stale AS "aptStale"
         FROM machines m JOIN machine_state s ON s.machine_id = m.id WHERE m.id = $1 FOR NO KEY UPDATE`,
      [machineId],
    );
    if (row === null) throw notFound('machine');
    return row;
  }

  private async write(tx: Transaction, machineId: string, changes: StoredPatch, facts: NeedFacts): Promise<void> {
    const underlying = underlyingNeedOf(facts);
    const values: unknown[] = [
      machineId,
      rankOf(needOf(facts)),
      rankOf(underlying),
      stateStatusOf(underlying),
      this.clock.now(),
    ];
    const assignments = Object.entries(changes).map(([key, value]) => {
      values.push(value);
      return `, ${columns[key as keyof StoredPatch]} = $${String(values.length)}`;
    });
    await affected(
      tx.manager,
      `UPDATE machine_state SET needs_rank = $2, underlying_needs_rank = $3, status = $4, updated_at = $5,
              revision = revision + 1${assignments.join('')} WHERE machine_id = $1`,
      values,
    );
  }
}

function settled({ lastErrorAction }: Before, action: string | undefined): StoredPatch {
  if (action === undefined || (lastErrorAction !== null && lastErrorAction !== action)) return {};
  return { lastErrorKind: null, lastErrorMessage: null };
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
