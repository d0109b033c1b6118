import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Actor } from '../../../kernel/auth/actor';
import { Contracts } from '../../../kernel/contracts/contracts';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { WorkQueue, type WorkToken } from '../../../kernel/queue/work-queue';
import { MachineState } from '../../machines/machine-state';
import { ActionRegistry } from '../actions/action-registry';
import { Dispatcher } from '../dispatcher';
import { WindowHolds } from '../gate/window-holds';
import { JOB_RESULT, resultDocument } from '../contracts/job-documents';
import { requester } from '../job-record';
import { LEASE_SECONDS } from './claims';
import { isTriedAgain, workerLostFailure } from './failures';
import { JobHistory } from './job-history';
import { lastErrorAfter } from './last-error';
import { MUCH_LATER_MS } from './reconnect-pauses';
import { tokenIdOf, tokenPriorityOf, turnOf } from '../turns';
import { abandonedStepsDocument } from './step-tracker';
import { endByItself } from './untold-ends';

/** One sweep at a time over all workers. */
const SWEEP_LOCK = 7_388_120_333;
const BATCH = 200;

interface LostRow {
  id: string;
  machine_id: string;
  kind: string;
  attempt: number;
  max_attempts: number;
  steps_json: unknown;
  cancel_requested_at: Date | null;
  requested_by_type: Actor['type'] | null;
  requested_by_id: string | null;
  requested_by_name: string | null;
}

/**
 * Finds what nobody follows any more: jobs whose worker died (a reading one is closed or tried again, a changing one waits
 * for another worker to take it over), locks that were left, queued jobs without a token. It
 * goes by the rows and the database's clock alone, never by what the queue believes.
 */
@Injectable()
export class Sweeper {
  private readonly logger = new Logger(Sweeper.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly queue: WorkQueue,
    private readonly dispatcher: Dispatcher,
    private readonly machineState: MachineState,
    private readonly history: JobHistory,
    private readonly contracts: Contracts,
    private readonly registry: ActionRegistry,
    private readonly windows: WindowHolds,
  ) {}

  async sweep(): Promise<void> {
    const mine = await this.transactions.run(async (tx) => {
      const row = await queryOne<{ mine: boolean }>(tx.manager, 'SELECT pg_try_advisory_xact_lock($1) AS mine', [
        SWEEP_LOCK,
      ]);
      if (row?.mine !== true) return false;
      await affected(tx.manager, SHORTEN, [LEASE_SECONDS]);
      await affected(tx.manager, SHORTEN_PAUSES, [MUCH_LATER_MS]);
      await this.dropLeftLocks(tx);
      await this.dropLostTokens(tx);
      return true;
    });
    if (!mine) return;
    for (const { id, machine_id } of await this.expired()) {
      await endByItself(this.logger, id, (told) => this.close(id, machine_id, told));
    }
    await this.windows.expire();
    await this.handOutIdle();
  }

  /** Hands out what may run on these machines. */
  async dispatch(machineIds: readonly string[]): Promise<void> {
    if (machineIds.length === 0) return;
    await this.transactions.run(async (tx) => {
      await this.dispatcher.lockMachines(tx, machineIds);
      await this.dispatcher.dispatch(tx, machineIds);
    });
  }

  private async expired(): Promise<{ id: string; machine_id: string }[]> {
    return queryRows(this.dataSource, `SELECT j.id, j.machine_id ${EXPIRED} LIMIT $2`, [LEASE_SECONDS, BATCH]);
  }

