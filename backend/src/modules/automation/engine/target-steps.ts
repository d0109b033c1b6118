import { MACHINE_ARCHIVED } from '../../jobs/archived-work';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../automation.sentences';
import type { FinalStatus } from '../entities/automation.values';
import type { EndedTarget, TargetEnd } from './target-store';

/** Why an occurrence begins nothing any more. */
export interface Stop {
  readonly kind: 'window_expired' | 'cancelled' | 'missed';
  readonly message: Sentence;
  /** Name of the person who wants it. */
  readonly by: string | null;
  readonly spares: Spares;
}

/**
 * Which machines go on all the same: none; those that wait for a maintenance window, or have begun in it, since that says how late they may be;
 * or those too on which anything was begun.
 */
export type Spares = 'none' | 'held' | 'begun';

/**
 * So often a change is planned anew in one run of a schedule when its machine had come to differ from the plan: several schedules that are due at
 * the same moment plan before the first of them has changed anything.
 */
const MOST_PLANNED_ANEW = 3;

type StepEnd = Extract<NextStep, { kind: 'end' }>;

/** What comes after the job that has ended on a machine. */
export type NextStep =
  /** `left`: the place of the first action that it has not done; `plan`: one that nobody has to decide about any more. */
  | { readonly kind: 'end'; readonly end: TargetEnd; readonly left: number; readonly plan: string | null }
  /** The plan is made: it is held against the policy. */
  | { readonly kind: 'decide'; readonly requestId: string }
  /** What its change needs is fetched, or could not be: it waits for its maintenance window. */
  | { readonly kind: 'hold' }
  /** The machine had come to differ from the plan, so nothing was changed: it is planned anew. */
  | { readonly kind: 'anew' }
  | { readonly kind: 'action'; readonly position: number; readonly worst: FinalStatus };

/** Pure. @param actions how many the schedule has @param stopped why the occurrence begins nothing any more */
export function nextStep(target: EndedTarget, actions: number, stopped: Stop | null): NextStep {
  const stop = stopOn(target, stopped);
  const { machineId, jobStatus, errorKind, errorMessage, position } = target;
  const end = (status: FinalStatus, kind: string | null, message: string | null, left = position): StepEnd => {
    return { kind: 'end', end: { machineId, status, errorKind: kind, errorMessage: message }, left, plan: null };
  };
  // The change fetches itself what is missing; on an archived machine there is none.
  if (target.stage === 'download' && errorKind !== MACHINE_ARCHIVED)
    return stop === null ? { kind: 'hold' } : end('cancelled', stop.kind, stop.message);
  if (jobStatus === null) return end('error', 'job_gone', say.job_gone());
  if (jobStatus === 'cancelled') {
    // Whoever stopped the occurrence stopped the job; else it says itself why.
    const why = target.cancelledBy === null ? null : say.cancelled_by({ name: target.cancelledBy });
    return end('cancelled', errorKind ?? stopped?.kind ?? 'cancelled', errorMessage ?? stopped?.message ?? why);
  }
  const { drifts } = target;
  if (jobStatus === 'error' && drifts > 0 && drifts <= MOST_PLANNED_ANEW)
    return stop === null ? { kind: 'anew' } : end('cancelled', stop.kind, stop.message);
  if (jobStatus === 'error') return end('error', errorKind, errorMessage);
  const plan = target.stage === 'plan' ? target.jobRequestId : null;
  const worst = worse(target.worstStatus, jobStatus);
  const next = plan === null ? position + 1 : position;
  if (next >= actions) return end(worst, null, null, next);
  if (stop !== null) return { ...end('cancelled', stop.kind, stop.message, next), plan };
  return plan === null ? { kind: 'action', position: next, worst } : { kind: 'decide', requestId: plan };
}

/** Null: the machine goes on. */
function stopOn({ startBefore, jobStatus, stage, position }: EndedTarget, stop: Stop | null): Stop | null {
  if (stop === null || stop.spares === 'none') return stop;
  if (startBefore !== null) return null;
  // What waited in the queue was taken back with the stop; of a plan nothing was carried out.
  return stop.spares === 'held' || (position === 0 && (jobStatus === 'cancelled' || stage === 'plan')) ? stop : null;
}

/** The worse of two good ends. */
export function worse(before: FinalStatus | null, now: 'ok' | 'warning'): FinalStatus {
  return before === null || before === 'ok' ? now : before;
}
