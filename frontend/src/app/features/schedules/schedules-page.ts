import { Component, DestroyRef, effect, inject, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { ScheduleDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { gathered } from '../../core/live/gathered';
import { Live } from '../../core/live/live';
import { Paged } from '../../core/paged';
import type { Permission } from '../../core/session/permissions';
import { Session } from '../../core/session/session';
import { Trail } from '../../shell/trail';
import { Ago } from '../../ui/ago';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JOB_ICON, JOB_STATE } from '../../ui/job-words';
import { LoadingNote } from '../../ui/loading-note';
import { RecurrenceWords } from '../../ui/recurrence/recurrence-words';
import { TakesFocus } from '../../ui/takes-focus';
import { startable } from './schedule-draft';
import { ScheduleTabs } from './schedule-tabs';
import { ScheduleWords } from './schedule-words';
import { SchedulesApi } from './schedules-api';

/** What runs by itself, when next, and how it went last. */
@Component({
  selector: 'su-schedules-page',
  imports: [Ago, EmptyState, ErrorNotice, Icon, LoadingNote, RouterLink, ScheduleTabs, TakesFocus],
  templateUrl: './schedules-page.html',
  styles: `
    .last {
      margin-right: 6px;
    }
  `,
})
export class SchedulesPage {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(ScheduleWords);
  protected readonly times = inject(RecurrenceWords);
  protected readonly session = inject(Session);
  private readonly api = inject(SchedulesApi);
  protected readonly schedules = new Paged<ScheduleDto>((cursor) => this.api.list(cursor));
  protected readonly problem = signal<Problem | null>(null);
  /** The schedule that is about to be turned off. */
  protected readonly disabling = signal<string | null>(null);
  protected readonly state = JOB_STATE;
  protected readonly icon = JOB_ICON;

  constructor() {
    const trail = inject(Trail);
    const live = inject(Live);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('schedules.title') }]);
    });
    effect(() => {
      live.returns();
      untracked(() => void this.schedules.refresh());
    });
    const refresh = gathered(() => this.schedules.refresh());
    const stops = [live.on('schedule', refresh), live.on('schedule.removed', refresh)];
    inject(DestroyRef).onDestroy(() => {
      for (const stop of stops) {
        stop();
      }
    });
  }

  /** What is on can be switched off by all who manage schedules; on by whoever may start what it does. */
  protected switchable(schedule: ScheduleDto): boolean {
    const may = (permission: Permission): boolean => this.session.can(permission);
    return may('schedules.manage') && (schedule.enabled || startable(schedule.actions, may));
  }

  protected async enable(schedule: ScheduleDto, enabled: boolean): Promise<void> {
    try {
      await this.api.setEnabled(schedule, enabled);
      this.problem.set(null);
      this.disabling.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
    await this.schedules.refresh();
  }
}