  private async close(jobId: string, machineId: string, told: boolean): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.dispatcher.lockMachines(tx, [machineId]);
      // Renewed at the last moment: its holder lives.
      const dropped = await affected(tx.manager, DROP_EXPIRED, [machineId, jobId]);
      if (dropped === 0 && (await this.locked(tx, machineId, jobId))) return;
      const job = await queryOne<LostRow>(
        tx.manager,
        `SELECT j.id, j.machine_id, j.kind, j.attempt, j.max_attempts, j.steps_json, j.cancel_requested_at,
           j.requested_by_type, j.requested_by_id, j.requested_by_name ${EXPIRED} AND j.id = $2 FOR UPDATE OF j`,
        [LEASE_SECONDS, jobId],
      );
      if (job === null) return;
      if (this.registry.findChange(job.kind) === undefined) {
        await this.conclude(tx, job, told);
        await this.dispatcher.dispatch(tx, [machineId]);
      } else {
        await this.offer(tx, jobId);
      }
      this.history.announce(tx, { jobId, machineId });
    });
  }

  private async locked(tx: Transaction, machineId: string, jobId: string): Promise<boolean> {
    return (
      (await queryOne(tx.manager, 'SELECT 1 FROM machine_locks WHERE machine_id = $1 AND job_id = $2', [
        machineId,
        jobId,
      ])) !== null
    );
  }

  /** What became of a changing run only its machine can tell: whoever has a place asks it. */
  private async offer(tx: Transaction, jobId: string): Promise<void> {
    await this.queue.put(tx, await queryRows<WorkToken>(tx.manager, OFFER, [jobId]));
  }

  /** A reading job is tried again while attempts are left, else closed. */
  private async conclude(tx: Transaction, job: LostRow, told: boolean): Promise<void> {
    const steps = abandonedStepsDocument(this.contracts, job.steps_json, this.history.now());
    const cancelled = job.cancel_requested_at !== null;
    const failure = cancelled ? null : workerLostFailure;
    if (!cancelled && isTriedAgain(workerLostFailure.kind, job.attempt, job.max_attempts)) {
      await affected(tx.manager, TRY_AGAIN, [job.id, steps, failure?.kind, failure?.message]);
      this.machineState.patch(tx, job.machine_id, { runningJobId: null });
      return;
    }
    const status = cancelled ? 'cancelled' : 'error';
    const result = { errorAction: failure?.action ?? null };
    await affected(tx.manager, CLOSE, [
      job.id,
      steps,
      status,
      failure?.kind ?? null,
      failure?.message ?? null,
      this.contracts.document(JOB_RESULT.name, resultDocument(result)),
    ]);
    this.machineState.patch(tx, job.machine_id, {
      runningJobId: null,
      ...(failure === null ? {} : lastErrorAfter({ action: job.kind, jobId: job.id }, failure)),
    });
    if (!told) return;
    const requestedBy = requester(job.requested_by_type, job.requested_by_id, job.requested_by_name);
    await this.history.publish(
      tx,
      { jobId: job.id, machineId: job.machine_id, kind: job.kind, requestedBy },
      status,
      failure,
      result,
    );
  }

  private async dropLeftLocks(tx: Transaction): Promise<void> {
    await affected(tx.manager, DROP_LEFT_LOCKS, []);
  }

  /** A token that was lost from the queue is made again from the job's row: in this sweep or the next. */
  private async dropLostTokens(tx: Transaction): Promise<void> {
    const handedOut = await queryRows<{ id: string; boss_job_id: string }>(
      tx.manager,
      `SELECT id, boss_job_id FROM jobs
       WHERE ((status = 'queued' AND phase = 'dispatched') OR (status = 'running' AND phase = 'reconciling'))
         AND boss_job_id IS NOT NULL`,
    );
    const waiting = await this.queue.waiting(
      tx.manager,
      handedOut.map((job) => job.boss_job_id),
    );
    const lost = handedOut.filter((job) => !waiting.has(job.boss_job_id));
    if (lost.length === 0) return;
    await affected(tx.manager, TAKE_BACK, [lost.map(({ id }) => id), lost.map((job) => job.boss_job_id)]);
  }

  /**
   * Everything that may begin: thousands of jobs do at the moment at which their window opens. In steps, so that nobody waits for the rows of
   * all their machines; each looks again at what may begin still.
   */
  private async handOutIdle(): Promise<void> {
    const machineIds = await this.idleMachines();
    for (let at = 0; at < machineIds.length; at += BATCH) await this.dispatch(machineIds.slice(at, at + BATCH));
  }

  /** Those whose turn is first come first. */
  private async idleMachines(): Promise<string[]> {
    const rows = await queryRows<{ machine_id: string }>(this.dataSource, IDLE);
    return rows.map(({ machine_id }) => machine_id);
  }
}

/**
 * After a restart of the database every lease looks expired, although its holder lives and is about to renew it: the
 * server must have been up for as long as a lease before one counts as given up. A start that lies ahead was dated by a clock that has
 * been put back since, and says nothing.
 */
