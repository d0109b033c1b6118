import { Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { LiveBus } from '../../../kernel/live/live-bus';
import { EarlierWindows } from '../../windows/earlier-windows';
import { WINDOWS_CHANGED } from '../../windows/entities/windows.values';
import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import { ActionRegistry } from '../actions/action-registry';
import type { RunFailure } from '../actions/job-action';
import { Dispatcher } from '../dispatcher';
import { JOB_RESULT, resultDocument } from '../contracts/job-documents';
import { Contracts } from '../../../kernel/contracts/contracts';
import { requester } from '../job-record';
import { databaseIsAway } from '../worker/failures';
import { JobHistory } from '../worker/job-history';
import { endByItself } from '../worker/untold-ends';
import { StartGate, termsOf, type GateStanding } from './start-gate';
import { overdueFailure, unreadableFailure, type UnbegunFailure } from './unbegun-failures';

const BATCH = 200;
/**
 * A run that was claimed at the last moment connects and checks before its first change, which takes seconds, of a slow machine
 * many: that it began in time must not be lost by them. How long each run takes until its first change is not known.
 */
const FIRST_SECONDS = 60;

interface HeldRow {
  id: string;
  machine_id: string;
  kind: string;
  window_seconds: number | null;
}

/** Whether a change that a worker has in hand may be begun. */
export interface Beginning {
  /** Why not at this moment; null: it may. */
  readonly refusal: RunFailure | null;
  /** So long it could still end inside its window if it began, in seconds; null: it is bound by none. */
  readonly withinSeconds: number | null;
}

interface ExpiredRow extends HeldRow {
  window_name: string | null;
  waited_minutes: number;
  requested_by_type: Actor['type'] | null;
  requested_by_id: string | null;
  requested_by_name: string | null;
}

/** A change that a worker has in hand. */
interface TakenRow extends HeldRow {
  window_name: string | null;
  waited_minutes: number;
  overridden: boolean;
  /** The time in which it could have begun has passed. */
  over: boolean;
}

/** Changes that wait for their maintenance window: held until it opens. Ends those that could not begin in time, window or not. */
@Injectable()
export class WindowHolds {
  private readonly logger = new Logger(WindowHolds.name);
  private readonly earlier = new EarlierWindows();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly registry: ActionRegistry,
    private readonly dispatcher: Dispatcher,
    private readonly gate: StartGate,
    private readonly history: JobHistory,
    private readonly contracts: Contracts,
    private readonly bus: LiveBus,
  ) {}

  /**
   * Holds those of these jobs back that may not begin at this moment, as the windows are now. The machines' queues must be
   * held.
   */
  async holdBack(tx: Transaction, jobIds: readonly string[]): Promise<void> {
    const jobs = await queryRows<HeldRow>(tx.manager, `${HANDED_OUT} AND id = ANY($2::uuid[])`, [
      this.changes(),
      jobIds,
    ]);
    await this.decide(tx, jobs, false);
  }

  /**
   * Asked right before the start is sent, however long ago the job was taken: of one that has begun nobody asks.
   */
  async beginning(jobId: string): Promise<Beginning> {
    return this.transactions.run(async (tx) => {
      const job = await queryOne<TakenRow>(tx.manager, TAKEN, [jobId]);
      if (job === null) return { refusal: null, withinSeconds: null };
      const found = job.overridden ? null : await this.standing(tx, job);
      const window = found === null ? null : closedWindow(found, job.window_name);
      if (window === null && !job.over) return { refusal: null, withinSeconds: secondsToBegin(found) };
      const action = quoted(this.registry.title(job.kind));
      const overdue = { ...job, window_name: window ?? job.window_name };
      const refusal = unreadableFailure(found?.standing, action) ?? overdueFailure(action, overdue);
      return { refusal, withinSeconds: null };
    });
  }

  /** Of a change whose window closed on the machine before it had changed anything there. */
  async closedMeanwhile(jobId: string): Promise<RunFailure> {
    return this.transactions.run(async (tx) => {
      const job = await queryOne<TakenRow>(tx.manager, TAKEN, [jobId]);
      if (job === null) throw new Error(`There is no job ${jobId}.`);
      const name = job.window_name ?? (await this.standing(tx, job))?.windows[0]?.name ?? '';
      return overdueFailure(quoted(this.registry.title(job.kind)), { ...job, window_name: name });
    });
  }

  /**
   * Windows are others now, or a machine's tags are: what waits may begin earlier, later or not at all. What was handed out and may begin
   * still keeps its place in the queue, and may do so for as long as it may now; so may what a worker has in hand and has not begun.
   */
  @OnDomainEvent(WINDOWS_CHANGED, 'machine_edited')
  async lookAgain({ machineId }: Pick<DomainEvent, 'machineId'>, tx: Transaction): Promise<void> {
    const find = `${UNBEGUN} AND ($2::uuid IS NULL OR machine_id = $2) ORDER BY id`;
    const found = await queryRows<HeldRow>(tx.manager, find, [this.changes(), machineId]);
    const inHand = await queryRows<HeldRow>(tx.manager, IN_HAND, [this.changes(), machineId]);
    if (found.length + inHand.length === 0) return;
    const machineIds = [...new Set([...found, ...inHand].map((job) => job.machine_id))];
    await this.dispatcher.lockMachines(tx, machineIds);
    await this.prolong(tx, await queryRows<HeldRow>(tx.manager, IN_HAND, [this.changes(), machineId]));
    await this.decide(tx, await queryRows<HeldRow>(tx.manager, find, [this.changes(), machineId]), true);
    await this.dispatcher.dispatch(tx, machineIds);
  }

  /** Ends what could not begin in time, by the windows of now: each in a transaction of its own. */
  async expire(): Promise<void> {
    await this.lookAfterEdits();
    const overdue = await this.transactions.run((tx) => queryRows<HeldRow>(tx.manager, `${OVERDUE} LIMIT $1`, [BATCH]));
    for (const { id, machine_id } of overdue) {
      await endByItself(this.logger, id, (told) => this.end(id, machine_id, told));
    }
  }

  private async lookAfterEdits(): Promise<void> {
    try {
      await this.earlier.outlive(this.transactions, (tx) => this.lookAgain({ machineId: null }, tx));
    } catch (error) {
      if (databaseIsAway(error)) throw error;
      // The next sweep tries again; what may begin, or is over, does not wait for it.
      this.logger.error({ err: error }, 'What waits for maintenance windows could not be decided anew.');
    }
  }

  private async standing(tx: Transaction, job: HeldRow): Promise<GateStanding | null> {
    const { declaration } = this.registry.require(job.kind);
    const wanted = [{ machineId: job.machine_id, seconds: job.window_seconds }];
    const [found] = await this.gate.standings(tx.manager, wanted, [declaration]);
    return found ?? null;
  }

  private async decide(tx: Transaction, jobs: readonly HeldRow[], freeToo: boolean): Promise<void> {
    for (const [kind, ofKind] of Map.groupBy(jobs, (job) => job.kind)) {
      const { declaration } = this.registry.require(kind);
      const wanted = ofKind.map((job) => ({ machineId: job.machine_id, seconds: job.window_seconds }));
      const standings = await this.gate.standings(tx.manager, wanted, [declaration]);
      const changed = standings.flatMap(({ standing }, at) => {
        const job = ofKind[at];
        const free = standing.kind === 'open' || standing.kind === 'unbound';
        if (job === undefined || (free && !freeToo)) return [];
        // Where no window is long enough any more, the time in which it could have begun is over.
        return [
          { id: job.id, ...(termsOf(standing) ?? { availableAt: null, startBefore: new Date(0), windowName: null }) },
        ];
      });
      await this.write(tx, changed, declaration.kind === 'change' ? declaration.validForSeconds : null, freeToo);
    }
  }

  /** Later at most: what may not begin by the windows of now is refused when its worker asks. */
  private async prolong(tx: Transaction, jobs: readonly HeldRow[]): Promise<void> {
    for (const [kind, ofKind] of Map.groupBy(jobs, (job) => job.kind)) {
      const { declaration } = this.registry.require(kind);
      const wanted = ofKind.map((job) => ({ machineId: job.machine_id, seconds: job.window_seconds }));
      const standings = await this.gate.standings(tx.manager, wanted, [declaration]);
      const open = standings.flatMap(({ standing }, at) => {
        const job = ofKind[at];
        return job === undefined || standing.kind !== 'open' ? [] : [{ id: job.id, ...standing }];
      });
      const others = await queryRows<{ id: string }>(tx.manager, PROLONG, [
        open.map(({ id }) => id),
        open.map(({ latestStart }) => latestStart),
        open.map(({ name }) => name),
      ]);
      if (others.length > 0) this.bus.changed(tx, { jobIds: others.map(({ id }) => id) });
    }
  }

  private async write(
    tx: Transaction,
    jobs: readonly { id: string; availableAt: Date | null; startBefore: Date | null; windowName: string | null }[],
    validForSeconds: number | null,
    freeStay: boolean,
  ): Promise<void> {
    if (jobs.length === 0) return;
    const others = await queryRows<{ id: string }>(tx.manager, HOLD, [
      jobs.map(({ id }) => id),
      jobs.map(({ availableAt }) => availableAt),
      jobs.map(({ startBefore }) => startBefore),
      jobs.map(({ windowName }) => windowName),
      validForSeconds,
      freeStay,
    ]);
    if (others.length > 0) this.bus.changed(tx, { jobIds: others.map(({ id }) => id) });
  }

  private async end(jobId: string, machineId: string, told: boolean): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.dispatcher.lockMachines(tx, [machineId]);
      const [job] = await queryRows<ExpiredRow>(tx.manager, `${OVERDUE} AND id = $1 FOR UPDATE`, [jobId]);
      if (job === undefined) return;
      const action = quoted(this.registry.title(job.kind));
      const failure = (await this.unreadable(tx, job, action)) ?? overdueFailure(action, job);
      await affected(tx.manager, EXPIRE, [
        jobId,
        failure.message,
        this.contracts.document(JOB_RESULT.name, resultDocument({ errorAction: failure.action })),
        failure.kind,
      ]);
      const requestedBy = requester(job.requested_by_type, job.requested_by_id, job.requested_by_name);
      if (told)
        await this.history.publish(tx, { jobId, machineId, kind: job.kind, requestedBy }, 'cancelled', failure, {});
      await this.dispatcher.dispatch(tx, [machineId]);
      this.history.announce(tx, { jobId, machineId });
    });
  }

  /** Of one that ended by the windows of now, before its own time was over. */
  private async unreadable(tx: Transaction, job: ExpiredRow, action: Sentence): Promise<UnbegunFailure | null> {
    if (job.waited_minutes >= 0) return null;
    return unreadableFailure((await this.standing(tx, job))?.standing, action);
  }

  private changes(): string[] {
    return this.registry
      .declarations()
      .filter(({ kind }) => kind === 'change')
      .map(({ name }) => name);
  }
}

