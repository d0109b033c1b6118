import { Component, computed, DestroyRef, effect, inject, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { CalendarDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { gathered } from '../../core/live/gathered';
import { Live } from '../../core/live/live';
import { Session } from '../../core/session/session';
import { Clock } from '../../core/time/clock';
import { Trail } from '../../shell/trail';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JOB_ICON, JOB_STATE } from '../../ui/job-words';
import { LoadingNote } from '../../ui/loading-note';
import { RecurrenceWords } from '../../ui/recurrence/recurrence-words';
import { WEEKDAYS } from '../../ui/recurrence/recurrence';
import { entriesByDay, type DayEntries } from './calendar-entries';
import { dayKey, weeksOf } from './calendar-month';
import { ScheduleTabs } from './schedule-tabs';
import { SchedulesApi } from './schedules-api';

const DAY_MAX = 4;

/** What was due this month, what it came to, and what is still to come. */
@Component({
  selector: 'su-calendar-page',
  imports: [EmptyState, ErrorNotice, Icon, LoadingNote, RouterLink, ScheduleTabs],
  templateUrl: './calendar-page.html',
  styleUrl: './calendar-page.scss',
})
export class CalendarPage {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(RecurrenceWords);
  protected readonly session = inject(Session);
  private readonly api = inject(SchedulesApi);
  private readonly clock = inject(Clock);
  protected readonly weekdays = WEEKDAYS;
  protected readonly state = JOB_STATE;
  protected readonly icon = JOB_ICON;
  protected readonly most = DAY_MAX;
  /** Months from the present one. */
  protected readonly offset = signal(0);
  protected readonly month = computed(() => {
    const now = new Date();
    return new Date(now.getFullYear(), now.getMonth() + this.offset(), 1);
  });
  protected readonly weeks = computed(() => weeksOf(this.month()));
  protected readonly today = computed(() => dayKey(new Date(this.clock.ages())));
  protected readonly calendar = new Loadable<CalendarDto>();
  protected readonly byDay = computed<ReadonlyMap<string, DayEntries>>(() => {
    const calendar = this.calendar.value();
    const days = this.weeks().flat();
    return calendar === undefined
      ? new Map<string, DayEntries>()
      : entriesByDay(
          calendar,
          days.map(({ date }) => date),
        );
  });
  /** Days that show all that they have. */
  protected readonly opened = signal<ReadonlySet<string>>(new Set());

  constructor() {
    const trail = inject(Trail);
    const live = inject(Live);
    effect(() => {
      trail.parts.set([
        { label: this.texts.t('schedules.title'), link: '/schedules' },
        { label: this.texts.t('schedules.calendar') },
      ]);
    });
    effect(() => {
      this.offset();
      live.returns();
      untracked(() => void this.refresh());
    });
    const refresh = gathered(() => this.refresh());
    const stops = [live.on('schedule', refresh), live.on('schedule.removed', refresh)];
    inject(DestroyRef).onDestroy(() => {
      for (const stop of stops) {
        stop();
      }
    });
  }

  protected toggle(day: string): void {
    this.opened.update((days) => new Set(days.has(day) ? [...days].filter((one) => one !== day) : [...days, day]));
  }

  protected refresh(): Promise<void> {
    const days = this.weeks().flat();
    const from = days.at(0)?.date ?? new Date();
    const last = days.at(-1)?.date ?? new Date();
    const to = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
    return this.calendar.load(() => this.api.calendar(from.toISOString(), to.toISOString()));
  }

  protected heading(): string {
    return new Intl.DateTimeFormat(this.texts.locale(), { month: 'long', year: 'numeric' }).format(this.month());
  }

  protected time(at: string): string {
    return new Intl.DateTimeFormat(this.texts.locale(), {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }).format(new Date(at));
  }
}
