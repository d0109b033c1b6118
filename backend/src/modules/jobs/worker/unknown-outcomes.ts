import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import type { Actor } from '../../../kernel/auth/actor';
import { Contracts } from '../../../kernel/contracts/contracts';
import { affected, queryOne } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { DomainError, notFound } from '../../../kernel/errors/domain-error';
import { quoted } from '../../../kernel/sentences/sentences';
import { MachineState } from '../../machines/machine-state';
import type { RunFailure } from '../actions/job-action';
import { JOB_RESULT, resultDocument } from '../contracts/job-documents';
import { Dispatcher } from '../dispatcher';
import type { JobStatus } from '../entities/jobs.values';
import { requester } from '../job-record';
import { say } from '../jobs.sentences';
import { ChangeOutcomes } from './change-outcomes';
import { JobHistory } from './job-history';
import { lastErrorAfter } from './last-error';
import { abandonedStepsDocument } from './step-tracker';

/** So long nobody may have heard of the run before a person may give it up. */
const SILENT_MINUTES = 30;

interface OpenRow {
  readonly machine_id: string;
  readonly kind: string;
  readonly status: JobStatus;
  readonly phase: string | null;
  readonly request_id: string | null;
  readonly silent_minutes: number;
  readonly steps_json: unknown;
  readonly requested_by_type: Actor['type'] | null;
  readonly requested_by_id: string | null;
  readonly requested_by_name: string | null;
}

/**
 * Ends a change of which nobody can say how it ended, because its machine never came back: a decision of a person, with a
 * reason. A run that is alive on the machine after all still keeps others out there by its own lock.
 */
@Injectable()
export class UnknownOutcomes {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly dispatcher: Dispatcher,
    private readonly changes: ChangeOutcomes,
    private readonly machineState: MachineState,
    private readonly history: JobHistory,
    private readonly audit: AuditLog,
    private readonly contracts: Contracts,
  ) {}

  /** @throws DomainError 404, or 409 `job_already_ended`, `outcome_not_unknown`, `outcome_still_awaited` */
  async close(jobId: string, reason: string, by: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const machine = await queryOne<{ machine_id: string }>(tx.manager, MACHINE, [jobId]);
      if (machine === null) throw notFound('job');
      // The machine's queue first, as everybody who ends jobs.
      await this.dispatcher.lockMachines(tx, [machine.machine_id]);
      const job = await queryOne<OpenRow>(tx.manager, OPEN, [jobId]);
      if (job === null) throw notFound('job');
      requireUnknown(job);
      await this.end(tx, jobId, job, reason, by);
      await this.dispatcher.dispatch(tx, [job.machine_id]);
      this.history.announce(tx, { jobId, machineId: job.machine_id });
    });
  }

  private async end(tx: Transaction, jobId: string, job: OpenRow, reason: string, by: RequestOrigin): Promise<void> {
    const { machine_id: machineId, kind, request_id: requestId } = job;
    const failure: RunFailure = {
      kind: 'outcome_unknown',
      message: say.outcome_unknown({ name: by.actor.name, reason: quoted(reason) }),
      action: say.look_at_machine(),
    };
    // Without its lock, a worker that still tries to reach the machine finds nothing that it could write to.
    await affected(tx.manager, 'DELETE FROM machine_locks WHERE job_id = $1', [jobId]);
    const result = { errorAction: failure.action };
    await affected(tx.manager, CLOSE, [
      jobId,
      failure.kind,
      failure.message,
      this.contracts.document(JOB_RESULT.name, resultDocument(result)),
      abandonedStepsDocument(this.contracts, job.steps_json, this.history.now()),
    ]);
    await this.changes.close(tx, { jobId, machineId, kind, requestId, begun: true }, 'error', failure);
    this.machineState.patch(tx, machineId, { runningJobId: null, ...lastErrorAfter({ action: kind, jobId }, failure) });
    const requestedBy = requester(job.requested_by_type, job.requested_by_id, job.requested_by_name);
    await this.history.publish(tx, { jobId, machineId, kind, requestedBy }, 'error', failure, result, jobId);
    await this.audit.record(tx.manager, {
      ...by,
      action: 'job.closed',
      objectType: 'job',
      objectId: jobId,
      machineId,
      outcome: 'ok',
      details: { action: kind, reason },
    });
  }
}

function requireUnknown({ status, phase, silent_minutes: minutes }: OpenRow): void {
  if (status !== 'queued' && status !== 'running') {
    throw new DomainError({ code: 'job_already_ended', status: 409, detail: say.already_ended() });
  }
  if (status !== 'running' || phase !== 'reconciling') {
    throw new DomainError({
      code: 'outcome_not_unknown',
      status: 409,
      detail: say.outcome_not_unknown(),
      action: say.outcome_not_unknown_action(),
    });
  }
  if (minutes < SILENT_MINUTES) {
    throw new DomainError({
      code: 'outcome_still_awaited',
      status: 409,
      detail: say.outcome_still_awaited({ minutes: Math.floor(minutes), limit: SILENT_MINUTES }),
      action: say.outcome_still_awaited_action(),
    });
  }
}

const MACHINE = 'SELECT machine_id FROM jobs WHERE id = $1 AND machine_id IS NOT NULL';

const OPEN = `
  SELECT machine_id, kind, status, phase, request_id, steps_json, requested_by_type, requested_by_id, requested_by_name,
    (extract(epoch FROM database_now() - COALESCE(contact_at, started_at, created_at)) / 60)::float8 AS silent_minutes
  FROM jobs WHERE id = $1 FOR UPDATE`;

const CLOSE = `
  UPDATE jobs SET status = 'error', fence = NULL, phase = NULL, step = NULL, boss_job_id = NULL, error_kind = $2,
    error_message = $3, result_json = $4::jsonb, steps_json = COALESCE($5::jsonb, steps_json), finished_at = database_now(),
    died_at = database_now()
  WHERE id = $1 AND status = 'running'`;
