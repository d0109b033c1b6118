import { NgTemplateOutlet } from '@angular/common';
import { Component, DestroyRef, effect, inject, input, signal, untracked } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { OccurrenceDto, ScheduleDetailDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { gathered } from '../../core/live/gathered';
import { Live } from '../../core/live/live';
import { Paged } from '../../core/paged';
import { Session } from '../../core/session/session';
import { PortalTitle } from '../../shell/portal-title';
import { Trail } from '../../shell/trail';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { RecurrenceWords } from '../../ui/recurrence/recurrence-words';
import { TakesFocus } from '../../ui/takes-focus';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import { OccurrenceRows } from './occurrence-rows';
import { startable } from './schedule-draft';
import { ScheduleWords } from './schedule-words';
import { SchedulesApi } from './schedules-api';

/** One schedule: what it does and may do, when it is due next, and every due time so far. */
@Component({
  selector: 'su-schedule-page',
  imports: [ErrorNotice, Icon, LoadingNote, NgTemplateOutlet, OccurrenceRows, RouterLink, TakesFocus, UnreadableNotes],
  templateUrl: './schedule-page.html',
  styleUrl: './schedule-page.scss',
})
export class SchedulePage {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(ScheduleWords);
  protected readonly times = inject(RecurrenceWords);
  protected readonly said = inject(Said);
  protected readonly session = inject(Session);
  private readonly api = inject(SchedulesApi);
  private readonly router = inject(Router);
  readonly id = input.required<string>();
  protected readonly schedule = new Loadable<ScheduleDetailDto>();
  protected readonly occurrences = new Paged<OccurrenceDto>((cursor) => this.api.occurrences(this.id(), cursor));
  protected readonly problem = signal<Problem | null>(null);
  /** What is about to be done to it: either way it runs by itself no more. */
  protected readonly ending = signal<'remove' | 'disable' | null>(null);
  protected readonly busy = signal(false);

  constructor() {
    const live = inject(Live);
    const trail = inject(Trail);
    const title = inject(PortalTitle);
    effect(() => {
      this.id();
      live.returns();
      untracked(() => void this.refresh());
    });
    effect(() => {
      const schedule = this.schedule.value();
      if (schedule !== undefined) {
        title.show(schedule.name);
        trail.parts.set([{ label: this.texts.t('schedules.title'), link: '/schedules' }, { label: schedule.name }]);
      }
    });
    const refresh = gathered(() => this.refresh());
    inject(DestroyRef).onDestroy(
      live.on('schedule', ({ id }) => {
        if (id === this.id()) {
          refresh();
        }
      }),
    );
  }

  protected async refresh(): Promise<void> {
    await Promise.all([this.schedule.load(() => this.api.get(this.id())), this.occurrences.refresh()]);
  }

  /** Whether this account may start what it does, as the server has it. */
  protected startable(schedule: ScheduleDetailDto): boolean {
    return startable(schedule.actions, (permission) => this.session.can(permission));
  }

  protected run(): Promise<void> {
    return this.act(async () => {
      const { id } = await this.api.run(this.id());
      await this.router.navigate(['/schedules/runs', id]);
    });
  }

  protected enable(schedule: ScheduleDetailDto, enabled: boolean): Promise<void> {
    return this.act(async () => {
      this.schedule.set(await this.api.setEnabled(schedule, enabled));
      this.ending.set(null);
    });
  }

  protected end(schedule: ScheduleDetailDto, how: 'remove' | 'disable'): Promise<void> {
    return how === 'remove' ? this.remove(schedule) : this.enable(schedule, false);
  }

  private remove(schedule: ScheduleDetailDto): Promise<void> {
    return this.act(async () => {
      await this.api.remove(schedule);
      await this.router.navigate(['/schedules']);
    });
  }

  private async act(work: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    try {
      await work();
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
      await this.refresh();
    } finally {
      this.busy.set(false);
    }
  }
}
