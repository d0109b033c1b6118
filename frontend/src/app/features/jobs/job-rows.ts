import { Component, inject, input, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { JobDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { Activity } from '../../core/live/activity';
import { Session } from '../../core/session/session';
import { Ago } from '../../ui/ago';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JOB_ICON, JOB_STATE, JobWords } from '../../ui/job-words';

/** Jobs as rows: state, what, machine, now, started by, since; Watch, and Cancel where it is allowed. */
@Component({
  selector: 'su-job-rows',
  imports: [Ago, ErrorNotice, Icon, RouterLink],
  templateUrl: './job-rows.html',
})
export class JobRows {
  protected readonly texts = inject(Texts);
  protected readonly words = inject(JobWords);
  protected readonly session = inject(Session);
  private readonly activity = inject(Activity);
  readonly jobs = input.required<readonly JobDto[]>();
  /** Name of the table for screen readers. */
  readonly label = input.required<string>();
  /** False on the page of one machine. */
  readonly withMachine = input(true);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly state = JOB_STATE;
  protected readonly icon = JOB_ICON;

  protected async cancel(job: JobDto): Promise<void> {
    try {
      await this.activity.cancel(job.id);
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}
