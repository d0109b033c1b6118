import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Actor } from '../../../kernel/auth/actor';
import { Contracts } from '../../../kernel/contracts/contracts';
import { prepared } from '../../../kernel/database/prepared';
import { affected, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import { WorkQueue, type TakenToken } from '../../../kernel/queue/work-queue';
import { MachineState } from '../../machines/machine-state';
import { ActionRegistry } from '../actions/action-registry';
import { JOB_STEPS, stepsDocument, stepsOf, type JobStepsDocument } from '../contracts/job-documents';
import { Executions } from '../../history/executions';
import { ApartRuns } from '../gate/apart-runs';
import { WindowHolds } from '../gate/window-holds';
import type { JobStep } from '../job-record';
import { PAID_FROM, StartRooms, type ClaimLimits } from './start-room';
import { freshSteps } from './step-tracker';
import { requester } from '../job-record';

/** A token whose machine this transaction holds; of a job that is gone there is no kind. */
type HeldToken = TakenToken & { readonly kind: string | null };

/** How long a machine's lock stands without a sign of its holder, in seconds of the database's clock. */
export const LEASE_SECONDS = 20;
/** So soon jobs are looked at again whose machine somebody held, in milliseconds. */
const HELD_MS = 250;

/** A job in the hands of this worker. The fence proves it: whoever has another number has lost it. */
export interface Claim {
  readonly jobId: string;
  readonly machineId: string;
  readonly kind: string;
  /** A bigint, kept as text. */
  readonly fence: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly timeoutSeconds: number;
  /** Null: they are stored in a form that this program cannot read. */
  readonly parameters: Record<string, unknown> | null;
  readonly requestedBy: Actor;
  readonly lastSeq: number;
  readonly cancelRequested: boolean;
  /** Somebody wants the run on the machine ended by force. */
  readonly forceRequested: boolean;
  readonly requestId: string | null;
  /** Of a changing run that another worker had, or may have had: null when this is its first. */
  readonly adopted: Adopted | null;
}

/** Where the worker before stood. */
export interface Adopted {
  /** The machine had told of the run: it was begun there. */
  readonly begun: boolean;
  /** So many bytes of its log are stored. */
  readonly logOffset: number;
  readonly steps: readonly JobStep[];
  /** Since the machine was last heard of, by the database's clock, in milliseconds; 0 when it never was. */
  readonly silentMs: number;
}

interface ClaimRow {
  id: string;
  machine_id: string;
  network_id: string | null;
  kind: string;
  fence: string;
  attempt: number;
  max_attempts: number;
  timeout_seconds: number | null;
  payload_json: unknown;
  requested_by_type: Actor['type'] | null;
  requested_by_id: string | null;
  requested_by_name: string | null;
  last_seq: string;
  cancel_requested_at: Date | null;
  force_requested_at: Date | null;
  request_id: string | null;
  adopted: boolean;
  contact_at: Date | null;
  silent_ms: number;
  log_offset: string;
  steps_json: unknown;
}

/** Ids of jobs, by what a worker has to do about them. */
export interface Renewed {
  readonly lost: string[];
  readonly cancelled: string[];
  readonly forced: string[];
}

/** Takes jobs out of the queue, with the locks of their machines, and keeps the locks alive. */
@Injectable()
export class Claims {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly queue: WorkQueue,
    private readonly registry: ActionRegistry,
    private readonly machineState: MachineState,
    private readonly bus: LiveBus,
    private readonly contracts: Contracts,
    private readonly executions: Executions,
    private readonly windows: WindowHolds,
    private readonly apart: ApartRuns,
    private readonly rooms: StartRooms,
  ) {}

  /**
   * Takes as many jobs as may run now. Token, job and lock change hands in one transaction or not at all. Jobs of machines that
   * somebody else holds at this moment wait, and nobody waits for them: who decides about hundreds of machines holds them for seconds.
   */
  async take(workerId: string, limits: ClaimLimits): Promise<Claim[]> {
    return this.transactions.run(async (tx) => {
      const room = await this.rooms.look(tx, limits);
      const claims: Claim[] = [];
      const left: TakenToken[] = [];
      while (room.free > 0) {
        const wanted = room.free;
        const tokens = await this.queue.take(tx, wanted, room.places);
        if (tokens.length === 0) break;
        const held = await this.hold(tx, tokens);
        const heldIds = new Set(held.map(({ id }) => id));
        left.push(...tokens.filter(({ id }) => !heldIds.has(id)));
        const rows = held.length === 0 ? [] : await this.claim(tx, workerId, held, limits.startRate);
        for (const row of rows) room.take(row.network_id);
        claims.push(...rows.map((row) => this.toClaim(row)));
        // Without limits of networks, fewer tokens than were wanted are all that there are.
        if (!room.limitsNetworks && tokens.length < wanted) break;
      }
      await this.queue.leave(tx, left);
      const { cutForMs } = room;
      const againMs = left.length === 0 ? cutForMs : Math.min(HELD_MS, cutForMs ?? HELD_MS);
      if (againMs !== null) limits.onCut?.(againMs);
      return claims;
    });
  }

  /** Holds the machines of these tokens, but for those that somebody else holds. @returns what need not wait, and why it is there */
  private async hold(tx: Transaction, tokens: readonly TakenToken[]): Promise<HeldToken[]> {
    const rows = await queryRows<{ id: string; kind: string; held: boolean }>(tx.manager, HOLD_MACHINES, [
      tokens.map(({ jobId }) => jobId),
    ]);
    const byJob = new Map(rows.map((row) => [row.id, row]));
    return tokens.flatMap((token) => {
      const row = byJob.get(token.jobId);
      // A token whose job is gone is used up by the claim.
      return row?.held === false ? [] : [{ ...token, kind: row?.kind ?? null }];
    });
  }

  /** Makes the jobs of these tokens this worker's, those that may begin still. Their machines are held. */
  private async claim(
    tx: Transaction,
    workerId: string,
    tokens: readonly HeldToken[],
    startRate: number | undefined,
  ): Promise<ClaimRow[]> {
    const ids = tokens.map(({ jobId }) => jobId);
    const tokenIds = tokens.map(({ id }) => id);
    await this.windows.holdBack(tx, ids);
    await this.apart.holdBack(tx, tokens);
    const actions = this.registry.declarations();
    const rows = await queryRows<ClaimRow>(tx.manager, CLAIM, [
      ids,
      tokenIds,
      workerId,
      LEASE_SECONDS,
      actions.map(({ name }) => name),
      actions.map(({ lockKind }) => lockKind),
      actions.map(({ steps }) => this.contracts.document(JOB_STEPS.name, stepsDocument(freshSteps(steps)))),
      startRate === undefined ? 0 : 1 / startRate,
    ]);
    // What another holder still has goes back to wait; the release of the machine hands it out again.
    if (rows.length < tokens.length) await affected(tx.manager, GIVE_BACK, [ids, tokenIds]);
    for (const row of rows) await this.begin(tx, row);
    return rows;
  }

  /**
   * Renews the locks of these claims, and tells which are lost, and which somebody asked to cancel or to end by force. A lock whose lease
   * ran out is still ours until another takes it: the fence has not changed.
   */
  async renew(workerId: string, claims: readonly Claim[]): Promise<Renewed> {
    if (claims.length === 0) return { lost: [], cancelled: [], forced: [] };
    const ids = claims.map(({ jobId }) => jobId);
    const rows = await queryRows<Pick<ClaimRow, 'id' | 'cancel_requested_at' | 'force_requested_at'>>(
      this.dataSource,
      RENEW,
      [ids, claims.map(({ fence }) => fence), workerId, LEASE_SECONDS],
    );
    const kept = new Set(rows.map(({ id }) => id));
    return {
      lost: ids.filter((id) => !kept.has(id)),
      cancelled: rows.filter(({ cancel_requested_at }) => cancel_requested_at !== null).map(({ id }) => id),
      forced: rows.filter(({ force_requested_at }) => force_requested_at !== null).map(({ id }) => id),
    };
  }

  private async begin(tx: Transaction, row: ClaimRow): Promise<void> {
    if (this.registry.findChange(row.kind) !== undefined) await this.beginChange(tx, row);
    this.machineState.patch(tx, row.machine_id, { runningJobId: row.id });
    this.bus.changed(tx, { jobIds: [row.id], machineIds: [row.machine_id] });
  }

  private async beginChange(tx: Transaction, row: ClaimRow): Promise<void> {
    await this.executions.begin(tx, {
      id: row.id,
      jobId: row.id,
      machineId: row.machine_id,
      action: row.kind,
      requestId: row.request_id,
      requestedBy: requester(row.requested_by_type, row.requested_by_id, row.requested_by_name),
    });
  }

  private toClaim(row: ClaimRow): Claim {
    return {
      jobId: row.id,
      machineId: row.machine_id,
      kind: row.kind,
      fence: row.fence,
      attempt: row.attempt,
      maxAttempts: row.max_attempts,
      timeoutSeconds: row.timeout_seconds ?? 600,
      parameters: this.registry.storedParameters(row.kind, row.payload_json),
      requestedBy: requester(row.requested_by_type, row.requested_by_id, row.requested_by_name),
      lastSeq: Number(row.last_seq),
      cancelRequested: row.cancel_requested_at !== null,
      forceRequested: row.force_requested_at !== null,
      requestId: row.request_id,
      adopted: row.adopted ? this.toAdopted(row) : null,
    };
  }

  private toAdopted({ contact_at, silent_ms, log_offset, steps_json }: ClaimRow): Adopted {
    const stored = this.contracts.read<JobStepsDocument>(JOB_STEPS.name, steps_json);
    const steps = stored.readable ? stepsOf(stored.document) : [];
    return { begun: contact_at !== null, logOffset: Number(log_offset), steps, silentMs: silent_ms };
  }
}

