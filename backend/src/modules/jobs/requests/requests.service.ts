import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import { Clock } from '../../../kernel/clock';
import { affected, queryOne } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { notFound } from '../../../kernel/errors/domain-error';
import { LiveBus } from '../../../kernel/live/live-bus';
import { planActionName } from '../actions/plan-action';
import { Dispatcher } from '../dispatcher';
import type { JobRecord } from '../job-record';
import { JobsService } from '../jobs.service';
import { Approvals } from '../rules/approvals';
import { deciderOf, type Decider } from './decider';
import {
  altered,
  decidedAlready,
  refusalToClone,
  refusalToConfirm,
  refusalToDecide,
  refusalToReject,
  refusalToWithdraw,
} from './refusals';
import { askedOf, type RequestRecord, type RequestWithPlan } from './request-record';
import { RequestSeals } from './request-seals';
import { RequestsReader } from './requests.reader';

export interface Confirmation {
  /** Of the plan that the person saw. */
  readonly digest: string;
  /** Codes of the consequences that were ticked. */
  readonly accepted: readonly string[];
  /** Kept with the decision. */
  readonly reason?: string | null;
  /** Why it may begin outside the maintenance window of the machine. */
  readonly windowOverride?: string | undefined;
}

/** Decides requests for changes: confirms exactly what was seen, rejects it, or takes it back. Only people do, each once. */
@Injectable()
export class Requests {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reader: RequestsReader,
    private readonly jobs: JobsService,
    private readonly dispatcher: Dispatcher,
    private readonly approvals: Approvals,
    private readonly seals: RequestSeals,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
    private readonly clock: Clock,
  ) {}

  /**
   * Confirms a plan by its digest and queues the job that carries it out. Confirming again answers the same person with
   * the same job.
   * @throws DomainError 404; 403 `person_needed`, `not_permitted`, `four_eyes`, `administrator_needed`; 409 `digest_differs`, `plan_expired`, `request_rejected`,
   *   `request_decided` when another confirmed it, `request_altered`, `plan_blocked`, `plan_unreadable`, or why the machine
   *   cannot be worked on; 400 `consequences_not_accepted`
   */
  async confirm(id: string, given: Confirmation, origin: RequestOrigin): Promise<JobRecord> {
    const decider = deciderOf(origin);
    return this.transactions.run(async (tx) => {
      const request = await this.held(tx, id);
      const approval = await this.approvals.effective(tx.manager, askedOf(request));
      const refusal = refusalToDecide(request, approval, decider) ?? refusalToConfirm(request, given, decider);
      if (refusal !== null) throw refusal;
      if (request.jobId !== null) return this.jobs.require(request.jobId, tx);
      if (!(await this.seals.intact(tx, id))) throw altered();
      if (request.plan === null) throw new Error('a plan that cannot be read was let through');
      return this.approve(tx, request, request.plan.parameters, given, decider);
    });
  }

  /** @throws DomainError 404, 403 `person_needed`, or 409 `request_decided` */
  async reject(id: string, reason: string | null, origin: RequestOrigin): Promise<RequestRecord> {
    return this.refuse(id, reason, deciderOf(origin), 'request.rejected', refusalToReject);
  }

  /**
   * Takes a request back: rejected by whoever had asked for it.
   * @throws DomainError 404, 403 `person_needed`, `not_the_asker`, or 409 `request_decided`
   */
  async withdraw(id: string, reason: string | null, origin: RequestOrigin): Promise<RequestRecord> {
    return this.refuse(id, reason, deciderOf(origin), 'request.withdrawn', refusalToWithdraw);
  }

  /**
   * Plans again what a request asked for, with the same parameters. What was asked for once is never opened again.
   * @returns the planning job; that of the same plan which waits or runs already
   * @throws DomainError 404; 409 `plan_unreadable`, or why the machine cannot be worked on
   */
  async clone(id: string, origin: RequestOrigin): Promise<JobRecord> {
    return this.transactions.run(async (tx) => {
      const request = await this.reread(tx, id);
      const refusal = refusalToClone(request);
      if (refusal !== null) throw refusal;
      const { machineId, action, plan } = request;
      const parameters = plan?.parameters ?? {};
      const requestedBy = origin.actor;
      return (await this.jobs.enqueue({ machineId, action: planActionName(action), parameters, requestedBy })).job;
    });
  }

  private async refuse(
    id: string,
    reason: string | null,
    decider: Decider,
    action: 'request.rejected' | 'request.withdrawn',
    refusalTo: typeof refusalToWithdraw,
  ): Promise<RequestRecord> {
    return this.transactions.run(async (tx) => {
      const request = await this.held(tx, id);
      const refusal = refusalTo(request, decider);
      if (refusal !== null) throw refusal;
      await this.decide(tx, id, 'rejected', reason, decider);
      const { action: asked, planDigest } = request;
      await this.note(tx, request, action, decider, { action: asked, planDigest, reason });
      this.bus.changed(tx, { requestIds: [id] });
      return this.reread(tx, id);
    });
  }

  private async approve(
    tx: Transaction,
    request: RequestWithPlan,
    parameters: object,
    given: Confirmation,
    decider: Decider,
  ): Promise<JobRecord> {
    const { id, machineId, action, planDigest } = request;
    const reason = given.reason ?? null;
    const { job } = await this.jobs.enqueue({
      machineId,
      action,
      parameters,
      requestedBy: decider.actor,
      requestId: id,
      windowOverride: given.windowOverride,
    });
    if (given.windowOverride !== undefined) await this.recordOverride(tx, job, given.windowOverride, decider);
    await this.decide(tx, id, 'approved', reason, decider);
    await affected(tx.manager, TARGET_QUEUED, [id, machineId, job.id]);
    const accepted = [...given.accepted];
    await this.note(tx, request, 'request.confirmed', decider, { action, planDigest, accepted, jobId: job.id, reason });
    this.bus.changed(tx, { requestIds: [id] });
    return job;
  }

  /** The row is held and was seen to wait; that it still does is asked of the database all the same. */
  private async decide(
    tx: Transaction,
    id: string,
    status: 'approved' | 'rejected',
    reason: string | null,
    { actor, sessionId }: Decider,
  ): Promise<void> {
    const values = [id, status, this.clock.now(), actor.name, actor.id, sessionId, reason];
    if ((await affected(tx.manager, DECIDE, values)) !== 1) throw decidedAlready(null);
  }

  private async note(
    tx: Transaction,
    { id, machineId }: RequestWithPlan,
    action: 'request.confirmed' | 'request.rejected' | 'request.withdrawn',
    { origin, sessionId }: Decider,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.audit.record(tx.manager, {
      ...origin,
      action,
      objectType: 'action_request',
      objectId: id,
      machineId,
      outcome: 'ok',
      details: { ...details, sessionId },
    });
  }

  private async recordOverride(tx: Transaction, job: JobRecord, reason: string, { origin }: Decider): Promise<void> {
    await this.audit.record(tx.manager, {
      ...origin,
      action: 'window.overridden',
      objectType: 'job',
      objectId: job.id,
      machineId: job.machineId,
      outcome: 'ok',
      details: { action: job.kind, reason },
    });
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

const DECIDE = `
  UPDATE action_requests SET status = $2, approved_at = $3, approved_by = $4, decided_by_id = $5, decision_session_id = $6,
    decision_reason = $7
  WHERE id = $1 AND status = 'pending'`;

const TARGET_QUEUED = 'UPDATE action_request_targets SET job_id = $3 WHERE request_id = $1 AND machine_id = $2';
