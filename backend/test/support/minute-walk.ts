/**
 * The due times of a cron expression by walking through every minute, knowing nothing of the product: its fields are
 * compared with what Intl says the clock on the wall shows. Names, lists, steps, ranges, `L` and `#` of weekdays.
 */

const MINUTE = 60_000;
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Wall {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
  readonly lastDay: boolean;
}

/**
 * Due times in (from, to], both whole minutes. Where the hour is `*`, every minute counts as it passes; else a local time
 * that comes twice counts once, and one that the clocks leave out comes as long after the change as it lies after its begin.
 */
export function walkMinutes(cron: string, zone: string, from: Date, to: Date): Date[] {
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  const matches = matcher(cron);
  const eachHour = cron.split(' ')[1] === '*';
  const due = new Set<number>();
  // A day earlier, so that the first of two equal local times is known as such.
  let furthest = local(shown, from.getTime() - 1440 * MINUTE);
  for (let at = from.getTime() - 1439 * MINUTE; at <= to.getTime(); at += MINUTE) {
    const now = local(shown, at);
    if ((eachHour || now > furthest) && matches(wallOf(now))) due.add(at);
    for (let wall = furthest + MINUTE; wall < now && !eachHour; wall += MINUTE) {
      if (matches(wallOf(wall))) due.add(at + wall - furthest - MINUTE);
    }
    furthest = Math.max(furthest, now);
  }
  return [...due]
    .filter((at) => at > from.getTime() && at <= to.getTime())
    .sort((a, b) => a - b)
    .map((at) => new Date(at));
}

function local(shown: Intl.DateTimeFormat, at: number): number {
  return Date.parse(`${shown.format(at).replace(' ', 'T')}:00Z`);
}

function wallOf(wall: number): Wall {
  const date = new Date(wall);
  const tomorrow = new Date(wall + 1440 * MINUTE);
  return {
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
    lastDay: tomorrow.getUTCDate() === 1,
  };
}

function matcher(cron: string): (wall: Wall) => boolean {
  const [minutes = '', hours = '', days = '', months = '', weekdays = ''] = cron.split(' ');
  const ofDay = (wall: Wall): boolean => {
    const day = (days === 'L' && wall.lastDay) || (days !== 'L' && within(days, wall.day, 1, 31));
    const weekday = weekdays.includes('#') ? nth(weekdays, wall) : within(weekdays, wall.weekday, 0, 6);
    if (days === '*' || weekdays === '*') return day && weekday;
    return day || weekday;
  };
  return (wall) =>
    within(minutes, wall.minute, 0, 59) &&
    within(hours, wall.hour, 0, 23) &&
    within(months, wall.month, 1, 12) &&
    ofDay(wall);
}

function nth(field: string, { day, weekday }: Wall): boolean {
  const [name = '', number] = field.split('#');
  return numberOf(name) === weekday && Math.ceil(day / 7) === Number(number);
}

function within(field: string, value: number, lowest: number, highest: number): boolean {
  return field.split(',').some((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [first = '', last] = range === '*' ? [String(lowest), String(highest)] : range.split('-');
    const begin = numberOf(first);
    const end = last === undefined ? (part.includes('/') ? highest : begin) : numberOf(last);
    return value >= begin && value <= end && (value - begin) % Number(step) === 0;
  });
}

function numberOf(word: string): number {
  const day = DAYS.indexOf(word);
  return day === -1 ? Number(word) : day;
}
