import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { invalidInput, notFound } from '../../../kernel/errors/domain-error';
import { LiveBus } from '../../../kernel/live/live-bus';
import { planActionName } from '../actions/plan-action';
import { Dispatcher } from '../dispatcher';
import type { JobRecord } from '../job-record';
import { say } from '../jobs.sentences';
import { JobsService, refusalError } from '../jobs.service';
import { DeadLetters } from '../letters/dead-letters.service';
import { Approvals } from '../rules/approvals';
import { BulkPlans } from './bulk-plans';
import { deciderOf, type Decider } from './decider';
import {
  altered,
  confirmedOtherwise,
  consequencesLeft,
  decidedAlready,
  forSeveral,
  notReadable,
  refusalOfPlans,
  refusalToConfirm,
  refusalToDecide,
  refusalToReject,
  refusalToWithdraw,
} from './refusals';
import { askedOf, type RequestRecord, type RequestWithPlan } from './request-record';
import { RequestSeals } from './request-seals';
import { RequestTargets, type RequestTarget } from './request-targets';
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
  /** So many requests, each for a machine, are decided in one go. */
  readonly together?: number;
}

/** Decides requests for changes: confirms exactly what was seen, rejects it, or takes it back. Only people do, each once. */
@Injectable()
export class Requests {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reader: RequestsReader,
    private readonly targets: RequestTargets,
    private readonly bulk: BulkPlans,
    private readonly jobs: JobsService,
    private readonly dispatcher: Dispatcher,
    private readonly approvals: Approvals,
    private readonly seals: RequestSeals,
    private readonly letters: DeadLetters,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * Confirms a plan by its digest and queues the job that carries it out. Confirming again answers the same person with
   * the same job.
   * @throws DomainError 404; 403 `person_needed`, `not_permitted`, `four_eyes`, `administrator_needed`; 409 `digest_differs`,
   *   `plan_expired`, `request_rejected`, `request_decided` when another confirmed it, `request_altered`, `plan_blocked`,
   *   `plan_unreadable`, `several_machines`, or why the machine cannot be worked on; 400 `consequences_not_accepted`
   */
  async confirm(id: string, given: Confirmation, origin: RequestOrigin): Promise<JobRecord> {
    const decider = deciderOf(origin);
    return this.transactions.run(async (tx) => {
      const request = await this.decidable(tx, id, given, decider);
      const { machineId, plan, jobId } = request;
      if (machineId === null) throw forSeveral();
      if (jobId !== null) {
        await this.refuseOther(tx, request, plan === null ? [] : [plan], given);
        return this.jobs.require(jobId, tx);
      }
      const refusal = refusalOfPlans(request, plan === null ? null : [plan], given);
      if (refusal !== null || plan === null) throw refusal ?? forSeveral();
      return this.approve(tx, request, machineId, plan.parameters, given, decider);
    });
  }

