import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { DomainEvents } from '../../../kernel/events/domain-events';
import { LiveBus } from '../../../kernel/live/live-bus';
import { ActionRegistry } from '../actions/action-registry';
import type { RunFailure } from '../actions/job-action';
import type { JobStatus } from '../entities/jobs.values';
import type { JobResult } from '../job-record';
import type { Claim } from './claims';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../jobs.sentences';

/** What others learn about a job's end: the machine's history, and whoever watches. */
@Injectable()
export class JobHistory {
  constructor(
    private readonly events: DomainEvents,
    private readonly registry: ActionRegistry,
    private readonly bus: LiveBus,
    private readonly clock: Clock,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  async publish(
    tx: Transaction,
    job: Pick<Claim, 'jobId' | 'machineId' | 'kind' | 'requestedBy'>,
    status: JobStatus,
    failure: RunFailure | null,
    result: JobResult,
    executionId: string | null = null,
  ): Promise<void> {
    await this.events.publish(tx, {
      type: { error: 'job_failed', cancelled: 'job_cancelled' }[status as string] ?? 'job_finished',
      machineId: job.machineId,
      severity: status === 'error' || status === 'warning' ? status : 'info',
      actor: job.requestedBy,
      message: endOf(this.registry.title(job.kind), status, failure, result),
      payload: { kind: job.kind, status, errorKind: failure?.kind ?? null },
      jobId: job.jobId,
      snapshotId: result.snapshotId ?? null,
      executionId,
    });
  }

  announce(tx: Transaction, job: Pick<Claim, 'jobId' | 'machineId'>): void {
    const { jobId, machineId } = job;
    this.bus.changed(tx, { jobIds: [jobId], logJobIds: [jobId], machineIds: [machineId], work: true });
  }
}

function endOf(action: string, status: JobStatus, failure: RunFailure | null, { summary }: JobResult): Sentence {
  if (status === 'cancelled') return say.cancelled({ action });
  if (status === 'error')
    return failure === null ? say.failed({ action }) : say.failed_why({ action, why: failure.message });
  return summary == null ? say.finished({ action }) : say.finished_with({ action, summary });
}
