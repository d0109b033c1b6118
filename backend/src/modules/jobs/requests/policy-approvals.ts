import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import { originOf } from '../../../kernel/audit/request-origin';
import type { Actor } from '../../../kernel/auth/actor';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { affected, queryOne } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import type { DomainError } from '../../../kernel/errors/domain-error';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type { Standing } from '../../windows/openings';
import { ActionRegistry } from '../actions/action-registry';
import { Dispatcher } from '../dispatcher';
import type { Estimate } from '../gate/run-durations';
import { StartGate, type GateStanding } from '../gate/start-gate';
import { say } from '../jobs.sentences';
import { JobsService } from '../jobs.service';
import { altered, refusalOfPlans, refusalToConfirm } from './refusals';
import { sentencesOf } from '../rules/approval';
import { Approvals } from '../rules/approvals';
import { askedOf, type RequestWithPlan } from './request-record';
import { RequestSeals } from './request-seals';
import { RequestsReader } from './requests.reader';

/** A schedule whose policy a person confirmed in advance. */
export interface PolicyHolder {
  readonly actor: Actor & { readonly type: 'schedule'; readonly id: string };
  /** Codes of the consequences that the policy allows. */
  readonly accepted: readonly string[];
  /** Actions that the schedule does on the machine afterwards. */
  readonly followedBy: readonly string[];
  /** When its run began. A single window that has closed since binds what is left of that run. */
  readonly since: Date;
  /** The opening that the machine waited for in this run, or began in; null: it was bound by none. */
  readonly awaited: AwaitedOpening | null;
  /** Why a person has let it begin outside the maintenance window of the machine; null: nobody has. */
  readonly windowOverride: string | null;
}

/** An opening of a maintenance window, and until when the work that waited for it could begin and end inside. */
export interface AwaitedOpening {
  readonly windowName: string;
  readonly startBefore: Date;
  /** Something was changed in it already: what is left belongs to it, and waits for no other. */
  readonly begun: boolean;
}

export type AwaitedStanding = Extract<Standing, { kind: 'open' | 'later' }>;

export type PolicyApproval =
  | {
      readonly kind: 'approved';
      readonly jobId: string;
      readonly estimate: Estimate | null;
      /** The opening in which it begins; null: it is bound by none. */
      readonly opening: AwaitedStanding | null;
    }
  /** No maintenance window of the machine lets it begin now: the request has expired, and is made again then. */
  | { readonly kind: 'later'; readonly standing: AwaitedStanding; readonly estimate: Estimate | null }
  /** The opening of the window in which it was to begin is over: the request has expired. */
  | { readonly kind: 'missed'; readonly windowName: string }
  /** A newer plan of the same schedule took its place since it was looked at. */
  | { readonly kind: 'replaced' }
  /** A rule of approval asks for more than a policy can give. */
  | { readonly kind: 'person'; readonly reasons: readonly Sentence[] }
  /** The machine cannot be worked on as it stands: no job was made. */
  | { readonly kind: 'left_out'; readonly code: string; readonly message: Sentence }
  | { readonly kind: 'refused'; readonly code: string; readonly message: Sentence };

/**
 * The one way around a person: a plan that a schedule made for itself, and that somebody with the right to confirm plans
 * has allowed beforehand. Everything that a confirmation by hand demands holds here too.
 */
