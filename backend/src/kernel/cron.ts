import { CronExpression, CronExpressionParser, type CronFieldCollection } from 'cron-parser';
import { isClockChangeNear, isTimezone, localTime, momentsOf } from './local-time';

export { isTimezone } from './local-time';

/** A local time that comes again. */
export interface Recurrence {
  /** Five fields: minute, hour, day of the month, month, day of the week; also `L`, `FRI#2`. */
  readonly cron: string;
  /** IANA name: `Europe/Paris`. */
  readonly timezone: string;
}

/**
 * What keeps a recurrence from being used; `nth`: `FRI#2` is not alone; `step`: longer than what it goes through, so it would mean
 * its first value alone; `never` is a date that no calendar has.
 */
export const RECURRENCE_PROBLEMS = ['cron', 'nth', 'step', 'timezone', 'never'] as const;
export type RecurrenceProblem = (typeof RECURRENCE_PROBLEMS)[number];

const FIELD = /^[0-9A-Za-z*,/#?-]+$/;
/** Spreads by a hash of a name: nobody could tell beforehand when it is due. */
const HASHED = /(^|,)H/;
const MINUTE_MS = 60_000;
/** Clocks are changed by this at most. */
const LONGEST_CHANGE_MS = 3 * 60 * MINUTE_MS;
/** So many values each field has. */
const VALUES = [60, 24, 31, 12, 7];
/** A moment from which every expression that ever comes is found: leap days are years apart. */
const SOME_DAY = Date.UTC(2024, 0, 1);
/** Expressions that were read. */
const REMEMBERED = 5_000;
const remembered = new Map<string, CronFieldCollection>();

/** Whether a recurrence can be used; null when it can. */
export function recurrenceProblem({ cron, timezone }: Recurrence): RecurrenceProblem | null {
  if (!isTimezone(timezone)) return 'timezone';
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5 || !fields.every((field) => FIELD.test(field) && !HASHED.test(field))) return 'cron';
  if (fields[4] !== undefined && /#.*[,/-]|[,/-].*#/.test(fields[4])) return 'nth';
  if (fields.some((field, at) => stepTooLong(field, VALUES[at] ?? 0))) return 'step';
  try {
    return localTimes(fieldsOf(cron), SOME_DAY).next().done === true ? 'never' : null;
  } catch (error) {
    // The parser tells of days that no month has in the same way as of words that it does not know.
    return error instanceof Error && error.message.includes('explicit day of month') ? 'never' : 'cron';
  }
}

function stepTooLong(field: string, values: number): boolean {
  return field.split(',').some((part) => {
    const [, from, to, step] = /^(?:\*|\?|(\d+)(?:-(\d+))?)\/(\d+)$/.exec(part) ?? [];
    if (step === undefined) return false;
    const through = from === undefined ? values : (to === undefined ? values : Number(to) + 1) - Number(from);
    return Number(step) > through;
  });
}

/**
 * The moments at which a recurrence is due after `after`, in order, without end, and the same wherever the search begins.
 * What is shown beforehand and what is done come from here alone.
 *
 * Where a change of the clocks leaves a local time out, it is due as long after midnight as on any other day (02:30
 * becomes 03:30); one that comes twice is due at the first. Where the hour is `*`, the hours that pass count: it is due in
 * each of them, also in one that the clocks show twice, and what they leave out is no hour.
 *
 * @throws Error for what {@link recurrenceProblem} refuses
 */
export function* dueTimes({ cron, timezone }: Recurrence, after: Date): Generator<Date, void, undefined> {
  const fields = fieldsOf(cron);
  const eachHour = fields.hour.isWildcard;
  const from = after.getTime();
  const near = isClockChangeNear(timezone, from, LONGEST_CHANGE_MS);
  let last = from;
  /** Found before the ones that come first: the second of two equal local times, or one that the clocks left out. */
  let later: number[] = [];
  for (const local of localTimes(fields, localTime(timezone, from) - (near ? LONGEST_CHANGE_MS : 0))) {
    const { first, second, leftOut } = momentsOf(timezone, local);
    if (leftOut) {
      if (!eachHour) later.push(first);
      continue;
    }
    if (eachHour && second !== null) later.push(second);
    for (const moment of [...later.filter((one) => one < first).sort((a, b) => a - b), first]) {
      if (moment <= last) continue;
      last = moment;
      yield new Date(moment);
    }
    if (later.length > 0) later = later.filter((one) => one > last);
  }
}

/** The local times from one on that an expression names, each once, in milliseconds as if they were of UTC. */
function* localTimes(fields: CronFieldCollection, from: number): Generator<number, void, undefined> {
  const currentDate = new Date(Math.floor(from / MINUTE_MS) * MINUTE_MS - 1000);
  const expression = CronExpression.fieldsToExpression(fields, { currentDate, tz: 'UTC' });
  for (;;) {
    // Empty where the parser finds none for years.
    const [next] = expression.take(1);
    if (next === undefined) return;
    yield next.getTime();
  }
}

function fieldsOf(cron: string): CronFieldCollection {
  let known = remembered.get(cron);
  if (known === undefined) {
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(cron, (known = CronExpressionParser.parse(cron, { tz: 'UTC' }).fields));
  }
  return known;
}