/** What the next window of the machine is called, while none is open; null: it may begin. */
function closedWindow({ standing }: GateStanding, waitedFor: string | null): string | null {
  switch (standing.kind) {
    case 'open':
    case 'unbound':
      return null;
    case 'later':
      return standing.name;
    case 'never':
      return waitedFor ?? '';
  }
}

/** Pure: the time left to begin in, as the gate itself would let it, in seconds; null: no window binds it. */
export function secondsToBegin(found: Pick<GateStanding, 'standing' | 'now'> | null): number | null {
  if (found?.standing.kind !== 'open') return null;
  const { latestStart, until } = found.standing;
  const left = (end: Date): number => Math.floor((end.getTime() - found.now.getTime()) / 1000);
  return Math.max(1, Math.min(left(until), Math.max(left(latestStart), FIRST_SECONDS)));
}

/** Changes that have not begun and whose window nobody has set aside. */
const QUEUED = `
  SELECT id, machine_id, kind, window_seconds FROM jobs
  WHERE status = 'queued' AND window_override IS NULL AND kind = ANY($1::text[])`;

const HANDED_OUT = `${QUEUED} AND phase = 'dispatched' AND (start_before IS NULL OR start_before > database_now())`;
const UNBEGUN = `${QUEUED} AND (start_before IS NULL OR start_before > database_now())`;

