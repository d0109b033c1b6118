import { inject, Injectable } from '@angular/core';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { rhythmOf, WEEKDAYS } from './recurrence';

/** 4 January 1970 was a Sunday. */
const SUNDAY = Date.UTC(1970, 0, 4);
const DAY_MS = 86_400_000;

/** Recurrences as people say them. */
@Injectable({ providedIn: 'root' })
export class RecurrenceWords {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);

  /** "Every day at 02:00", "Sat and Sun at 23:05", "Second Friday of the month at 04:30", "Once, …". */
  sentence({ cron, onceAt }: { readonly cron: string; readonly onceAt: string | null }): string {
    const rhythm = rhythmOf(cron);
    switch (rhythm.kind) {
      case 'once':
        return this.texts.t('recurrence.once.at', { at: onceAt === null ? '' : this.formats.short(onceAt) });
      case 'weekly':
        return rhythm.days.length === 7
          ? this.texts.t('recurrence.daily.at', { time: rhythm.time })
          : this.texts.t('recurrence.weekly.at', {
              days: this.formats.list(WEEKDAYS.filter((day) => rhythm.days.includes(day)).map((day) => this.day(day))),
              time: rhythm.time,
            });
      case 'monthly':
        return this.texts.t('recurrence.monthly.at', {
          week: this.texts.t(`recurrence.week.${weekKey(rhythm.week)}`),
          day: this.day(rhythm.day, 'long'),
          time: rhythm.time,
        });
      case 'cron':
        return this.texts.t('recurrence.cron.at', { cron });
    }
  }

  day(day: number, width: 'short' | 'long' = 'short'): string {
    const form = new Intl.DateTimeFormat(this.texts.locale(), { weekday: width, timeZone: 'UTC' });
    return form.format(new Date(SUNDAY + day * DAY_MS));
  }
}

export function weekKey(week: number): '1' | '2' | '3' | '4' | '5' {
  return String(week) as '1' | '2' | '3' | '4' | '5';
}
