/** What people choose a recurrence by. */
export type Rhythm =
  /** On chosen weekdays (0 is Sunday) at a time, `HH:MM`. */
  | { readonly kind: 'weekly'; readonly days: readonly number[]; readonly time: string }
  /** On the first, second … weekday of each month. */
  | { readonly kind: 'monthly'; readonly week: number; readonly day: number; readonly time: string }
  | { readonly kind: 'once' }
  /** Five fields, as they are written. */
  | { readonly kind: 'cron' };

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 0] as const;
export const WEEKS = [1, 2, 3, 4, 5] as const;
const NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Pure: the cron of a rhythm; that of `cron` itself stands elsewhere. */
export function cronOf(rhythm: Exclude<Rhythm, { kind: 'cron' }>): string {
  if (rhythm.kind === 'once') {
    return '@once';
  }
  const [hour = 0, minute = 0] = rhythm.time.split(':').map(Number);
  const at = `${String(minute)} ${String(hour)} * *`;
  if (rhythm.kind === 'monthly') {
    return `${at} ${NAMES[rhythm.day] ?? 'SUN'}#${String(rhythm.week)}`;
  }
  const days = WEEKDAYS.filter((day) => rhythm.days.includes(day));
  return `${at} ${days.length === 7 ? '*' : days.map((day) => NAMES[day]).join(',')}`;
}

/** Pure: the rhythm that a cron is of; `cron` where people must read it themselves. */
export function rhythmOf(cron: string): Rhythm {
  if (cron === '@once') {
    return { kind: 'once' };
  }
  const found = /^(\d{1,2}) (\d{1,2}) \* \* (\S+)$/.exec(cron.trim());
  const [, minute = '', hour = '', weekdays = ''] = found ?? [];
  if (found === null || Number(minute) > 59 || Number(hour) > 23) {
    return { kind: 'cron' };
  }
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  const [name = '', week] = weekdays.split('#');
  if (week !== undefined) {
    const day = dayOf(name);
    const known = WEEKS.find((one) => String(one) === week);
    return day === null || known === undefined ? { kind: 'cron' } : { kind: 'monthly', week: known, day, time };
  }
  const days = weekdays === '*' ? [...WEEKDAYS] : weekdays.split(',').map(dayOf);
  return days.every((day) => day !== null) ? { kind: 'weekly', days, time } : { kind: 'cron' };
}

function dayOf(name: string): number | null {
  const at = NAMES.indexOf(name.toUpperCase());
  if (at >= 0) {
    return at;
  }
  return /^[0-7]$/.test(name) ? Number(name) % 7 : null;
}