/** Taken by a worker that has not been on the machine yet. */
const IN_HAND = `
  SELECT id, machine_id, kind, window_seconds FROM jobs
  WHERE status = 'running' AND contact_at IS NULL AND window_override IS NULL AND kind = ANY($1::text[])
    AND start_before > database_now() AND ($2::uuid IS NULL OR machine_id = $2) ORDER BY id`;

const PROLONG = `
  UPDATE jobs j SET start_before = t.start_before, window_name = t.window_name
  FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS t (id, start_before, window_name)
  WHERE j.id = t.id AND j.status = 'running' AND j.contact_at IS NULL AND j.start_before < t.start_before
  RETURNING j.id`;

const START_BEFORE = 'COALESCE(t.start_before, j.created_at + make_interval(secs => $5::int))';

/** What was handed out, where such may stay, and no later window holds it back. */
const STAYS = `($6 AND j.phase = 'dispatched' AND t.available_at IS NULL)`;

/** Those that were decided so already stay untouched. */
const HOLD = `
  UPDATE jobs j SET phase = CASE WHEN ${STAYS} THEN j.phase ELSE 'waiting' END, boss_job_id = CASE WHEN ${STAYS} THEN j.boss_job_id END,
    available_at = t.available_at, start_before = ${START_BEFORE}, window_name = t.window_name
  FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[])
    AS t (id, available_at, start_before, window_name)
  WHERE j.id = t.id AND j.status = 'queued' AND ((j.phase <> 'waiting' AND NOT ${STAYS})
    OR (j.available_at, j.start_before, j.window_name) IS DISTINCT FROM (t.available_at, ${START_BEFORE}, t.window_name))
  RETURNING j.id`;

const TAKEN = `
  SELECT id, machine_id, kind, window_seconds, window_name, window_override IS NOT NULL AS overridden,
    COALESCE(start_before <= database_now(), false) AS over,
    COALESCE(floor(extract(epoch FROM start_before - created_at) / 60)::int, 0) AS waited_minutes
  FROM jobs WHERE id = $1`;

const OVERDUE = `
  SELECT id, machine_id, kind, window_name, window_seconds, requested_by_type, requested_by_id, requested_by_name,
    floor(extract(epoch FROM start_before - created_at) / 60)::int AS waited_minutes FROM jobs
  WHERE status = 'queued' AND start_before <= database_now()`;

const EXPIRE = `
  UPDATE jobs SET status = 'cancelled', phase = NULL, boss_job_id = NULL, finished_at = database_now(),
    error_kind = $4, error_message = $2, result_json = $3
  WHERE id = $1`;
