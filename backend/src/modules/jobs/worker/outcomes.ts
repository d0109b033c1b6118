import { Injectable } from '@nestjs/common';
import { Contracts } from '../../../kernel/contracts/contracts';
import type { JsonDocument } from '../../../kernel/contracts/json-document';
import { maskDistinctiveSecrets } from '../../../kernel/contracts/secret-values';
import { prepared } from '../../../kernel/database/prepared';
import { affected, queryOne } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { Snapshots } from '../../history/snapshots';
import { MachineState, type MachineStatePatch } from '../../machines/machine-state';
import { ActionRegistry } from '../actions/action-registry';
import type { ActionOutcome, RunFailure } from '../actions/job-action';
import { JOB_RESULT, JOB_STEPS, resultDocument, stepsDocument } from '../contracts/job-documents';
import { Dispatcher } from '../dispatcher';
import type { JobStatus } from '../entities/jobs.values';
import type { JobResult, JobStep } from '../job-record';
import { logRows, type ProgressWrite } from '../log-rows';
import { ChangeOutcomes, type Changed } from './change-outcomes';
import type { Claim } from './claims';
import { JobHistory } from './job-history';
import type { FurtherError } from '../../machines/machine-errors';
import { lastErrorAfter } from './last-error';
import { say } from '../jobs.sentences';

/** Another holds the machine now. Nothing of this attempt was written, and nothing may be. */
export class FenceLostError extends Error {
  constructor(readonly jobId: string) {
    super(`The fence of job ${jobId} is lost.`);
    this.name = 'FenceLostError';
  }
}

/** How an attempt ended. `untold`: whoever listens to ends of jobs fails at this one, and finds it in the tables later. */
export type Ending =
  | { readonly kind: 'collected'; readonly outcome: ActionOutcome }
  | ({ readonly kind: 'changed' } & Changed)
  /** Of a changing run: it goes on, or may; another worker looks after it, in a while. */
  | { readonly kind: 'handover'; readonly pauseMs: number }
  /** `begun: false`, of a changing run: nothing of it was started on the machine. */
  | { readonly kind: 'failed'; readonly failure: RunFailure; readonly begun?: boolean; readonly untold?: true }
  /** `failure`: it was never begun, and why. */
  | { readonly kind: 'cancelled'; readonly failure?: RunFailure; readonly untold?: true }
  /** To the queue again. `spend: false` gives the attempt back: it was our own stop. */
  | { readonly kind: 'again'; readonly failure: RunFailure | null; readonly pauseMs: number; readonly spend: boolean };

export interface AttemptFacts {
  readonly steps: readonly JobStep[];
  readonly result: JobResult;
  /** The last lines of the log of a job that ends, where they are not written yet. */
  readonly log?: ProgressWrite | null;
}

type LastEnding = Exclude<Ending, { kind: 'again' | 'handover' }>;

interface HeldRow {
  readonly status: JobStatus;
  readonly fence: string | null;
  readonly locked: boolean;
  /** Somebody asked to stop it. */
  readonly cancelled: boolean;
}

/** Everything of an attempt's end that the job's row takes. */
interface FinalRow {
  readonly status: JobStatus;
  readonly failure: RunFailure | null;
  readonly result: JobResult;
  /** It came to no result: a dead letter. */
  readonly died: boolean;
  /** Of a change: it never began, or was refused before it changed anything. */
  readonly untouched: boolean;
  /** Which errors of its own a good end settles is told by what stores its outcome. */
  readonly settlesByStore?: boolean;
  /** What the failure is about. */
  readonly subject?: string | null;
  /** What it met besides the failure that it is told by. */
  readonly further?: readonly FurtherError[];
}

/**
 * Writes how an attempt ended: result, derived rows, state of the machine, history, the job's end, the release of the
 * lock and the next job's start in ONE transaction, under the fence.
 */
