import { dueTimes, recurrenceProblem, type RecurrenceProblem } from '../../kernel/cron';

const MINUTE_MS = 60_000;
/** Nobody waits longer than that for a window. */
const HORIZON_MS = 366 * 24 * 60 * MINUTE_MS;
/** So many openings of one window are looked at: a window of every minute is open without end, whatever the rest is. */
const OPENINGS_MAX = 400;

/** When a window opens, and for how long. */
export interface Opens {
  readonly name: string;
  readonly cron: string;
  /** Of a single opening. */
  readonly opensAt: Date | null;
  readonly timezone: string;
  readonly durationMinutes: number;
}

/** A stretch of time in which changes may begin. */
export interface Opening {
  readonly from: Date;
  readonly until: Date;
  /** Of the window that opens it. */
  readonly name: string;
}

/** Whether work of a length may begin, by the windows that count. */
export type Standing =
  /** No window speaks of the machine. */
  | { readonly kind: 'unbound' }
  /** `latestStart`: begun later, it could not end inside. */
  | ({ readonly kind: 'open' | 'later'; readonly latestStart: Date } & Opening)
  /**
   * None is long enough; `longestSeconds` is the longest there is, 0 when none opens any more. `unreadable`: names of those
   * that could be, if it could be told when they open.
   */
  | { readonly kind: 'never'; readonly longestSeconds: number; readonly unreadable: readonly string[] };

/**
 * Why nobody can tell when a window opens; null: it can be told. None is saved so, but its row may have been edited, or the zone data of
 * this program may not have its zone any more. Such a window binds its machines as any other, and opens at no time.
 */
export function timingProblem({ cron, timezone }: Pick<Opens, 'cron' | 'timezone'>): RecurrenceProblem | null {
  return cron === '@once' ? null : recurrenceProblem({ cron, timezone });
}

/** Of the next year, the openings that have not ended at `now`, in order; those that touch are one. */
export function* openings(windows: readonly Opens[], now: Date): Generator<Opening, void, undefined> {
  const all = inOrder(windows.map((window) => openingsOf(window, now)));
  const first = all.next();
  if (first.done === true) return;
  let current: Opening = first.value;
  for (const next of all) {
    if (next.from > current.until) {
      yield current;
      current = next;
    } else if (next.until > current.until) current = { ...current, until: next.until };
  }
  yield current;
}

/** The next of them, so many at most. */
export function nextOpenings(windows: readonly Opens[], now: Date, count: number): Opening[] {
  const found: Opening[] = [];
  for (const opening of openings(windows, now)) {
    found.push(opening);
    if (found.length === count) break;
  }
  return found;
}

/** Pure: when work of `seconds` may begin. */
export function standing(windows: readonly Opens[], seconds: number, now: Date): Standing {
  if (windows.length === 0) return { kind: 'unbound' };
  let longestMs = 0;
  for (const opening of openings(windows, now)) {
    const { from, until } = opening;
    const latestStart = new Date(until.getTime() - seconds * 1000);
    longestMs = Math.max(longestMs, until.getTime() - from.getTime());
    if (latestStart >= from && latestStart > now) {
      return { kind: from <= now ? 'open' : 'later', latestStart, ...opening };
    }
  }
  const unreadable = windows.filter((window) => timingProblem(window) !== null).map(({ name }) => name);
  return { kind: 'never', longestSeconds: Math.floor(longestMs / 1000), unreadable };
}

/** What several generators bring in order, in one order; no further than somebody asks. */
function* inOrder(sources: readonly Generator<Opening, void, undefined>[]): Generator<Opening, void, undefined> {
  const heads = sources.map((source) => source.next());
  for (;;) {
    let first = -1;
    heads.forEach((head, at) => {
      const best = heads[first];
      if (head.done !== true && (best === undefined || best.done === true || head.value.from < best.value.from))
        first = at;
    });
    const head = heads[first];
    const source = sources[first];
    if (head === undefined || head.done === true || source === undefined) return;
    yield head.value;
    heads[first] = source.next();
  }
}

function* openingsOf(window: Opens, now: Date): Generator<Opening, void, undefined> {
  const { name, cron, opensAt, durationMinutes } = window;
  const lengthMs = durationMinutes * MINUTE_MS;
  const opening = (from: Date): Opening => ({ from, until: new Date(from.getTime() + lengthMs), name });
  if (cron === '@once') {
    if (opensAt !== null && opensAt.getTime() + lengthMs > now.getTime()) yield opening(opensAt);
    return;
  }
  // One that cannot be read must not keep the others from being asked.
  if (timingProblem(window) !== null) return;
  let count = 0;
  for (const from of dueTimes(window, new Date(now.getTime() - lengthMs))) {
    if (from.getTime() > now.getTime() + HORIZON_MS || count === OPENINGS_MAX) return;
    count += 1;
    yield opening(from);
  }
}
