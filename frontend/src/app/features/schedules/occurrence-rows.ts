import { Component, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { OccurrenceDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { EmptyState } from '../../ui/empty-state';
import { Icon } from '../../ui/icon';
import { JOB_ICON, JOB_STATE } from '../../ui/job-words';
import { ScheduleWords } from './schedule-words';

/** Due times as rows: when, what it came to, on how many machines, or why it did not run. */
@Component({
  selector: 'su-occurrence-rows',
  imports: [EmptyState, Icon, RouterLink],
  templateUrl: './occurrence-rows.html',
})
export class OccurrenceRows {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(ScheduleWords);
  readonly occurrences = input.required<readonly OccurrenceDto[]>();
  readonly label = input.required<string>();
  protected readonly state = JOB_STATE;
  protected readonly icon = JOB_ICON;
}
