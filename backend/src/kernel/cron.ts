import { CronExpressionParser } from 'cron-parser';

/** A local time that comes again. */
export interface Recurrence {
  /** Five fields: minute, hour, day of the month, month, day of the week; also `L`, `FRI#2`. */
  readonly cron: string;
  /** IANA name: `Europe/Paris`. */
  readonly timezone: string;
}

/** What keeps a recurrence from being used; `never` is a date that no calendar has. */
export type RecurrenceProblem = 'cron' | 'timezone' | 'never';

const ZONE = /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/;
const FIELD = /^[0-9A-Za-z*,/#?-]+$/;
/** Spreads by a hash of a name: nobody could tell beforehand when it is due. */
const HASHED = /(^|,)H/;

/** Whether a recurrence can be used; null when it can. */
export function recurrenceProblem({ cron, timezone }: Recurrence): RecurrenceProblem | null {
  if (!isTimezone(timezone)) return 'timezone';
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5 || !fields.every((field) => FIELD.test(field) && !HASHED.test(field))) return 'cron';
  try {
    const parsed = CronExpressionParser.parse(cron, { tz: timezone });
    return parsed.hasNext() ? null : 'never';
  } catch (error) {
    // The parser tells of days that no month has in the same way as of words that it does not know.
    return error instanceof Error && error.message.includes('explicit day of month') ? 'never' : 'cron';
  }
}

/** Whether a time zone exists, by the zone data of this program. */
export function isTimezone(name: string): boolean {
  if (!ZONE.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/**
 * The moments at which a recurrence is due after `after`, in order, without end. What is shown beforehand and what is
 * done come from here alone. A local time that a change of the clocks leaves out is due as long after midnight as on any
 * other day (02:30 becomes 03:30); one that comes twice is due at the first.
 *
 * @throws Error for what {@link recurrenceProblem} refuses
 */
export function* dueTimes({ cron, timezone }: Recurrence, after: Date): Generator<Date, void, undefined> {
  const times = CronExpressionParser.parse(cron, { currentDate: after, tz: timezone });
  for (;;) yield times.next().toDate();
}
