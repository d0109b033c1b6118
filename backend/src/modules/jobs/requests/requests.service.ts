import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import type { Actor } from '../../../kernel/auth/actor';
import { Clock } from '../../../kernel/clock';
import { affected, queryOne } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { notFound } from '../../../kernel/errors/domain-error';
import { LiveBus } from '../../../kernel/live/live-bus';
import { Dispatcher } from '../dispatcher';
import type { JobRecord } from '../job-record';
import { JobsService } from '../jobs.service';
import { refusalToConfirm, refusalToReject } from './refusals';
import type { RequestRecord, RequestWithPlan } from './request-record';
import { RequestsReader } from './requests.reader';

export interface Confirmation {
  /** Of the plan that the person saw. */
  readonly digest: string;
  /** Codes of the consequences that were ticked. */
  readonly accepted: readonly string[];
}

/** What the worker needs of the request that a job carries out. */
export interface ConfirmedPlan {
  readonly requestId: string;
  readonly planLines: readonly string[];
  readonly planDigest: string;
  /** Of the contract `<action>_plan`. */
  readonly details: object;
}

/** Decides requests for changes: confirms exactly what was seen, or rejects it, and tells the worker what was confirmed. */
@Injectable()
export class Requests {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reader: RequestsReader,
    private readonly jobs: JobsService,
    private readonly dispatcher: Dispatcher,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
    private readonly clock: Clock,
  ) {}

  /**
   * Confirms a plan by its digest and queues the job that carries it out. Confirming again answers with the same job.
   * @throws DomainError 404; 409 `digest_differs`, `plan_expired`, `request_rejected`, `plan_blocked`, `plan_unreadable`,
   *   or why the machine cannot be worked on; 400 `consequences_not_accepted`
   */
  async confirm(id: string, given: Confirmation, origin: RequestOrigin): Promise<JobRecord> {
    return this.transactions.run(async (tx) => {
      const request = await this.held(tx, id);
      const refusal = refusalToConfirm(request, given);
      if (refusal !== null) throw refusal;
      if (request.jobId !== null) return this.jobs.require(request.jobId, tx);
      if (request.plan === null) throw new Error('a plan that cannot be read was let through');
      return this.approve(tx, request, request.plan.parameters, given, origin);
    });
  }

  /** @throws DomainError 404, or 409 `request_decided` */
  async reject(id: string, reason: string | null, origin: RequestOrigin): Promise<RequestRecord> {
    return this.transactions.run(async (tx) => {
      const request = await this.held(tx, id);
      const refusal = refusalToReject(request);
      if (refusal !== null) throw refusal;
      const { machineId, action, planDigest } = request;
      await affected(tx.manager, REJECT, [id, this.clock.now(), origin.actor.name, reason]);
      await this.audit.record(tx.manager, {
        ...origin,
        action: 'request.rejected',
        objectType: 'action_request',
        objectId: id,
        machineId,
        outcome: 'ok',
        details: { action, planDigest, reason },
      });
      this.bus.changed(tx, { requestIds: [id] });
      return this.reread(tx, id);
    });
  }

  /**
   * The confirmed plan that a job carries out.
   * @throws Error when the job carries out none, or its plan cannot be read: nothing may be changed by a guess
   */
  async forJob(jobId: string): Promise<ConfirmedPlan> {
    return this.transactions.run(async (tx) => {
      const row = await queryOne<{ id: string }>(
        tx.manager,
        'SELECT request_id AS id FROM action_request_targets WHERE job_id = $1',
        [jobId],
      );
      const request = row === null ? null : await this.reader.find(row.id, tx.manager);
      const digest = request?.planDigest;
      if (request?.plan == null || digest == null) throw new Error(`Job ${jobId} has no plan that can be read.`);
      const { lines, details } = request.plan;
      return { requestId: request.id, planLines: lines, planDigest: digest, details };
    });
  }

  /** Notes, in the transaction that ends the job, by which execution the request was carried out. */
  async executed(tx: Transaction, requestId: string, machineId: string, executionId: string): Promise<void> {
    await affected(tx.manager, TARGET_EXECUTED, [requestId, machineId, executionId]);
    await affected(tx.manager, REQUEST_EXECUTED, [requestId, executionId]);
    this.bus.changed(tx, { requestIds: [requestId] });
  }

  private async approve(
    tx: Transaction,
    request: RequestWithPlan,
    parameters: object,
    given: Confirmation,
    origin: RequestOrigin,
  ): Promise<JobRecord> {
    const { id, machineId, action, planDigest } = request;
    const requestedBy: Actor = origin.actor;
    const { job } = await this.jobs.enqueue({ machineId, action, parameters, requestedBy, requestId: id });
    await affected(tx.manager, APPROVE, [id, this.clock.now(), requestedBy.name]);
    await affected(tx.manager, TARGET_QUEUED, [id, machineId, job.id]);
    await this.audit.record(tx.manager, {
      ...origin,
      action: 'request.confirmed',
      objectType: 'action_request',
      objectId: id,
      machineId,
      outcome: 'ok',
      details: { action, planDigest, accepted: [...given.accepted], jobId: job.id },
    });
    this.bus.changed(tx, { requestIds: [id] });
    return job;
  }

  /** The request as it stands, with the machine's queue and the request held: two who decide at once follow each other. */
  private async held(tx: Transaction, id: string): Promise<RequestWithPlan> {
    const found = await this.reread(tx, id);
    await this.dispatcher.lockMachines(tx, [found.machineId]);
    await queryOne(tx.manager, 'SELECT id FROM action_requests WHERE id = $1 FOR UPDATE', [id]);
    return this.reread(tx, id);
  }

  private async reread(tx: Transaction, id: string): Promise<RequestWithPlan> {
    const request = await this.reader.find(id, tx.manager);
    if (request === null) throw notFound('request');
    return request;
  }
}

const APPROVE = `
  UPDATE action_requests SET status = 'approved', approved_at = $2, approved_by = $3 WHERE id = $1 AND status = 'pending'`;

const TARGET_QUEUED = 'UPDATE action_request_targets SET job_id = $3 WHERE request_id = $1 AND machine_id = $2';

const REJECT = `
  UPDATE action_requests SET status = 'rejected', rejected_at = $2, rejected_by = $3, decision_reason = $4
  WHERE id = $1 AND status = 'pending'`;

const TARGET_EXECUTED = `
  UPDATE action_request_targets SET status = 'executed', execution_id = $3 WHERE request_id = $1 AND machine_id = $2`;

const REQUEST_EXECUTED = `
  UPDATE action_requests SET status = 'executed', execution_id = $2 WHERE id = $1 AND status = 'approved'
    AND NOT EXISTS (SELECT 1 FROM action_request_targets t WHERE t.request_id = $1 AND t.status = 'pending')`;
