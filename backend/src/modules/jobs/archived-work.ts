import { Injectable } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { affected, queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import type { Actor } from '../../kernel/auth/actor';
import { OnDomainEvent, type DomainEvent } from '../../kernel/events/domain-event';
import { JOB_RESULT, resultDocument } from './contracts/job-documents';
import { Dispatcher } from './dispatcher';
import { requester } from './job-record';
import { say } from './jobs.sentences';
import { OlderPlans } from './requests/older-plans';
import { JobHistory } from './worker/job-history';

/** Kind of error of what ended because its machine was archived. */
export const MACHINE_ARCHIVED = 'machine_archived';

interface WaitingRow {
  readonly id: string;
  readonly kind: string;
  readonly requested_by_type: Actor['type'] | null;
  readonly requested_by_id: string | null;
  readonly requested_by_name: string | null;
}

/**
 * Ends what has not begun on a machine that is archived: nothing runs there any more, and what waited would begin on the day it is
 * restored, when nobody thinks of it. What runs keeps the machine from being archived.
 */
@Injectable()
export class ArchivedWork {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly plans: OlderPlans,
    private readonly history: JobHistory,
    private readonly contracts: Contracts,
  ) {}

  @OnDomainEvent('machine_archived')
  async archived({ machineId }: DomainEvent, tx: Transaction): Promise<void> {
    if (machineId === null) return;
    await this.dispatcher.lockMachines(tx, [machineId]);
    // Plans first: else the end of its planning job would be all that a request of several machines says of this one.
    await this.plans.endAllOf(tx, machineId, say.request_machine_archived());
    await this.endJobs(tx, machineId);
  }

  /** Their confirmed requests end by the event of each, see RequestExpiry. */
  private async endJobs(tx: Transaction, machineId: string): Promise<void> {
    const failure = {
      kind: MACHINE_ARCHIVED,
      message: say.job_machine_archived(),
      action: say.machine_archived_action(),
    };
    const result = this.contracts.document(JOB_RESULT.name, resultDocument({ errorAction: failure.action }));
    const waiting = await queryRows<WaitingRow>(tx.manager, WAITING, [machineId]);
    const ids = waiting.map(({ id }) => id);
    if (ids.length > 0) await affected(tx.manager, END, [ids, failure.kind, failure.message, result]);
    for (const { id: jobId, kind, ...by } of waiting) {
      const requestedBy = requester(by.requested_by_type, by.requested_by_id, by.requested_by_name);
      await this.history.publish(tx, { jobId, machineId, kind, requestedBy }, 'cancelled', failure, {});
      this.history.announce(tx, { jobId, machineId });
    }
  }
}

const WAITING = `
  SELECT id, kind, requested_by_type, requested_by_id, requested_by_name FROM jobs
  WHERE machine_id = $1 AND status = 'queued' ORDER BY id FOR UPDATE`;

const END = `
  UPDATE jobs SET status = 'cancelled', phase = NULL, boss_job_id = NULL, finished_at = database_now(), error_kind = $2,
    error_message = $3, result_json = $4
  WHERE id = ANY($1::uuid[])`;
