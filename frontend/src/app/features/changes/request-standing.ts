import type { PlanDto, RequestDetailDto, RequestDto } from '../../api/models';
import { isOverdue } from '../../core/live/waiting-requests';

/** Less time than this for a decision is said in the colour of a warning. */
export const SOON_MS = 60 * 60 * 1000;

/**
 * Where a request stands for whoever looks at it. `replaced` and `overdue` are both `expired` to the server, and lead
 * on alike; `blocked` and `unreadable` still wait, and cannot be confirmed.
 */
export type Standing =
  'planning' | 'waiting' | 'blocked' | 'unreadable' | 'expired' | 'rejected' | 'confirmed' | 'executed';

/** A plan whose time ran out while it was on the screen counts as expired at once. Pure. */
export function standingOf(
  request: RequestDto & Partial<Pick<RequestDetailDto, 'plan' | 'blocked' | 'several' | 'unreadable'>>,
  now: number,
): Standing {
  switch (request.status) {
    case 'pending':
      return isOverdue(request, now)
        ? 'expired'
        : request.planning > 0
          ? 'planning'
          : (request.unreadable ?? []).length > 0 || (request.plan === null && (request.several ?? null) === null)
            ? 'unreadable'
            : request.blocked === true
              ? 'blocked'
              : 'waiting';
    case 'approved':
      return 'confirmed';
    case 'rejected':
    case 'expired':
    case 'executed':
      return request.status;
    default:
      return 'expired';
  }
}

/** How the run of one that was carried out ended; of several machines each has its own. Pure. */
export function runEndOf({ runStatus }: Pick<RequestDto, 'runStatus'>): 'well' | 'failed' | 'stopped' {
  return runStatus === 'error' ? 'failed' : runStatus === 'cancelled' ? 'stopped' : 'well';
}

/** Codes of the consequences that must still be ticked, in the plan's order, each once. Pure. */
export function notAccepted(
  plan: { readonly consequences: readonly Pick<PlanDto['consequences'][number], 'code'>[] },
  accepted: ReadonlySet<string>,
): string[] {
  return [...new Set(plan.consequences.map(({ code }) => code))].filter((code) => !accepted.has(code));
}

/** The digest in groups of four, its middle left out: enough to tell plans apart at a glance. */
export function shortDigest(digest: string): string {
  const fours = digest.match(/.{1,4}/g) ?? [];
  return fours.length <= 4 ? fours.join(' ') : `${fours.slice(0, 3).join(' ')} … ${fours.at(-1) ?? ''}`;
}