@Injectable()
export class PolicyApprovals {
  constructor(
    private readonly reader: RequestsReader,
    private readonly jobs: JobsService,
    private readonly dispatcher: Dispatcher,
    private readonly approvals: Approvals,
    private readonly seals: RequestSeals,
    private readonly gate: StartGate,
    private readonly registry: ActionRegistry,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * Approves exactly the plan that was held against the policy, and queues the job that carries it out. Never throws for
   * what keeps it from being approved: the caller's transaction goes on.
   */
  async approve(tx: Transaction, seen: RequestWithPlan, holder: PolicyHolder): Promise<PolicyApproval> {
    const { machineId, planDigest } = seen;
    if (machineId === null || planDigest === null) return refusedFor(altered());
    await this.dispatcher.lockMachines(tx, [machineId]);
    await queryOne(tx.manager, 'SELECT id FROM action_requests WHERE id = $1 FOR UPDATE', [seen.id]);
    const request = await this.reader.find(seen.id, tx.manager);
    const asker = request?.requestedBy;
    if (request === null || asker?.type !== 'schedule' || asker.id !== holder.actor.id) return refusedFor(altered());
    if (request.status === 'expired') return { kind: 'replaced' };
    const given = { digest: planDigest, accepted: holder.accepted };
    const refusal =
      refusalToConfirm(request, given, holder) ??
      refusalOfPlans(request, request.plan === null ? null : [request.plan], given) ??
      ((await this.seals.intact(tx, request.id)) ? null : altered());
    if (refusal !== null) return refusedFor(refusal);
    const asked = await this.approvals.effective(tx.manager, askedOf(request));
    const reasons = asked.fourEyes || asked.administrators ? sentencesOf(asked) : [];
    if (reasons.length > 0) return { reasons, kind: 'person' };
    const found = await this.gateOf(tx, request, machineId, holder);
    const { standing, estimate } = found ?? { standing: null, estimate: null };
    const opening = holder.windowOverride === null && standing?.kind === 'open' ? standing : null;
    if (request.jobId !== null) return { kind: 'approved', jobId: request.jobId, estimate, opening };
    if (holder.windowOverride === null) {
      const missed = found === null ? null : missedWindow(found, holder);
      if (missed !== null) return this.missed(tx, request, missed);
      if (standing?.kind === 'later') return this.later(tx, request, standing, estimate);
    }
    return this.carryOut(tx, request, machineId, holder, { estimate, opening });
  }

  /** Notes with a request why the schedule that asked leaves it to people: whoever decides has to see what it exceeds. */
  async leaveToPeople(tx: Transaction, requestId: string, reasons: readonly Sentence[]): Promise<void> {
    await affected(tx.manager, LEFT_TO_PEOPLE, [requestId, reasons.join('\n')]);
    this.bus.changed(tx, { requestIds: [requestId] });
  }

  private async gateOf(
    tx: Transaction,
    { action }: RequestWithPlan,
    machineId: string,
    { followedBy }: PolicyHolder,
  ): Promise<GateStanding | null> {
    const actions = [action, ...followedBy].map((name) => this.registry.require(name).declaration);
    const [found] = await this.gate.standings(tx.manager, [{ machineId, seconds: null }], actions);
    return found ?? null;
  }

  /** Ends a plan that nobody needs any more, and says why. What a person has decided meanwhile stays decided. */
  async letGo(tx: Transaction, id: string, why: Sentence): Promise<void> {
    await affected(tx.manager, LET_GO, [id, why]);
    this.bus.changed(tx, { requestIds: [id] });
  }

  /** A plan that waits for hours would drift: it is let go, and made again when it may begin. */
  private async later(
    tx: Transaction,
    { id }: RequestWithPlan,
    standing: AwaitedStanding,
    estimate: Estimate | null,
  ): Promise<PolicyApproval> {
    await this.letGo(tx, id, say.request_for_window({ window: standing.name }));
    return { kind: 'later', standing, estimate };
  }

  /** Work that was due for one opening is begun neither outside nor in another. */
  private async missed(tx: Transaction, { id }: RequestWithPlan, windowName: string): Promise<PolicyApproval> {
    await this.letGo(tx, id, say.request_window_over({ window: windowName }));
    return { kind: 'missed', windowName };
  }

  private async carryOut(
    tx: Transaction,
    { id, action, plan, planDigest }: RequestWithPlan,
    machineId: string,
    { actor, accepted, followedBy, windowOverride }: PolicyHolder,
    known: Pick<Extract<PolicyApproval, { kind: 'approved' }>, 'estimate' | 'opening'>,
  ): Promise<PolicyApproval> {
    const { jobs, skipped } = await this.jobs.enqueueMany({
      machineIds: [machineId],
      action,
      parameters: plan?.parameters ?? {},
      requestedBy: actor,
      requestId: id,
      scheduleId: actor.id,
      followedBy,
      windowOverride: windowOverride ?? undefined,
    });
    const [job] = jobs;
    if (job === undefined) {
      const [why] = skipped;
      return { kind: 'left_out', code: why?.code ?? 'not_queued', message: why?.message ?? say.plan_expired() };
    }
    const now = await this.clock.now(tx.manager);
    await affected(tx.manager, APPROVE, [id, now, say.policy_of({ schedule: actor.name }), actor.id]);
    await affected(tx.manager, TARGET_QUEUED, [id, machineId, job.jobId]);
    await this.seals.sealDecision(tx, id);
    await this.audit.record(tx.manager, {
      ...originOf(actor),
      action: 'request.approved_by_policy',
      objectType: 'action_request',
      objectId: id,
      machineId,
      outcome: 'ok',
      details: { action, planDigest, accepted: [...accepted], jobId: job.jobId, scheduleId: actor.id },
    });
    this.bus.changed(tx, { requestIds: [id] });
    return { kind: 'approved', jobId: job.jobId, ...known };
  }
}

/** Pure: the window for which it is too late, whatever opens next; null: there is none. */
function missedWindow(
  { standing, overWindow, now }: Pick<GateStanding, 'standing' | 'overWindow' | 'now'>,
  { since, awaited }: Pick<PolicyHolder, 'since' | 'awaited'>,
): string | null {
  if (overWindow !== null && overWindow.closedAt > since) return overWindow.name;
  // Windows that are gone bind what is left no more than anything else.
  if (awaited === null || (standing.kind === 'unbound' && overWindow === null)) return null;
  // It was cut short since: the next one is another.
  if (awaited.begun && standing.kind === 'later') return awaited.windowName;
  if (awaited.startBefore > now) return null;
  // What follows in a list may begin later than its first action could: the opening itself lasts.
  const lasts = standing.kind === 'open' && standing.from < awaited.startBefore;
  return lasts ? null : awaited.windowName;
}

function refusedFor({ code, detail }: DomainError): PolicyApproval {
  return { kind: 'refused', code, message: detail };
}

const APPROVE = `
  UPDATE action_requests SET status = 'approved', approved_at = $2, approved_by = $3, decided_by_id = $4
  WHERE id = $1 AND status = 'pending'`;

const LEFT_TO_PEOPLE = `UPDATE action_requests SET person_reason = $2 WHERE id = $1 AND status = 'pending'`;

const LET_GO = `
  WITH expired AS (
    UPDATE action_requests SET status = 'expired', decision_reason = $2 WHERE id = $1 AND status = 'pending' RETURNING id)
  UPDATE action_request_targets t SET status = 'expired' FROM expired WHERE t.request_id = expired.id`;

const TARGET_QUEUED = 'UPDATE action_request_targets SET job_id = $3 WHERE request_id = $1 AND machine_id = $2';
