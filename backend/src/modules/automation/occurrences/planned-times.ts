import { setImmediate as breath } from 'node:timers/promises';
import { dueTimesAfter, ONCE, timingProblem, type Timing } from '../times/due-times';

/** Of one schedule: one each minute would fill the calendar alone. */
export const MOST_OF_ONE = 400;
/** Times are due by the minute. */
const MOST_WITHIN_AN_HOUR = 60;
const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** So long nothing else is done in this process. */
const SLICE_MS = 10;
/** Pieces that are remembered, of 461 times at most each. */
const REMEMBERED = 4_000;

/** What of a schedule is needed to say when it will be due. */
export interface TimedSchedule extends Timing {
  readonly id: string;
  readonly name: string;
  readonly nextRunAt: Date | null;
}

/** When a schedule will be due within a span, in order. */
export interface ComingTimes<T extends TimedSchedule> {
  readonly schedule: T;
  readonly times: readonly number[];
  /** It has more than {@link MOST_OF_ONE}: of its times only the first are told. */
  readonly often: boolean;
}

interface Found<T extends TimedSchedule> {
  readonly schedule: T;
  readonly times: number[];
  /** Its times before this are found. */
  until: number;
  often: boolean;
}

/**
 * The times to come of many schedules at once. What it costs grows with what is told of them, not with what there is: they are gone through
 * week by week until there is enough, what was found is remembered, one question at a time is worked on, and the process
 * does other things in between.
 */
export class PlannedTimes {
  private readonly remembered = new Map<string, readonly number[]>();
  private last: Promise<unknown> = Promise.resolve();
  private rested = performance.now();

  constructor(private readonly walk: (timing: Timing, after: Date) => Iterable<Date> = dueTimesAfter) {}

  /**
   * When schedules will be due from one moment to before another. Where they come to more than `most` times, not counting those that are
   * due too often to be told one by one, the first `most` and one more at least are there, and what comes after them may not be.
   */
  between<T extends TimedSchedule>(
    schedules: readonly T[],
    from: Date,
    to: Date,
    most: number,
  ): Promise<ComingTimes<T>[]> {
    const answer = this.last.then(() => this.find(schedules, from.getTime(), to.getTime(), most));
    // Whoever asked is told of a failure; the next question begins either way.
    this.last = answer.then(
      () => undefined,
      () => undefined,
    );
    return answer;
  }

  private async find<T extends TimedSchedule>(
    schedules: readonly T[],
    from: number,
    to: number,
    most: number,
  ): Promise<ComingTimes<T>[]> {
    const all = schedules.map((schedule): Found<T> => ({ schedule, times: [], until: from, often: false }));
    this.rested = performance.now();
    for (let end = from; end < to;) {
      end = Math.min(nextWeek(end), to);
      for (const one of all) await this.goOn(one, end);
      if (told(all, end) <= most) continue;
      // Those that look as if they were due too often may leave the others room.
      for (const one of all) if (isSuspect(one, from, to)) await this.goOn(one, to);
      if (told(all, end) > most) break;
    }
    return all;
  }

  /** Finds the times of a schedule up to a moment. */
  private async goOn<T extends TimedSchedule>(one: Found<T>, end: number): Promise<void> {
    const { schedule, times } = one;
    const first = schedule.nextRunAt?.getTime() ?? Infinity;
    while (one.until < end && !one.often) {
      const [from, to] = [Math.max(one.until, first), Math.min(nextWeek(one.until), end)];
      // Found by the whole week, so that it is remembered whatever span is asked for.
      if (from < to) times.push(...this.within(schedule, from).filter((time) => time >= from && time < to));
      one.until = to;
      one.often = times.length > MOST_OF_ONE;
      await this.rest();
    }
  }

  /** The times from the hour of a moment to the end of its week; so many at most that more than enough are left after the moment. */
  private within(timing: Timing, from: number): readonly number[] {
    const [start, end] = [Math.floor(from / HOUR_MS) * HOUR_MS, nextWeek(from)];
    const { cron, runAt, timezone } = timing;
    const key = JSON.stringify([start, timezone, cron, cron === ONCE ? runAt : null]);
    const known = this.remembered.get(key);
    const times = known ?? this.walkThrough(timing, start, end);
    // The one that nobody asked for the longest goes first.
    this.remembered.delete(key);
    this.remembered.set(key, times);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > REMEMBERED && oldest !== undefined) this.remembered.delete(oldest);
    return times;
  }

  private walkThrough(timing: Timing, start: number, end: number): readonly number[] {
    const times: number[] = [];
    if (timingProblem(timing) !== null) return times;
    for (const time of this.walk(timing, new Date(start - 1))) {
      if (time.getTime() >= end || times.length > MOST_OF_ONE + MOST_WITHIN_AN_HOUR) break;
      times.push(time.getTime());
    }
    return times;
  }

  private async rest(): Promise<void> {
    if (performance.now() - this.rested < SLICE_MS) return;
    await breath();
    this.rested = performance.now();
  }
}

function nextWeek(time: number): number {
  return (Math.floor(time / WEEK_MS) + 1) * WEEK_MS;
}

/** How many times before a moment are told one by one. */
function told(all: readonly Found<TimedSchedule>[], end: number): number {
  const counts = all.map(({ times, often }) => (often ? 0 : times.findLastIndex((time) => time < end) + 1));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** By what there is of it so far, it would come to too many within the span. */
function isSuspect({ times, until, often }: Found<TimedSchedule>, from: number, to: number): boolean {
  return !often && until < to && times.length * ((to - from) / (until - from)) > MOST_OF_ONE;
}