@Injectable()
export class Outcomes {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly registry: ActionRegistry,
    private readonly dispatcher: Dispatcher,
    private readonly snapshots: Snapshots,
    private readonly machineState: MachineState,
    private readonly history: JobHistory,
    private readonly contracts: Contracts,
    private readonly changes: ChangeOutcomes,
  ) {}

  /**
   * Safe to call again after an unclear commit: an end that was written already is recognised by its fence.
   * @throws FenceLostError when the machine belongs to another by now; everything was rolled back
   */
  async write(claim: Claim, ending: Ending, facts: AttemptFacts): Promise<void> {
    await this.transactions.run(async (tx) => {
      const held = await this.holdFence(tx, claim);
      if (held === null) return;
      // Somebody asked to stop it since: it is not tried again.
      if (ending.kind === 'again' && held.cancelled) await this.end(tx, claim, { kind: 'cancelled' }, facts);
      else if (ending.kind === 'again') await this.putBack(tx, claim, ending, facts);
      else if (ending.kind === 'handover') await this.handOver(tx, claim, ending.pauseMs, facts);
      else await this.end(tx, claim, ending, facts);
      this.history.announce(tx, claim);
    });
  }

  /** Locks machine, lock and job, see {@link HOLD}. @returns null when this end is written already */
  private async holdFence(tx: Transaction, { jobId, machineId, fence }: Claim): Promise<{ cancelled: boolean } | null> {
    const job = await queryOne<HeldRow>(tx.manager, HOLD, [machineId, jobId, fence]);
    if (job?.fence !== fence) throw new FenceLostError(jobId);
    if (job.status !== 'running') return null;
    if (!job.locked) throw new FenceLostError(jobId);
    return job;
  }

  private async end(tx: Transaction, claim: Claim, ending: LastEnding, facts: AttemptFacts): Promise<void> {
    const final = await this.final(tx, claim, ending, facts);
    const result = { ...final.result, errorAction: final.failure?.action ?? null };
    const log = logRows(facts.log?.chunks ?? []);
    const ended = await queryOne<{ waiting: boolean }>(tx.manager, END, [
      claim.jobId,
      claim.fence,
      final.status,
      final.failure?.kind ?? null,
      final.failure?.message ?? null,
      this.resultOf(result),
      this.stepsOf(facts),
      log.count,
      log.upTo,
      log.streams,
      log.sections,
      log.texts,
      facts.log?.at ?? null,
      final.died,
    ]);
    if (ended === null) throw new FenceLostError(claim.jobId);
    this.machineState.patch(tx, claim.machineId, { runningJobId: null, ...stateAfter(final, claim) });
    const executionId = this.isChange(claim) ? claim.jobId : null;
    if (!('untold' in ending)) await this.history.publish(tx, claim, final.status, final.failure, result, executionId);
    if (ended.waiting) await this.dispatcher.dispatch(tx, [claim.machineId]);
  }

  private isChange({ kind }: Claim): boolean {
    return this.registry.findChange(kind) !== undefined;
  }

  private async final(tx: Transaction, claim: Claim, ending: LastEnding, facts: AttemptFacts): Promise<FinalRow> {
    switch (ending.kind) {
      case 'collected':
        return this.storeOutcome(tx, claim, ending.outcome, facts);
      case 'changed':
        return this.storeChange(tx, claim, ending, facts);
      default: {
        const status = ending.kind === 'cancelled' ? 'cancelled' : 'error';
        const failure = ending.failure ?? null;
        const begun = ending.kind === 'failed' && ending.begun !== false;
        if (this.isChange(claim)) await this.changes.close(tx, { ...claim, begun }, status, failure);
        if (this.isChange(claim) && begun) await this.changes.lookAgain(tx, claim);
        const untouched = ending.kind === 'failed' && ending.begun === false;
        return { status, failure, result: facts.result, died: status === 'error', untouched };
      }
    }
  }

  private async storeChange(tx: Transaction, claim: Claim, changed: Changed, facts: AttemptFacts): Promise<FinalRow> {
    const { outcome, finished } = changed;
    // It stopped because somebody had asked for it, or its window closed, whatever it had done until then.
    const judged = finished.ending === 'stopped' ? 'cancelled' : outcome.status;
    // How it ended nobody can know, whatever is there now.
    const lost = finished.recordLost === true;
    const status = lost ? 'error' : judged;
    const told =
      status === 'error' && !lost ? failureOfOutcome(this.registry.title(claim.kind), outcome) : changed.failure;
    const forced = finished.ending === 'interrupted' && finished.forced === true;
    const message = told === null || !forced ? null : await this.changes.forcedBy(tx, claim.jobId);
    const failure = told === null || message === null ? told : { ...told, message };
    await this.changes.store(tx, claim, changed, { status, failure, at: this.history.now() });
    const untouched = !lost && (finished.ending === 'drifted' || outcome.untouched === true);
    const result = { ...facts.result, summary: outcome.summary };
    const { settlesByStore = false, furtherErrors: further = [] } = outcome;
    const subject = failure !== null && failure.kind === outcome.error?.kind ? (outcome.error.subject ?? null) : null;
    return { status, failure, result, died: false, untouched, settlesByStore, subject, further };
  }

  private async handOver(tx: Transaction, claim: Claim, pauseMs: number, facts: AttemptFacts): Promise<void> {
    const over = await affected(tx.manager, HAND_OVER, [claim.jobId, claim.fence, pauseMs, this.stepsOf(facts)]);
    if (over !== 1) throw new FenceLostError(claim.jobId);
  }

  private async storeOutcome(
    tx: Transaction,
    claim: Claim,
    outcome: ActionOutcome,
    facts: AttemptFacts,
  ): Promise<FinalRow> {
    const { jobId, machineId, requestedBy } = claim;
    const { document } = outcome;
    const finishedAt = this.history.now();
    const kept =
      document === undefined
        ? null
        : await this.snapshots.store(tx, {
            machineId,
            jobId,
            createdAt: finishedAt,
            ...maskDistinctiveSecrets(document),
          });
    const snapshotId = kept?.id ?? null;
    const contentSnapshotId = kept?.contentSnapshotId ?? null;
    await outcome.store?.(tx, { jobId, machineId, snapshotId, contentSnapshotId, requestedBy, finishedAt });
    return {
      status: outcome.status,
      failure: outcome.status === 'error' ? failureOfOutcome(this.registry.title(claim.kind), outcome) : null,
      result: { ...facts.result, snapshotId, summary: outcome.summary ?? null },
      died: false,
      untouched: false,
      subject: outcome.error?.subject ?? null,
      settlesByStore: outcome.settlesByStore ?? false,
      further: outcome.furtherErrors ?? [],
    };
  }

  private resultOf(result: JobResult): JsonDocument {
    return this.contracts.document(JOB_RESULT.name, maskDistinctiveSecrets(resultDocument(result)));
  }

  private stepsOf({ steps }: AttemptFacts): JsonDocument {
    return this.contracts.document(JOB_STEPS.name, maskDistinctiveSecrets(stepsDocument(steps)));
  }

  private async putBack(
    tx: Transaction,
    claim: Claim,
    ending: Extract<Ending, { kind: 'again' }>,
    facts: AttemptFacts,
  ): Promise<void> {
    const back = await affected(tx.manager, PUT_BACK, [
      claim.jobId,
      claim.fence,
      ending.pauseMs,
      ending.spend ? 0 : 1,
      ending.failure?.kind ?? null,
      ending.failure?.message ?? null,
      this.resultOf({ ...facts.result, errorAction: ending.failure?.action ?? null }),
      this.stepsOf(facts),
    ]);
    if (back !== 1) throw new FenceLostError(claim.jobId);
    this.machineState.patch(tx, claim.machineId, { runningJobId: null });
    await this.dispatcher.dispatch(tx, [claim.machineId]);
  }
}