  /**
   * Confirms the plans of several machines by the digest over all of them, and queues a job for each. A machine that cannot
   * be worked on any more is left out. Confirming again changes nothing.
   * @throws DomainError as {@link confirm}; 409 `request_planning`, or why no machine at all can be worked on
   */
  async confirmMany(id: string, given: Confirmation, origin: RequestOrigin): Promise<RequestRecord> {
    const decider = deciderOf(origin);
    return this.transactions.run(async (tx) => {
      const request = await this.decidable(tx, id, given, decider);
      if (request.machineId !== null) throw new Error(`The request ${id} is for one machine.`);
      if (request.status !== 'pending') {
        const plans = (await this.targets.of(id, tx.manager)).flatMap(({ plan }) => plan ?? []);
        await this.refuseOther(tx, request, plans, given);
        return request;
      }
      const waiting = (await this.targets.of(id, tx.manager)).filter(({ status }) => status === 'pending');
      const plans = waiting.flatMap(({ plan }) => plan ?? []);
      const refusal = refusalOfPlans(request, plans.length < waiting.length ? null : plans, given);
      if (refusal !== null || request.parameters === null) throw refusal ?? altered();
      await this.approveMany(tx, request, request.parameters, waiting, given, decider);
      return this.reread(tx, id);
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
   * @param only these of its machines; null: all of them
   * @returns the planning job, or the new request where it is for several machines
   * @throws DomainError 404; 400 for a machine that it is not for; 409 `plan_unreadable`, or why the machine cannot be worked on
   */
  async clone(
    id: string,
    origin: RequestOrigin,
    only: readonly string[] | null = null,
  ): Promise<{ readonly job: JobRecord } | { readonly requestId: string }> {
    return this.transactions.run(async (tx) => {
      const { machineId, action, parameters } = await this.reread(tx, id);
      if (parameters === null) throw notReadable();
      const requestedBy = origin.actor;
      const targets = (await this.targets.of(id, tx.manager)).map((target) => target.machineId);
      const machineIds = only === null ? targets : targets.filter((target) => only.includes(target));
      if (machineIds.length < (only?.length ?? 0)) {
        throw invalidInput([{ field: 'machineIds', message: say.not_of_request() }]);
      }
      await this.letters.plannedAgain(tx, id, machineIds, origin);
      const alone = machineId ?? (only?.length === 1 ? only[0] : undefined);
      if (alone !== undefined) {
        return this.jobs.enqueue({ machineId: alone, action: planActionName(action), parameters, requestedBy });
      }
      return { requestId: await this.bulk.ask({ action, machineIds, parameters, requestedBy }) };
    });
  }

  /** The request, where this person may confirm it, or has: held, and what it was when it was asked for. */
  private async decidable(
    tx: Transaction,
    id: string,
    given: Confirmation,
    decider: Decider,
  ): Promise<RequestWithPlan> {
    const request = await this.held(tx, id);
    const asked = askedOf(request);
    const machines = Math.max(asked.machines, given.together ?? 1);
    const approval = await this.approvals.effective(tx.manager, { ...asked, machines });
    const refusal = refusalToDecide(request, approval, decider) ?? refusalToConfirm(request, given, decider);
    if (refusal !== null) throw refusal;
    if (request.status === 'pending' && !(await this.seals.intact(tx, id))) throw altered();
    return request;
  }

  /** The same again is answered as before; what says something else would only look as if it counted. */
  private async refuseOther(
    tx: Transaction,
    request: RequestWithPlan,
    plans: Parameters<typeof consequencesLeft>[0],
    given: Confirmation,
  ): Promise<void> {
    const { reason = null, windowOverride = null, accepted } = given;
    const values = [request.id, request.action, windowOverride];
    const other = windowOverride === null ? null : await queryOne(tx.manager, OTHER_OVERRIDE, values);
    const lessAccepted = consequencesLeft(plans, accepted).length > 0;
    if (lessAccepted || other !== null || (reason !== null && reason !== request.decisionReason))
      throw confirmedOtherwise();
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
      if (request.status === 'rejected') {
        // The same again: its answer was lost. Another reason would only look as if it counted.
        if (reason !== null && reason !== request.decisionReason) throw decidedAlready(request);
        return request;
      }
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
    machineId: string,
    parameters: object,
    given: Confirmation,
    decider: Decider,
  ): Promise<JobRecord> {
    const { id, action, planDigest } = request;
    const reason = given.reason ?? null;
    const { job } = await this.jobs.enqueue({
      machineId,
      action,
      parameters,
      requestedBy: decider.actor,
      requestId: id,
      windowOverride: given.windowOverride,
    });
    await this.recordOverride(tx, job, decider);
    await this.decide(tx, id, 'approved', reason, decider);
    await affected(tx.manager, TARGETS_QUEUED, [id, [machineId], [job.id]]);
    await this.seals.sealDecision(tx, id);
    const accepted = [...given.accepted];
    await this.note(tx, request, 'request.confirmed', decider, { action, planDigest, accepted, jobId: job.id, reason });
    this.bus.changed(tx, { requestIds: [id] });
    return job;
  }

  private async approveMany(
    tx: Transaction,
    request: RequestWithPlan,
    parameters: object,
    waiting: readonly RequestTarget[],
    given: Confirmation,
    decider: Decider,
  ): Promise<void> {
    const { id, action, planDigest } = request;
    const { windowOverride, reason = null } = given;
    const machineIds = waiting.map(({ machineId }) => machineId);
    const wanted = { action, parameters, machineIds, requestedBy: decider.actor, requestId: id, windowOverride };
    const { jobs, skipped } = await this.jobs.enqueueMany(wanted);
    const [first] = skipped;
    if (jobs.length === 0) throw first === undefined ? altered() : refusalError(first);
    for (const { machineId, message } of skipped) await affected(tx.manager, LEFT_OUT, [id, machineId, message]);
    for (const { jobId } of jobs) {
      if (windowOverride !== undefined) await this.recordOverride(tx, await this.jobs.require(jobId, tx), decider);
    }
    await this.decide(tx, id, 'approved', reason, decider);
    await affected(tx.manager, TARGETS_QUEUED, [id, jobs.map((job) => job.machineId), jobs.map(({ jobId }) => jobId)]);
    await this.seals.sealDecision(tx, id);
    const accepted = [...given.accepted];
    const details = { action, planDigest, accepted, jobId: null, reason, machines: jobs.length };
    await this.note(tx, request, 'request.confirmed', decider, details);
    this.bus.changed(tx, { requestIds: [id] });
  }

  /** The row is held and was seen to wait; that it still does is asked of the database all the same. */
  private async decide(
    tx: Transaction,
    id: string,
    status: 'approved' | 'rejected',
    reason: string | null,
    { actor, sessionId }: Decider,
  ): Promise<void> {
    const values = [id, status, await this.clock.now(tx.manager), actor.name, actor.id, sessionId, reason];
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

  /** Where there was a window to set aside. */
  private async recordOverride(tx: Transaction, job: JobRecord, { origin }: Decider): Promise<void> {
    const { windowOverride: reason } = job;
    if (reason === null) return;
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
    const machines = await queryRows<{ id: string }>(tx.manager, MACHINES_OF, [id]);
    await this.dispatcher.lockMachines(
      tx,
      machines.map((machine) => machine.id),
    );
    await queryOne(tx.manager, 'SELECT id FROM action_requests WHERE id = $1 FOR UPDATE', [id]);
    return this.reread(tx, id);
  }

  private async reread(tx: Transaction, id: string): Promise<RequestWithPlan> {
    const request = await this.reader.find(id, tx.manager);
    if (request === null) throw notFound('request');
    return request;
  }
}

const MACHINES_OF = 'SELECT machine_id AS id FROM action_request_targets WHERE request_id = $1';

/**
 * Where no window spoke of the machine when it was confirmed there was nothing to set aside, whatever window was made since: how long
 * the change will take was not asked then.
 */
const OTHER_OVERRIDE = `
  SELECT id FROM jobs WHERE request_id = $1 AND kind = $2 AND window_override IS DISTINCT FROM $3
    AND NOT (window_override IS NULL AND window_seconds IS NULL) LIMIT 1`;

const DECIDE = `
  UPDATE action_requests SET status = $2, approved_at = $3, approved_by = $4, decided_by_id = $5, decision_session_id = $6,
    decision_reason = $7
  WHERE id = $1 AND status = 'pending'`;

const TARGETS_QUEUED = `
  UPDATE action_request_targets t SET job_id = q.job_id FROM unnest($2::uuid[], $3::uuid[]) AS q (machine_id, job_id)
  WHERE t.request_id = $1 AND t.machine_id = q.machine_id`;

const LEFT_OUT = `
  UPDATE action_request_targets SET status = 'skipped', status_reason = $3 WHERE request_id = $1 AND machine_id = $2`;
