import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../kernel/audit/audit-log';
import { originOf } from '../../kernel/audit/request-origin';
import { systemActor, type Actor } from '../../kernel/auth/actor';
import { Contracts } from '../../kernel/contracts/contracts';
import { beginEpoch } from '../../kernel/database/installation';
import { affected, queryRows } from '../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { StartRefusedError } from '../../kernel/errors/start-refused';
import { ActionRegistry } from './actions/action-registry';
import { JOB_RESULT, resultDocument } from './contracts/job-documents';
import { Dispatcher } from './dispatcher';
import { requester } from './job-record';
import { say } from './jobs.sentences';
import { JobHistory } from './worker/job-history';

export interface Restored {
  readonly epoch: number;
  /** Confirmed changes that had not begun when the backup was made, and do not begin any more. */
  readonly ended: number;
  /** Changes that had begun by then, or may have: their machines are asked. */
  readonly lookedFor: number;
}

interface UnendedRow {
  readonly id: string;
  readonly machine_id: string;
  readonly kind: string;
  readonly status: 'queued' | 'running';
  readonly requested_by_type: Actor['type'] | null;
  readonly requested_by_id: string | null;
  readonly requested_by_name: string | null;
}

/**
 * The database is a backup that was restored: it knows nothing of what its installation has done since.
 *
 * Its fences are older than those that machines have seen, so they refuse it, until it begins an epoch that ranks above. From
 * then on nothing but this keeps it from doing again what was done after the backup: changes that it still has as waiting do not
 * begin, and those that it has as running are only looked for.
 */
@Injectable()
export class RestoredWork {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly dispatcher: Dispatcher,
    private readonly registry: ActionRegistry,
    private readonly history: JobHistory,
    private readonly contracts: Contracts,
    private readonly audit: AuditLog,
  ) {}

  /**
   * May be called again: it begins one more epoch.
   * @throws StartRefusedError while a worker is at a job: it might begin a change that it has in hand already
   */
  async begin(): Promise<Restored> {
    return this.transactions.run(async (tx) => {
      const machines = await queryRows<{ machine_id: string }>(tx.manager, BUSY_MACHINES);
      await this.dispatcher.lockMachines(
        tx,
        machines.map(({ machine_id }) => machine_id),
      );
      await refuseWhileWorking(tx);
      const { previous, epoch } = await beginEpoch(tx.manager, this.history.now());
      const unended = await queryRows<UnendedRow>(tx.manager, UNENDED);
      const changes = unended.filter(({ kind }) => this.registry.findChange(kind) !== undefined);
      const waiting = changes.filter(({ status }) => status === 'queued');
      const begun = changes.filter(({ status }) => status === 'running');
      await this.end(tx, waiting);
      await affected(tx.manager, MAY_HAVE_BEGUN, [begun.map(({ id }) => id)]);
      const restored = { epoch, ended: waiting.length, lookedFor: begun.length };
      await this.audit.record(tx.manager, {
        ...originOf(systemActor),
        action: 'installation.restored',
        objectType: 'installation',
        outcome: 'ok',
        details: { previousEpoch: previous, ...restored },
      });
      return restored;
    });
  }

  /** Their confirmed requests end by the event of each, see RequestExpiry. */
  private async end(tx: Transaction, waiting: readonly UnendedRow[]): Promise<void> {
    const failure = {
      kind: 'database_restored',
      message: say.job_database_restored(),
      action: say.job_database_restored_action(),
    };
    const result = this.contracts.document(JOB_RESULT.name, resultDocument({ errorAction: failure.action }));
    await affected(tx.manager, END, [waiting.map(({ id }) => id), failure.kind, failure.message, result]);
    for (const { id: jobId, machine_id: machineId, kind, ...by } of waiting) {
      const requestedBy = requester(by.requested_by_type, by.requested_by_id, by.requested_by_name);
      await this.history.publish(tx, { jobId, machineId, kind, requestedBy }, 'cancelled', failure, {});
      this.history.announce(tx, { jobId, machineId });
    }
  }
}

/** The machines are held: nobody begins meanwhile. */
async function refuseWhileWorking(tx: Transaction): Promise<void> {
  const held = await queryRows<{ job_id: string }>(tx.manager, HELD);
  if (held.length === 0) return;
  throw new StartRefusedError(
    `Workers are at ${String(held.length)} jobs of this database. Stop all API and worker processes, wait half a minute, and call this again; nothing was changed.`,
  );
}

const BUSY_MACHINES = `SELECT DISTINCT machine_id FROM jobs WHERE status IN ('queued', 'running')`;

const HELD = 'SELECT job_id FROM machine_locks WHERE expires_at > database_now()';

const UNENDED = `
  SELECT id, machine_id, kind, status, requested_by_type, requested_by_id, requested_by_name FROM jobs
  WHERE status IN ('queued', 'running') ORDER BY id FOR UPDATE`;

const END = `
  UPDATE jobs SET status = 'cancelled', phase = NULL, boss_job_id = NULL, finished_at = database_now(), error_kind = $2,
    error_message = $3, result_json = $4
  WHERE id = ANY($1::uuid[])`;

/** What the machine has told of is never started, only looked for; so is now what it had not told of when the backup was made. */
const MAY_HAVE_BEGUN = `
  UPDATE jobs SET contact_at = COALESCE(contact_at, heartbeat_at, started_at, created_at) WHERE id = ANY($1::uuid[])`;
