/**
 * Local times of a zone and moments, by the time zone data of this program. A local time is written as the milliseconds
 * that it would have in UTC.
 */

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Clocks are changed at whole quarters of an hour of UTC. */
const QUARTER = 15 * MINUTE;
/** Of one zone; a calendar of years stays below it. */
const KEPT = 20_000;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
}

const zones = new Map<string, Zone>();

/** `Europe/Paris`, `UTC`, and old names as `EST5EDT`. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*(\/[A-Za-z0-9_+-]+)*$/;

/** Whether a time zone exists, by the zone data of this program. */
export function isTimezone(name: string): boolean {
  if (!NAME.test(name)) return false;
  if (zones.has(name)) return true;
  try {
    formatOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The local time at a moment. */
export function localTime(zone: string, moment: number): number {
  return moment + offset(zone, moment);
}

/** When a local time comes. */
export interface LocalMoments {
  readonly first: number;
  /** Where the clocks go back it comes twice. */
  readonly second: number | null;
  /** The clocks leave it out as they go forward: `first` is when it would have come without that. */
  readonly leftOut: boolean;
}

export function momentsOf(zone: string, local: number): LocalMoments {
  const day = Math.floor(local / DAY) * DAY;
  const [from, to] = [day - DAY, day + 2 * DAY];
  const [before, after] = [offset(zone, from), offset(zone, to)];
  const first = local - before;
  if (before === after) return { first, second: null, leftOut: false };
  const change = changeBetween(zone, from, to, before);
  const second = local - after;
  if (first < change) return { first, second: second >= change ? second : null, leftOut: false };
  if (second >= change) return { first: second, second: null, leftOut: false };
  return { first, second: null, leftOut: true };
}

/** Whether the clocks are changed within so many milliseconds before or after a moment. */
export function isClockChangeNear(zone: string, moment: number, within: number): boolean {
  return offset(zone, moment - within) !== offset(zone, moment + within);
}

/** The first moment of the span at which the offset is not `before` any more. */
function changeBetween(zone: string, from: number, to: number, before: number): number {
  let [low, high] = [from / QUARTER, to / QUARTER];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(zone, middle * QUARTER) === before) low = middle;
    else high = middle;
  }
  return high * QUARTER;
}

function offset(name: string, moment: number): number {
  const zone = zoneOf(name);
  const quarter = Math.floor(moment / QUARTER);
  const known = zone.offsets.get(quarter);
  if (known !== undefined) return known;
  if (zone.offsets.size >= KEPT) zone.offsets.clear();
  const found = measuredOffset(zone.format, quarter * QUARTER);
  zone.offsets.set(quarter, found);
  return found;
}

function measuredOffset(format: Intl.DateTimeFormat, moment: number): number {
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - moment;
}

function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (zone === undefined) zones.set(name, (zone = { format: formatOf(name), offsets: new Map() }));
  return zone;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = 'numeric' as const;
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
}
