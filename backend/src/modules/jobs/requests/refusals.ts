import { DomainError } from '../../../kernel/errors/domain-error';
import { say } from '../jobs.sentences';
import type { RequestWithPlan } from './request-record';
import type { Confirmation } from './requests.service';

/** Why a plan cannot be confirmed; null when it can, or has been already. Pure. */
export function refusalToConfirm(request: RequestWithPlan, { digest, accepted }: Confirmation): DomainError | null {
  const { status, plan } = request;
  if (digest !== request.planDigest) return conflict('digest_differs', say.digest_differs(), say.plan_again());
  if (request.jobId !== null) return null;
  if (status === 'rejected') return conflict('request_rejected', say.request_rejected(), say.plan_again());
  if (status !== 'pending') return conflict('plan_expired', say.plan_expired(), say.plan_again());
  if (plan === null) return conflict('plan_unreadable', say.plan_unreadable(), say.plan_again());
  const blocked = plan.checks.filter(({ verdict }) => verdict === 'blocked');
  if (blocked.length > 0) {
    return new DomainError({
      code: 'plan_blocked',
      status: 409,
      detail: say.plan_blocked(),
      action: say.plan_blocked_action(),
      extensions: { checks: blocked.map(({ code }) => code) },
    });
  }
  const missing = plan.consequences.map(({ code }) => code).filter((code) => !accepted.includes(code));
  return missing.length === 0 ? null : notAccepted(missing);
}

/** Why a request cannot be rejected; null when it can. Pure. */
export function refusalToReject({ status }: RequestWithPlan): DomainError | null {
  return status === 'pending' ? null : conflict('request_decided', say.request_decided());
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