function failureOfOutcome(action: string, { error }: Pick<ActionOutcome, 'error'>): RunFailure {
  return {
    kind: error?.kind ?? 'incomplete_result',
    message: error?.message ?? say.no_whole_result({ action }),
    action: error?.action ?? null,
  };
}

/** A cancelled job says nothing about the machine. */
function stateAfter(final: FinalRow, { kind: action, jobId }: Claim): MachineStatePatch {
  const { status, failure, untouched, subject = null, further = [], settlesByStore } = final;
  if (status === 'cancelled') return {};
  if (failure !== null) return lastErrorAfter({ action, jobId }, failure, { untouched, subject, further });
  return { settles: settlesByStore === true ? null : action };
}

/**
 * The machine's queue first, as everybody who ends or hands out jobs (see {@link Dispatcher.lockMachines}); then the
 * lock, as the renewal; then the job. Each part reads the one before it, which fixes the order.
 */
const HOLD = prepared(`
  WITH machine AS MATERIALIZED (SELECT id FROM machines WHERE id = $1 FOR NO KEY UPDATE),
  lock AS MATERIALIZED (
    SELECT l.fence FROM machine_locks l JOIN machine ON machine.id = l.machine_id
    WHERE l.job_id = $2 AND l.fence = $3 FOR UPDATE OF l),
  held AS MATERIALIZED (SELECT count(*) = 1 AS locked FROM lock)
  SELECT j.status, j.fence, held.locked, j.cancel_requested_at IS NOT NULL AS cancelled
  FROM held CROSS JOIN jobs j WHERE j.id = $2 FOR UPDATE OF j`);

