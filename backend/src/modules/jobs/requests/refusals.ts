import { notPermitted } from '../../../kernel/auth/access.guard';
import { roleAllows } from '../../../kernel/auth/permissions';
import { DomainError } from '../../../kernel/errors/domain-error';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type { ActionPlanDocument } from '../contracts/action-plan';
import { say } from '../jobs.sentences';
import { sentencesOf, type Approval } from '../rules/approval';
import type { Decider } from './decider';
import type { RequestWithPlan } from './request-record';
import type { Confirmation } from './requests.service';

/**
 * Why it is not for this person to confirm it; null when it is. Nobody may but who has the permission, unless a rule leaves
 * it to whoever asked. Pure.
 */
export function refusalToDecide(
  { requestedBy, answerableIds }: RequestWithPlan,
  approval: Approval,
  { actor, role }: Decider,
): DomainError | null {
  const asker = requestedBy.type === 'user' && requestedBy.id === actor.id;
  const scheduled = requestedBy.type === 'schedule' && requestedBy.id !== null;
  const why = sentencesOf(approval)[0] ?? '';
  if (approval.administrators && role !== 'administrator') {
    return new DomainError({ code: 'administrator_needed', status: 403, detail: say.administrator_needed({ why }) });
  }
  if (!roleAllows(role, 'changes.confirm') && !(asker && approval.ownConfirmation)) {
    return notPermitted(role, 'changes.confirm');
  }
  if (!approval.fourEyes) return null;
  if (asker) return fourEyes(say.four_eyes_needed({ why }), say.four_eyes_needed_action());
  // A schedule asks in the name of people: they would confirm what they have asked for themselves.
  if (answerableIds?.includes(actor.id) === true) {
    return fourEyes(say.four_eyes_schedule({ why }), say.four_eyes_schedule_action());
  }
  if (!scheduled || answerableIds !== null) return null;
  return fourEyes(say.four_eyes_unknown({ why }), say.four_eyes_unknown_action());
}

/** Why a plan cannot be confirmed; null when it can, or has been already by the same person. Pure. */
export function refusalToConfirm(
  request: RequestWithPlan,
  { digest }: Confirmation,
  { actor }: { readonly actor: Pick<Decider['actor'], 'id'> },
): DomainError | null {
  const { status } = request;
  if (request.planDigest === null && status === 'pending') {
    return conflict('request_planning', say.request_planning(), say.request_planning_action());
  }
  if (digest !== request.planDigest) return conflict('digest_differs', say.digest_differs(), say.plan_again());
  // The same again is no second decision; of two people only one decided.
  const confirmed = request.decidedById !== null && status !== 'rejected';
  if (confirmed) return request.decidedById === actor.id ? null : decidedAlready(request);
  if (status === 'rejected') return conflict('request_rejected', say.request_rejected(), say.plan_again());
  if (status !== 'pending') return conflict('plan_expired', say.plan_expired(), say.plan_again());
  return null;
}

/** What stands in the plans themselves against carrying them out; null when nothing does. Null for plans: one cannot be read. Pure. */
export function refusalOfPlans(
  { unreadable }: RequestWithPlan,
  plans: readonly ActionPlanDocument[] | null,
  { accepted }: Confirmation,
): DomainError | null {
  // Nobody decides about what is known in part only: what the rules asked for may stand in the rest.
  if (plans === null || unreadable.length > 0) return notReadable();
  const blocked = plans.flatMap(({ checks }) => checks.filter(({ verdict }) => verdict === 'blocked'));
  if (blocked.length > 0) {
    return new DomainError({
      code: 'plan_blocked',
      status: 409,
      detail: say.plan_blocked(),
      action: say.plan_blocked_action(),
      extensions: { checks: blocked.map(({ code }) => code) },
    });
  }
  const missing = consequencesLeft(plans, accepted);
  return missing.length === 0 ? null : notAccepted(missing);
}

/** What follows from these plans and is not among what was accepted, by code. Pure. */
export function consequencesLeft(
  plans: readonly Pick<ActionPlanDocument, 'consequences'>[],
  accepted: readonly string[],
): string[] {
  const asked = new Set(plans.flatMap(({ consequences }) => consequences.map(({ code }) => code)));
  return [...asked].filter((code) => !accepted.includes(code));
}

/** Why a request cannot be rejected; null when it can, or when this person has rejected it. Pure. */
export function refusalToReject(request: RequestWithPlan, { actor }: Decider): DomainError | null {
  const { status, decidedById } = request;
  const sameAgain = status === 'rejected' && decidedById === actor.id;
  return status === 'pending' || sameAgain ? null : decidedAlready(request);
}

/** Why somebody cannot take a request back; null when they can. Pure. */
export function refusalToWithdraw(request: RequestWithPlan, decider: Decider): DomainError | null {
  const { type, id } = request.requestedBy;
  if (type === 'user' && id === decider.actor.id) return refusalToReject(request, decider);
  return new DomainError({
    code: 'not_the_asker',
    status: 403,
    detail: say.not_the_asker(),
    action: say.not_the_asker_action(),
  });
}

export function notReadable(): DomainError {
  return conflict('plan_unreadable', say.plan_unreadable(), say.plan_again());
}

export function forSeveral(): DomainError {
  return conflict('several_machines', say.several_machines(), say.several_machines_action());
}

/** Null: it is only known that somebody did. */
export function decidedAlready(request: Pick<RequestWithPlan, 'decidedAt' | 'decidedBy'> | null): DomainError {
  const by = request?.decidedBy ?? null;
  if (by === null) return conflict('request_decided', say.request_decided());
  return new DomainError({
    code: 'request_decided',
    status: 409,
    detail: say.request_decided_by({ name: by }),
    extensions: { decidedBy: by, decidedAt: request?.decidedAt?.toISOString() ?? null },
  });
}

export function confirmedOtherwise(): DomainError {
  return conflict('confirmed_otherwise', say.confirmed_otherwise(), say.confirmed_otherwise_action());
}

export function altered(): DomainError {
  return conflict('request_altered', say.request_altered(), say.plan_again());
}

function fourEyes(detail: Sentence, action: Sentence): DomainError {
  return new DomainError({ code: 'four_eyes', status: 403, detail, action });
}

function notAccepted(missing: readonly string[]): DomainError {
  const codes = missing.join(', ');
  return new DomainError({
    code: 'consequences_not_accepted',
    status: 400,
    detail: say.consequences_not_accepted({ codes }),
    errors: [{ field: 'accepted', message: say.consequences_not_accepted({ codes }) }],
    extensions: { missing },
  });
}

function conflict(
  code: string,
  detail: DomainError['detail'],
  action?: NonNullable<DomainError['action']>,
): DomainError {
  return new DomainError({ code, status: 409, detail, ...(action === undefined ? {} : { action }) });
}
