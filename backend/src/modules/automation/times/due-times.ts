import { dueTimes, isTimezone, recurrenceProblem, type RecurrenceProblem } from '../../../kernel/cron';

/** What a schedule's `cron` says when it runs once, at its `run_at`. */
export const ONCE = '@once';

/** When a schedule is due. */
export interface Timing {
  /** Five fields, or {@link ONCE}. */
  readonly cron: string;
  /** Of a single run. */
  readonly runAt: Date | null;
  /** IANA name: `Europe/Paris`. */
  readonly timezone: string;
}

/** Why there are no due times. */
export const TIMING_PROBLEMS = [
  'cron_unreadable',
  'cron_nth',
  'cron_step',
  'cron_never',
  'timezone_unknown',
  'run_at_missing',
  'run_at_unused',
] as const;
export type TimingProblem = (typeof TIMING_PROBLEMS)[number];

interface FieldOfTiming {
  readonly field: keyof Timing;
  readonly problem: TimingProblem;
}

const problems: Readonly<Record<RecurrenceProblem, FieldOfTiming>> = {
  cron: { field: 'cron', problem: 'cron_unreadable' },
  nth: { field: 'cron', problem: 'cron_nth' },
  step: { field: 'cron', problem: 'cron_step' },
  never: { field: 'cron', problem: 'cron_never' },
  timezone: { field: 'timezone', problem: 'timezone_unknown' },
};

/** What keeps it from being used, by field; null when nothing does. */
export function timingProblem({ cron, runAt, timezone }: Timing): FieldOfTiming | null {
  if (cron === ONCE) {
    if (!isTimezone(timezone)) return problems.timezone;
    return runAt === null ? { field: 'runAt', problem: 'run_at_missing' } : null;
  }
  const problem = recurrenceProblem({ cron, timezone });
  if (problem !== null) return problems[problem];
  return runAt === null ? null : { field: 'runAt', problem: 'run_at_unused' };
}

/** The due times after a moment, in order; none when they are over. Preview and scheduler both read them here. */
export function* dueTimesAfter(timing: Timing, after: Date): Generator<Date, void, undefined> {
  const { cron, runAt, timezone } = timing;
  if (cron !== ONCE) yield* dueTimes({ cron, timezone }, after);
  else if (runAt !== null && runAt > after) yield runAt;
}

/** The first due time after a moment; null when there is none. */
export function dueTimeAfter(timing: Timing, after: Date): Date | null {
  const [first] = nextDueTimes(timing, after, 1);
  return first ?? null;
}

/** At most `count` of them, the next first. */
export function nextDueTimes(timing: Timing, after: Date, count: number): Date[] {
  const times: Date[] = [];
  for (const time of dueTimesAfter(timing, after)) {
    times.push(time);
    if (times.length >= count) break;
  }
  return times;
}