const EXPIRED = `
  FROM jobs j LEFT JOIN machine_locks l ON l.machine_id = j.machine_id AND l.job_id = j.id AND l.fence = j.fence
  WHERE j.status = 'running' AND (l.machine_id IS NULL OR l.expires_at < database_now())
    AND (pg_postmaster_start_time() < database_now() - make_interval(secs => $1) OR pg_postmaster_start_time() > database_now())
    AND NOT (j.phase = 'reconciling'
      AND (j.boss_job_id IS NOT NULL OR COALESCE(j.available_at > database_now(), false)))`;

const DROP_EXPIRED = `
  DELETE FROM machine_locks WHERE machine_id = $1 AND job_id = $2 AND expires_at < database_now()`;

/** Without its fence, a worker that comes back finds nothing that it could write to. */
const TRY_AGAIN = `
  UPDATE jobs SET status = 'queued', fence = NULL, phase = 'waiting', step = NULL, steps_json = COALESCE($2::jsonb, steps_json), worker_id = NULL, available_at = NULL,
    error_kind = $3, error_message = $4
  WHERE id = $1 AND status = 'running'`;

/** A change that is handed on is looked at every minute; after this nobody has followed it. */
const UNFOLLOWED = '3 minutes';

const OFFER = `
  UPDATE jobs SET phase = 'reconciling', taken_over = taken_over OR COALESCE(heartbeat_at, started_at) < database_now() - interval '${UNFOLLOWED}', fence = NULL, worker_id = NULL, available_at = NULL, boss_job_id = ${tokenIdOf('jobs')}
  WHERE id = $1 AND status = 'running'
  RETURNING boss_job_id AS id, id AS "jobId", ${tokenPriorityOf('jobs')} AS priority, (SELECT m.network_id FROM machines m WHERE m.id = machine_id) AS network`;

const CLOSE = `
  UPDATE jobs SET status = $3, fence = NULL, phase = NULL, step = NULL, steps_json = COALESCE($2::jsonb, steps_json), error_kind = $4, error_message = $5,
    result_json = $6::jsonb, finished_at = database_now(), died_at = CASE WHEN $3 = 'error' THEN database_now() END
  WHERE id = $1 AND status = 'running'`;

/**
 * A lease that ends later than one taken now was made by a clock that has been put back since: whoever holds it renews it
 * in time, and nobody waits for a dead one until that clock catches up.
 */
const SHORTEN = `
  UPDATE machine_locks SET expires_at = database_now() + make_interval(secs => $1)
  WHERE expires_at > database_now() + make_interval(secs => 2 * $1)`;

/** The same of pauses: none is longer than that. What waits for a window does not pause. */
const SHORTEN_PAUSES = `
  UPDATE jobs SET available_at = database_now() + $1::int * interval '1 millisecond'
  WHERE ((status = 'queued' AND phase = 'waiting' AND window_name IS NULL) OR (status = 'running' AND phase = 'reconciling'))
    AND available_at > database_now() + $1::int * interval '1 millisecond'`;

const DROP_LEFT_LOCKS = `
  DELETE FROM machine_locks l
  WHERE l.expires_at < database_now()
    AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = l.job_id AND j.status = 'running' AND j.fence = l.fence)`;

const TAKE_BACK = `
  UPDATE jobs j SET phase = CASE WHEN j.status = 'queued' THEN 'waiting' ELSE j.phase END, boss_job_id = NULL
  FROM unnest($1::uuid[], $2::uuid[]) AS t (job_id, token_id)
  WHERE j.id = t.job_id AND j.boss_job_id = t.token_id
    AND ((j.status = 'queued' AND j.phase = 'dispatched') OR (j.status = 'running' AND j.phase = 'reconciling'))`;

const IDLE = `
  SELECT q.machine_id FROM jobs q
  WHERE q.status = 'queued' AND q.phase = 'waiting' AND (q.available_at IS NULL OR q.available_at <= database_now())
    AND (q.start_before IS NULL OR q.start_before > database_now())
    AND NOT EXISTS (SELECT 1 FROM machine_locks l WHERE l.machine_id = q.machine_id AND l.expires_at > database_now())
    AND NOT EXISTS (
      SELECT 1 FROM jobs b
      WHERE b.machine_id = q.machine_id AND (b.status = 'running' OR (b.status = 'queued' AND b.phase = 'dispatched')))
  GROUP BY q.machine_id ORDER BY min(${turnOf('q')}), q.machine_id`;
