import { Component, DestroyRef, effect, inject, input, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { OccurrenceDto, OccurrenceTargetDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { gathered } from '../../core/live/gathered';
import { Live } from '../../core/live/live';
import { Paged } from '../../core/paged';
import { Session } from '../../core/session/session';
import { PortalTitle } from '../../shell/portal-title';
import { Trail } from '../../shell/trail';
import { Dialogs } from '../../ui/dialogs';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JOB_ICON, JOB_STATE } from '../../ui/job-words';
import { LoadingNote } from '../../ui/loading-note';
import { ScheduleWords } from './schedule-words';
import { SchedulesApi } from './schedules-api';
import { TargetOverride } from './target-override';

/** One due time: what became of it on each machine. */
@Component({
  selector: 'su-occurrence-page',
  imports: [ErrorNotice, Icon, LoadingNote, RouterLink],
  templateUrl: './occurrence-page.html',
})
export class OccurrencePage {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(ScheduleWords);
  protected readonly session = inject(Session);
  protected readonly override = inject(TargetOverride);
  private readonly api = inject(SchedulesApi);
  private readonly dialogs = inject(Dialogs);
  readonly id = input.required<string>();
  protected readonly run = new Loadable<OccurrenceDto>();
  protected readonly targets = new Paged<OccurrenceTargetDto>((cursor) => this.api.targets(this.id(), cursor));
  protected readonly state = JOB_STATE;
  protected readonly icon = JOB_ICON;

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
      const run = this.run.value();
      if (run !== undefined) {
        title.show(run.scheduleName);
        trail.parts.set([
          { label: this.texts.t('schedules.title'), link: '/schedules' },
          { label: run.scheduleName, link: `/schedules/${run.scheduleId}` },
          { label: this.formats.short(run.dueAt, run.timezone) },
        ]);
      }
    });
    const refresh = gathered(() => this.refresh());
    inject(DestroyRef).onDestroy(
      live.on('schedule', ({ id }) => {
        if (id === this.run.value()?.scheduleId) {
          refresh();
        }
      }),
    );
  }

  protected async refresh(): Promise<void> {
    await Promise.all([this.run.load(() => this.api.occurrence(this.id())), this.targets.refresh()]);
  }

  protected goesOn({ status }: OccurrenceDto): boolean {
    return status === 'queued' || status === 'running';
  }

  protected async beginNow(run: OccurrenceDto, target: OccurrenceTargetDto): Promise<void> {
    await this.override.ask(run.id, target);
    await this.refresh();
  }

  protected async cancel(run: OccurrenceDto): Promise<void> {
    await this.dialogs.decide<OccurrenceDto>({
      title: 'schedules.cancel.title',
      params: { name: run.scheduleName },
      text: 'schedules.cancel.text',
      reason: 'schedules.cancel.reason',
      required: false,
      act: 'schedules.cancel',
      decide: (reason) => this.api.cancel(run.id, reason),
    });
    await this.refresh();
  }
}
