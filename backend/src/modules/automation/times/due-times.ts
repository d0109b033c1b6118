import { CronExpression, CronExpressionParser, type CronFieldCollection } from 'cron-parser';
import { isTimeZone, localTime, momentOf } from './local-time';

/** What a schedule's `cron` says when it runs once, at its `run_at`. */
export const ONCE = '@once';

/** When a schedule is due. */
export interface Timing {
  /** Five fields, or {@link ONCE}. */
  readonly cron: string;
  /** Of a single run. */
  readonly runAt: Date | null;
  /** Of the IANA time zone database. */
  readonly timezone: string;
}

/** Why there are no due times. */
export type TimingProblem = 'cron_unreadable' | 'cron_never' | 'timezone_unknown' | 'run_at_missing' | 'run_at_unused';

const MINUTE = 60_000;
/** No seconds, and nothing that is chosen by chance (`H`). */
const FIVE_FIELDS = /^\S+(\s+\S+){4}$/;
const BY_CHANCE = /(^|[\s,/-])H/i;
const KEPT = 5_000;
const fields = new Map<string, CronFieldCollection>();

/** @returns null when it has due times, whether they are still to come or not */
export function timingProblem({
  cron,
  runAt,
  timezone,
}: Timing): { field: keyof Timing; problem: TimingProblem } | null {
  if (!isTimeZone(timezone)) return { field: 'timezone', problem: 'timezone_unknown' };
  if (cron === ONCE) return runAt === null ? { field: 'runAt', problem: 'run_at_missing' } : null;
  if (runAt !== null) return { field: 'runAt', problem: 'run_at_unused' };
  const problem = cronProblem(cron);
  return problem === null ? null : { field: 'cron', problem };
}

/**
 * The due times after a moment, in order; none when they are over. Preview and scheduler both read them here.
 *
 * cron-parser walks through local times; each is due once. What clocks that go forward leave out is due at the moment
 * they do, and of two equal local times, as clocks go back, the first is due.
 */
export function* dueTimesAfter(timing: Timing, after: Date): Generator<Date, undefined> {
  const { cron, runAt, timezone } = timing;
  let last = after.getTime();
  if (cron === ONCE) {
    if (runAt !== null && runAt.getTime() > last) yield runAt;
    return;
  }
  for (const local of localTimes(cron, localTime(timezone, last))) {
    const moment = momentOf(timezone, local);
    if (moment <= last) continue;
    last = moment;
    yield new Date(moment);
  }
}

/** The first due time after a moment; null when there is none. */
export function dueTimeAfter(timing: Timing, after: Date): Date | null {
  return dueTimesAfter(timing, after).next().value ?? null;
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

/** The local times from a local time on that the expression names. */
function* localTimes(cron: string, from: number): Generator<number, undefined> {
  const currentDate = new Date(Math.floor(from / MINUTE) * MINUTE - 1000);
  const expression = CronExpression.fieldsToExpression(fieldsOf(cron), { currentDate, tz: 'UTC' });
  for (;;) {
    const next = nextOf(expression);
    if (next === null) return;
    yield next;
  }
}

/** Null when the parser gives up: the expression names no day that there is. */
function nextOf(expression: CronExpression): number | null {
  try {
    return expression.next().getTime();
  } catch (error) {
    if (error instanceof Error && /loop limit|time span/.test(error.message)) return null;
    throw error;
  }
}

function cronProblem(cron: string): TimingProblem | null {
  if (!FIVE_FIELDS.test(cron) || BY_CHANCE.test(cron)) return 'cron_unreadable';
  try {
    const first = localTimes(cron, Date.UTC(2024, 0, 1)).next();
    return first.done === true ? 'cron_never' : null;
  } catch (error) {
    // The parser throws plain errors for whatever it cannot read; this one it read, and there is no such day.
    return error instanceof Error && error.message.includes('explicit day of month') ? 'cron_never' : 'cron_unreadable';
  }
}

function fieldsOf(cron: string): CronFieldCollection {
  let known = fields.get(cron);
  if (known === undefined) {
    if (fields.size >= KEPT) fields.clear();
    fields.set(cron, (known = CronExpressionParser.parse(cron, { tz: 'UTC' }).fields));
  }
  return known;
}