/** Machines before jobs, as everybody does who hands jobs out. */
const HOLD_MACHINES = prepared(`
  WITH held AS (
    SELECT id FROM machines WHERE id IN (SELECT machine_id FROM jobs WHERE id = ANY($1::uuid[])) ORDER BY id
    FOR NO KEY UPDATE SKIP LOCKED)
  SELECT j.id, j.kind, held.id IS NOT NULL AS held FROM jobs j LEFT JOIN held ON held.id = j.machine_id WHERE j.id = ANY($1::uuid[])`);

/**
 * A token of a job that was taken, ended or handed out anew in the meantime matches no row: one effect per job. A changing
 * run is taken over as it stands.
 */
const CLAIM = prepared(`
  WITH token AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS t (job_id, token_id)),
  candidate AS (
    SELECT j.id, j.machine_id, m.network_id, array_position($5::text[], j.kind) AS action, j.status = 'running' AS adopted
    FROM jobs j JOIN machines m ON m.id = j.machine_id JOIN token t ON t.job_id = j.id AND t.token_id = j.boss_job_id
    WHERE (j.status = 'queued' AND j.phase = 'dispatched' AND (j.start_before IS NULL OR j.start_before > database_now()))
      OR (j.status = 'running' AND j.phase = 'reconciling')
    FOR UPDATE OF j),
  lock AS (
    INSERT INTO machine_locks AS held (machine_id, job_id, lock_kind, holder, fence, created_at, renewed_at, expires_at)
    SELECT machine_id, id, COALESCE(($6::text[])[action], 'exclusive'), $3, nextval('machine_lock_fence'), database_now(), database_now(),
      database_now() + make_interval(secs => $4)
    FROM candidate
    ON CONFLICT (machine_id) DO UPDATE SET job_id = EXCLUDED.job_id, lock_kind = EXCLUDED.lock_kind, holder = EXCLUDED.holder,
      fence = EXCLUDED.fence, created_at = EXCLUDED.created_at, renewed_at = EXCLUDED.renewed_at, expires_at = EXCLUDED.expires_at
      WHERE held.expires_at < database_now()
    RETURNING job_id, fence),
  paid AS (
    UPDATE work_pace SET paid_until =
      ${PAID_FROM} + make_interval(secs => $8::float8 * (SELECT count(*) FROM lock))
    WHERE $8::float8 > 0 AND EXISTS (SELECT 1 FROM lock))
  UPDATE jobs j SET status = 'running', phase = CASE WHEN adopted THEN 'reconciling' ELSE 'starting' END,
    step = CASE WHEN adopted THEN j.step END, fence = lock.fence, worker_id = $3, boss_job_id = NULL,
    attempt = j.attempt + CASE WHEN adopted THEN 0 ELSE 1 END, started_at = CASE WHEN adopted THEN j.started_at ELSE database_now() END, heartbeat_at = database_now(),
    steps_json = CASE WHEN adopted THEN j.steps_json ELSE ($7::jsonb[])[candidate.action] END, available_at = NULL, error_kind = NULL, error_message = NULL
  FROM lock JOIN candidate ON candidate.id = lock.job_id WHERE j.id = lock.job_id
  RETURNING j.id, j.machine_id, candidate.network_id, j.kind, j.fence, j.attempt, j.max_attempts, j.timeout_seconds, j.payload_json,
    j.requested_by_type, j.requested_by_id, j.requested_by_name, j.last_seq, j.cancel_requested_at, j.force_requested_at,
    j.request_id, candidate.adopted, j.contact_at, j.log_offset, j.steps_json,
    COALESCE(extract(epoch FROM database_now() - j.contact_at) * 1000, 0)::float8 AS silent_ms`);

const GIVE_BACK = prepared(`
  UPDATE jobs j SET phase = CASE WHEN j.status = 'queued' THEN 'waiting' ELSE j.phase END, boss_job_id = NULL
  FROM unnest($1::uuid[], $2::uuid[]) AS t (job_id, token_id)
  WHERE j.id = t.job_id AND j.boss_job_id = t.token_id
    AND ((j.status = 'queued' AND j.phase = 'dispatched') OR (j.status = 'running' AND j.phase = 'reconciling'))`);

const RENEW = prepared(`
  WITH mine AS (SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS c (job_id, fence)),
  lock AS (
    UPDATE machine_locks l SET renewed_at = database_now(), expires_at = database_now() + make_interval(secs => $4)
    FROM mine WHERE l.job_id = mine.job_id AND l.fence = mine.fence AND l.holder = $3
    RETURNING l.job_id, l.fence)
  UPDATE jobs j SET heartbeat_at = database_now()
  FROM lock WHERE j.id = lock.job_id AND j.fence = lock.fence AND j.status = 'running'
  RETURNING j.id, j.cancel_requested_at, j.force_requested_at`);
