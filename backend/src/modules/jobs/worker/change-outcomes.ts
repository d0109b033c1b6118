import { Injectable } from '@nestjs/common';
import { maskDistinctiveSecrets } from '../../../kernel/contracts/secret-values';
import { queryOne } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import { Executions } from '../../history/executions';
import { ActionRegistry } from '../actions/action-registry';
import type { ChangeOutcome, FinishedChange } from '../actions/change-action';
import type { RunFailure } from '../actions/job-action';
import type { JobStatus } from '../entities/jobs.values';
import { JobsService } from '../jobs.service';
import { say } from '../jobs.sentences';
import { ConfirmedPlans } from '../requests/confirmed-plans';
import type { Claim } from './claims';

/** What a changing run came to, with the evidence. */
export interface Changed {
  readonly outcome: ChangeOutcome;
  readonly finished: FinishedChange;
  readonly requestId: string;
  /** Of a run that its window ended before it had changed anything, or whose record is lost: that. */
  readonly failure: RunFailure | null;
}

/** The part of a changing job's end that a reading one does not have. All of it in the transaction that ends the job. */
@Injectable()
export class ChangeOutcomes {
  constructor(
    private readonly executions: Executions,
    private readonly plans: ConfirmedPlans,
    private readonly jobs: JobsService,
    private readonly registry: ActionRegistry,
  ) {}

  /** Stores result and derived rows, and queues what has to be looked at again. */
  async store(
    tx: Transaction,
    claim: Claim,
    changed: Changed,
    end: { readonly status: JobStatus; readonly failure: RunFailure | null; readonly at: Date },
  ): Promise<void> {
    const { outcome, finished, requestId } = changed;
    const { jobId, machineId, requestedBy } = claim;
    await this.executions.end(tx, jobId, {
      status: endedStatus(end.status),
      action: claim.kind,
      // A connection to another machine may have been opened since the answer came.
      documents: maskDistinctiveSecrets({ result: outcome.result, important: outcome.important }),
      startedAt: finished.startedAt,
      finishedAt: finished.finishedAt,
      exitCode: finished.exitCode,
      error: end.failure,
    });
    const context = { jobId, machineId, executionId: jobId, requestId, requestedBy, finishedAt: end.at };
    await outcome.store?.(tx, context);
    await this.plans.executed(tx, requestId, machineId, jobId);
    await this.followUp(tx, claim, outcome.followUps);
  }

  /** Queues the same after a run that began and left no outcome, on a machine that answers: what it did there is to be found. */
  lookAgain(tx: Transaction, claim: Claim): Promise<void> {
    return this.followUp(tx, claim, this.registry.findChange(claim.kind)?.declaration.followUps);
  }

  private async followUp(
    tx: Transaction,
    { machineId, requestedBy }: Pick<Claim, 'machineId' | 'requestedBy'>,
    actions: ChangeOutcome['followUps'] = [],
  ): Promise<void> {
    for (const { action, parameters } of actions) {
      await this.jobs.enqueueMany({ action, parameters, machineIds: [machineId], requestedBy });
    }
  }

  /** Why a run has an end like this: a person wanted it; null where nobody did. */
  async forcedBy(tx: Transaction, jobId: string): Promise<Sentence | null> {
    const row = await queryOne<{ name: string; reason: string }>(tx.manager, FORCED, [jobId]);
    return row === null ? null : say.run_forced({ name: row.name, reason: quoted(row.reason) });
  }

  /** Ends what came to no outcome: it did not begin, or nobody can say what became of it. */
  async close(tx: Transaction, claim: ClosedClaim, status: JobStatus, failure: RunFailure | null): Promise<void> {
    await this.executions.end(tx, claim.jobId, {
      status: endedStatus(status),
      action: claim.kind,
      documents: null,
      startedAt: null,
      finishedAt: null,
      exitCode: null,
      error: failure,
    });
    // Of what was never begun nothing was carried out, see RequestExpiry.
    if (claim.requestId !== null && claim.begun)
      await this.plans.executed(tx, claim.requestId, claim.machineId, claim.jobId);
  }
}

const FORCED = `
  SELECT force_requested_by AS name, force_reason AS reason FROM jobs WHERE id = $1 AND force_requested_at IS NOT NULL`;

type ClosedClaim = Pick<Claim, 'jobId' | 'machineId' | 'kind' | 'requestId'> & {
  /** Something of it may have been started on the machine. */
  readonly begun: boolean;
};

function endedStatus(status: JobStatus): Exclude<JobStatus, 'queued' | 'running'> {
  if (status === 'queued' || status === 'running') throw new Error(`a job that has ended cannot be ${status}`);
  return status;
}
