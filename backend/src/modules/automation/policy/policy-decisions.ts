import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { ActionRegistry } from '../../jobs/actions/action-registry';
import type { Estimate } from '../../jobs/gate/run-durations';
import {
  PolicyApprovals,
  type AwaitedOpening,
  type AwaitedStanding,
  type PolicyHolder,
} from '../../jobs/requests/policy-approvals';
import type { RequestWithPlan } from '../../jobs/requests/request-record';
import { RequestsReader } from '../../jobs/requests/requests.reader';
import { say } from '../automation.sentences';
import type { PolicyDocument } from '../contracts/schedule-documents';
import { acceptedByAll, excessOfAll } from './policy-check';
import { PolicyHolders } from './policy-holders';
import type { StandingTerms } from './standing-schedules';

/** What becomes of a plan that a schedule made. */
export type PolicyDecision =
  | {
      readonly kind: 'run';
      readonly jobId: string;
      readonly estimate: Estimate | null;
      /** The opening in which it begins; null: it is bound by none. */
      readonly opening: AwaitedStanding | null;
    }
  /** It keeps to the policy, and may not begin now: it is planned again when its window opens. */
  | {
      readonly kind: 'later';
      readonly standing: AwaitedStanding;
      readonly estimate: Estimate | null;
      readonly parameters: Record<string, unknown>;
    }
  /** It keeps to the policy, but what it was due for is over: the opening that it waited for, or a single window. */
  | { readonly kind: 'missed'; readonly windowName: string }
  /** It is somebody else's plan, who asked for the same at the same time, or a newer one took its place: the schedule makes its own. */
  | { readonly kind: 'again' }
  | {
      readonly kind: 'left';
      /** `warning`: it waits for a person. */
      readonly status: 'warning' | 'error' | 'cancelled';
      readonly errorKind: string;
      /** A sentence a line. */
      readonly message: string;
      /** The same as the request itself says it: why it is left to people. */
      readonly reasons: readonly Sentence[];
    };

export interface PlannedChange {
  readonly requestId: string;
  /** When the run became due. */
  readonly policy: PolicyDocument | null;
  /** It is not the policy that was confirmed. */
  readonly policyAltered: boolean;
  /** Now: of the two policies the stricter counts. */
  readonly standing: StandingTerms;
  readonly actor: PolicyHolder['actor'];
  readonly followedBy: readonly string[];
  /** When the run began. */
  readonly since: Date;
  /** The opening of a maintenance window that its machine waited for, or began in. */
  readonly awaited: AwaitedOpening | null;
  /** Users who answer for what the schedule does; null: not known. */
  readonly answerableIds: readonly string[] | null;
  /** Why it may begin outside its maintenance window; null: it may not. */
  readonly windowOverride: string | null;
}

/** Holds plans against policies, and approves those that keep to them. */
@Injectable()
export class PolicyDecisions {
  constructor(
    private readonly requests: RequestsReader,
    private readonly approvals: PolicyApprovals,
    private readonly holders: PolicyHolders,
    private readonly registry: ActionRegistry,
  ) {}

  async decide(tx: Transaction, planned: PlannedChange): Promise<PolicyDecision> {
    const decision = await this.decisionOn(tx, planned);
    if (decision.kind === 'left') await this.approvals.leaveToPeople(tx, planned.requestId, decision.reasons);
    return decision;
  }

  private async decisionOn(tx: Transaction, planned: PlannedChange): Promise<PolicyDecision> {
    const request = await this.requests.find(planned.requestId, tx.manager);
    if (request === null) return left('error', 'plan_gone', say.plan_gone());
    const { type, id } = request.requestedBy;
    if (type !== 'schedule' || id !== planned.actor.id) return { kind: 'again' };
    // A newer plan of the same schedule took its place before it was looked at.
    if (request.status === 'expired') return { kind: 'again' };
    const { unwanted } = planned.standing;
    if (unwanted !== null) {
      await this.letGo(tx, request.id, unwanted);
      return left('cancelled', 'left_schedule', unwanted);
    }
    const blocked = request.plan?.checks.find(({ verdict }) => verdict === 'blocked');
    // What the check says is a sentence that the plan keeps.
    if (blocked !== undefined) return left('error', 'plan_blocked', blocked.sentence as Sentence);
    const beyond = await this.notAllowed(tx, request, planned);
    if (beyond.length > 0) return forPeople(beyond);
    const { actor, followedBy, since, awaited, windowOverride, policy, standing } = planned;
    const accepted = acceptedByAll([policy, standing.policy]);
    const holder = { actor, followedBy, since, awaited, windowOverride, accepted };
    const approval = await this.approvals.approve(tx, request, holder);
    if (approval.kind === 'replaced') return { kind: 'again' };
    if (approval.kind === 'missed') return approval;
    if (approval.kind === 'later') return { ...approval, parameters: request.plan?.parameters ?? {} };
    if (approval.kind === 'approved') return { ...approval, kind: 'run' };
    if (approval.kind === 'person') return forPeople(approval.reasons);
    if (approval.kind === 'left_out') return left('cancelled', approval.code, approval.message);
    return left('error', approval.code, say.plan_refused({ why: approval.message }));
  }

  /** Nobody has to decide what is not wanted any more. */
  async letGo(tx: Transaction, requestId: string, why: Sentence): Promise<void> {
    await this.approvals.letGo(tx, requestId, why);
  }

  /** All that nobody allows; without a policy, or without a plan that can be read, nothing is. */
  private async notAllowed(
    tx: Transaction,
    { plan, action }: RequestWithPlan,
    { policy, standing, policyAltered, answerableIds }: PlannedChange,
  ): Promise<Sentence[]> {
    const { policy: stands, problem } = standing;
    if (plan === null || policy === null || stands === null) return [problem ?? say.no_policy()];
    const effects = this.registry.findChange(action)?.packageEffects?.(plan.details) ?? null;
    const holder = await this.holders.problem(tx.manager, answerableIds);
    const altered = policyAltered ? say.policy_altered() : null;
    const reasons = [altered, problem, ...excessOfAll([policy, stands], plan, effects), holder];
    return [...new Set(reasons.filter((reason) => reason !== null))];
  }
}

/** The run says first that it waits, then each reason. */
function forPeople(reasons: readonly Sentence[]): PolicyDecision {
  const [why = '', ...others] = reasons;
  const message = [say.approval_needed({ why }), ...others].join('\n');
  return { kind: 'left', status: 'warning', errorKind: 'approval_needed', message, reasons };
}

function left(
  status: Extract<PolicyDecision, { kind: 'left' }>['status'],
  errorKind: string,
  message: Sentence,
): PolicyDecision {
  return { kind: 'left', status, errorKind, message, reasons: [message] };
}