/** With the job's end goes its hold on the machine. */
const RELEASE = `
  DELETE FROM machine_locks l USING ended WHERE l.machine_id = ended.machine_id AND l.job_id = ended.id AND l.fence = $2
  RETURNING l.machine_id`;

/** The machine's queue is held, so what waits now is all that there is to hand out. */
const END = prepared(`
  WITH ended AS (
    UPDATE jobs SET status = $3, phase = NULL, step = NULL, error_kind = $4, error_message = $5, result_json = $6::jsonb,
      steps_json = $7::jsonb, finished_at = database_now(), heartbeat_at = database_now(), last_seq = last_seq + $8::int,
      died_at = CASE WHEN $14 THEN database_now() END
    WHERE id = $1 AND status = 'running' AND fence = $2
    RETURNING id, machine_id, last_seq),
  chunk AS (
    INSERT INTO job_log_chunks (job_id, seq, stream, section, text, created_at)
    SELECT ended.id, ended.last_seq - $8::int + c.up_to, c.stream, c.section, c.text, $13::timestamptz
    FROM ended, unnest($9::int[], $10::text[], $11::text[], $12::text[]) AS c (up_to, stream, section, text)),
  released AS (${RELEASE})
  SELECT EXISTS (SELECT 1 FROM jobs j WHERE j.machine_id = released.machine_id AND j.status = 'queued') AS waiting
  FROM released`);

const PUT_BACK = prepared(`
  WITH ended AS (
  UPDATE jobs SET status = 'queued', phase = 'waiting', step = NULL, worker_id = NULL, attempt = attempt - $4::int,
    available_at = database_now() + $3::int * interval '1 millisecond', error_kind = $5, error_message = $6,
    result_json = $7::jsonb, steps_json = $8::jsonb
  WHERE id = $1 AND status = 'running' AND fence = $2 RETURNING id, machine_id)
  ${RELEASE}`);

/** The sweep offers it to whoever has a place. Its machine stays taken: no other job may begin there. */
const HAND_OVER = `
  WITH ended AS (
  UPDATE jobs SET phase = 'reconciling', fence = NULL, worker_id = NULL, steps_json = $4::jsonb,
    available_at = database_now() + $3::int * interval '1 millisecond'
  WHERE id = $1 AND status = 'running' AND fence = $2 RETURNING id, machine_id)
  ${RELEASE}`;
