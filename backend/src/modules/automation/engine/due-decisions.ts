import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../automation.sentences';
import type { ScheduleRecord } from '../schedules/schedule-record';
import { dueTimesAfter } from '../times/due-times';

/** Why a due time does not run; the last is a fault, and there are no further ones. */
type RefusalKind = 'missed' | 'window_expired' | 'definition_unreadable';

/** What is done about one due time. */
export interface DueDecision {
  readonly dueAt: Date;
  /** Null: it runs. */
  readonly refusal: { readonly kind: RefusalKind; readonly message: Sentence } | null;
}

export interface DueDecisions {
  /** In order. */
  readonly decisions: readonly DueDecision[];
  /** The first due time that is not decided; null when there is none. */
  readonly next: Date | null;
  /** `next` has not come yet. */
  readonly complete: boolean;
}

type Due = Pick<
  ScheduleRecord,
  'cron' | 'runAt' | 'timezone' | 'timingProblem' | 'nextRunAt' | 'missedRuns' | 'graceSeconds' | 'windowSeconds'
>;

/**
 * Decides the due times that have come, the oldest `limit` of them. One that is on time runs; late for longer than the grace
 * it does as the schedule says. Of several the newest alone may run: the others are recorded as missed. A schedule whose times
 * cannot be told any more is due this once, and that is recorded as its fault. Pure.
 */
export function dueDecisions(schedule: Due, now: Date, limit: number): DueDecisions {
  const { nextRunAt, timingProblem } = schedule;
  if (timingProblem !== null && nextRunAt !== null && nextRunAt <= now) {
    const refusal = { kind: 'definition_unreadable', message: say.times_unreadable() } as const;
    return { decisions: [{ dueAt: nextRunAt, refusal }], next: null, complete: true };
  }
  const { times, next } = dueTimesUntil(schedule, now, limit);
  const complete = next === null || next > now;
  const newest = complete ? times.at(-1) : undefined;
  const madeUp = newest !== undefined && refusalOf(schedule, newest, now, true) === null ? newest : null;
  const decisions = times.map((dueAt): DueDecision => {
    const refusal = refusalOf(schedule, dueAt, now, dueAt === newest);
    if (refusal?.kind === 'missed' && madeUp !== null) {
      return { dueAt, refusal: { kind: 'missed', message: say.missed_made_up({ due: madeUp.toISOString() }) } };
    }
    return { dueAt, refusal };
  });
  return { decisions, next, complete };
}

/** The due times that a schedule leaves as it is changed or switched off: none of them runs any more. */
export function abandoned({ decisions, ...rest }: DueDecisions): DueDecisions {
  const refusal = { kind: 'missed', message: say.missed_before_change() } as const;
  return { ...rest, decisions: decisions.map((decision) => ({ ...decision, refusal: decision.refusal ?? refusal })) };
}

function dueTimesUntil(schedule: Due, now: Date, limit: number): { times: Date[]; next: Date | null } {
  const { nextRunAt } = schedule;
  if (nextRunAt === null || nextRunAt > now) return { times: [], next: nextRunAt };
  const times = [nextRunAt];
  for (const time of dueTimesAfter(schedule, nextRunAt)) {
    if (time > now || times.length >= limit) return { times, next: time };
    times.push(time);
  }
  return { times, next: null };
}

/** Null: it runs. */
function refusalOf(
  { missedRuns, graceSeconds, windowSeconds }: Due,
  dueAt: Date,
  now: Date,
  newest: boolean,
): DueDecision['refusal'] {
  const lateSeconds = (now.getTime() - dueAt.getTime()) / 1000;
  const onTime = newest && lateSeconds <= graceSeconds;
  // Of what is left out anyway it does not matter that its time is over, too.
  const end = onTime || missedRuns === 'window' ? endOf({ missedRuns, windowSeconds }, dueAt, now) : null;
  if (end !== null && end <= now) {
    return { kind: 'window_expired', message: say.window_expired({ end: end.toISOString() }) };
  }
  return onTime || (newest && missedRuns !== 'skip') ? null : { kind: 'missed', message: say.missed() };
}

/** So long machines may be begun; null: as long as it takes. What runs late, however late it is, has its time from then on. */
export function endOf(
  { missedRuns, windowSeconds }: Pick<Due, 'missedRuns' | 'windowSeconds'>,
  dueAt: Date,
  now: Date,
): Date | null {
  if (windowSeconds === null) return null;
  const from = missedRuns === 'run_once' && now > dueAt ? now : dueAt;
  return new Date(from.getTime() + windowSeconds * 1000);
}
