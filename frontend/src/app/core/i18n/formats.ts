import { inject, Injectable } from '@angular/core';
import { Clock } from '../time/clock';
import { Texts } from './texts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Numbers, sizes, ages and dates in the language that is on. Everything goes through `Intl`. */
@Injectable({ providedIn: 'root' })
export class Formats {
  private readonly texts = inject(Texts);
  private readonly clock = inject(Clock);
  private readonly cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

  number(value: number, digits = 0): string {
    return this.numbers({ maximumFractionDigits: digits }).format(value);
  }

  percent(value: number): string {
    return this.numbers({ style: 'percent', maximumFractionDigits: 0 }).format(value / 100);
  }

  /** Sizes count in powers of 1000, as disks and apt do. */
  bytes(value: number): string {
    const step = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
    const scaled = value / 1000 ** step;
    return this.numbers({
      style: 'unit',
      unit: UNITS[step] ?? 'byte',
      unitDisplay: 'short',
      maximumFractionDigits: step > 0 && scaled < 10 ? 1 : 0,
    }).format(scaled);
  }

  /** "6 min", "3 h", "12 d": the age of a moment, short. */
  age(iso: string): string {
    const old = (this.clock.ages() - Date.parse(iso)) / 1000;
    // The first minute is told by the second; older things need no redraw each second.
    return this.span(old < MINUTE ? (this.clock.seconds() - Date.parse(iso)) / 1000 : old);
  }

  /** Length of time in its largest unit. */
  span(seconds: number): string {
    const rest = Math.max(0, seconds);
    if (rest < MINUTE) {
      return this.texts.t('time.seconds', { n: Math.floor(rest) });
    }
    if (rest < HOUR) {
      return this.texts.t('time.minutes', { n: Math.floor(rest / MINUTE) });
    }
    return rest < 2 * DAY
      ? this.texts.t('time.hours', { n: Math.floor(rest / HOUR) })
      : this.texts.t('time.days', { n: Math.floor(rest / DAY) });
  }

  /** "2 min 14 s": time that something took, or takes so far when `end` is null. */
  elapsed(start: string, end: string | null): string {
    const until = end === null ? this.clock.seconds() : Date.parse(end);
    const seconds = Math.max(0, (until - Date.parse(start)) / 1000);
    if (seconds < 10 && end !== null) {
      return this.texts.t('time.seconds', { n: Math.round(seconds * 10) / 10 });
    }
    const whole = Math.floor(seconds);
    if (whole < MINUTE) {
      return this.texts.t('time.seconds', { n: whole });
    }
    return whole < HOUR
      ? this.texts.t('time.minutesSeconds', { m: Math.floor(whole / MINUTE), s: whole % MINUTE })
      : this.texts.t('time.hoursMinutes', { h: Math.floor(whole / HOUR), m: Math.floor((whole % HOUR) / MINUTE) });
  }

  /** "45 min", "2 h", "2 h 30 min", "7 d": a length that was chosen, whole. */
  length(seconds: number): string {
    const minutes = Math.round(seconds / MINUTE);
    const [h, m] = [Math.floor(minutes / MINUTE), minutes % MINUTE];
    if (h === 0) {
      return this.texts.t('time.minutes', { n: m });
    }
    if (m > 0) {
      return this.texts.t('time.hoursMinutes', { h, m });
    }
    return h % 24 === 0 && h > 24 ? this.texts.t('time.days', { n: h / 24 }) : this.texts.t('time.hours', { n: h });
  }

  /** Date, time and zone: for tooltips and records. */
  moment(iso: string): string {
    return this.dates({
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'short',
    }).format(new Date(iso));
  }

  /**
   * Date and time without zone, for tables whose heading says it.
   * @param zone by the clocks of this time zone; of one that the browser does not know, and by default, by its own
   */
  short(iso: string, zone?: string): string {
    return this.dates({ ...SHORT, ...inZone(zone) }).format(new Date(iso));
  }

  /** The same with its zone, where nothing beside it says by which clocks it is told. */
  shortWithZone(iso: string): string {
    return this.dates({ ...SHORT, timeZoneName: 'short' }).format(new Date(iso));
  }

  /** From one moment to another in the same way; what both have in common, such as the day, once. */
  range(from: string, until: string, zone?: string): string {
    return this.dates({ ...SHORT, ...inZone(zone) }).formatRange(new Date(from), new Date(until));
  }

  /** "02:30", or "02:30–04:30". */
  clockTime(from: string, until?: string): string {
    const dates = this.dates({ hour: '2-digit', minute: '2-digit' });
    return until === undefined ? dates.format(new Date(from)) : dates.formatRange(new Date(from), new Date(until));
  }

  /** Whether all of these moments are on one and the same day, by the clocks of the zone and by those of the browser. */
  onOneDay(zone: string, ...moments: string[]): boolean {
    const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    const days = [this.dates(day), this.dates({ ...day, ...inZone(zone) })];
    return new Set(moments.flatMap((iso) => days.map((dates) => dates.format(new Date(iso))))).size === 1;
  }

  time(iso: string): string {
    return this.dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(
      new Date(iso),
    );
  }

  day(iso: string): string {
    return this.dates({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }).format(new Date(iso));
  }

  list(parts: readonly string[]): string {
    return new Intl.ListFormat(this.texts.locale(), { type: 'conjunction' }).format(parts);
  }

  private numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    return this.cached(
      `n${JSON.stringify(options)}`,
      (locale) => new Intl.NumberFormat(locale, options),
    ) as Intl.NumberFormat;
  }

  private dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return this.cached(
      `d${JSON.stringify(options)}`,
      (locale) => new Intl.DateTimeFormat(locale, options),
    ) as Intl.DateTimeFormat;
  }

  private cached(
    key: string,
    make: (locale: string) => Intl.NumberFormat | Intl.DateTimeFormat,
  ): Intl.NumberFormat | Intl.DateTimeFormat {
    const locale = this.texts.locale();
    const full = `${locale}/${key}`;
    const found = this.cache.get(full) ?? make(locale);
    this.cache.set(full, found);
    return found;
  }
}

const SHORT = { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' } as const;

const inZone = (zone: string | undefined) => (zone !== undefined && isZone(zone) ? { timeZone: zone } : {});

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) {
      return false;
    }
    throw error;
  }
}
