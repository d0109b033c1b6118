import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, inject, signal } from '@angular/core';
import type { JobDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JobsApi } from './jobs-api';

/** Gives up a change of which nobody can find out any more how it ended. Closes with the job as it stands then. */
@Component({
  selector: 'su-give-up-dialog',
  imports: [ErrorNotice, Icon],
  template: `
    <form class="dialog" (submit)="$event.preventDefault(); giveUp()">
      <header>
        <h1 id="give-up-title">{{ texts.t('giveUp.title', { name: job.machineName }) }}</h1>
        <span class="grow"></span>
        <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('act.close')" (click)="ref.close()">
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body form">
        <p class="s t2">{{ texts.t('giveUp.text') }}</p>
        <div>
          <label class="label" for="give-up-reason">{{ texts.t('giveUp.reason') }}</label>
          <div class="field area">
            <textarea
              id="give-up-reason"
              required
              rows="3"
              maxlength="500"
              [value]="reason()"
              (input)="reason.set(text.value)"
              #text
            ></textarea>
          </div>
        </div>
        @if (problem(); as failed) {
          <su-error-notice [problem]="failed" />
        }
      </div>
      <footer>
        <button type="button" class="btn" (click)="ref.close()">{{ texts.t('act.cancel') }}</button>
        <button class="btn danger" [disabled]="busy() || reason().trim().length < 3">
          {{ texts.t('giveUp.act') }}
        </button>
      </footer>
    </form>
  `,
  styles: `
    textarea {
      min-height: 4rem;
      font-family: inherit;
      font-size: var(--t-s);
    }
  `,
})
export class GiveUpDialog {
  protected readonly texts = inject(Texts);
  protected readonly ref = inject<DialogRef<JobDto>>(DialogRef);
  protected readonly job = inject<JobDto>(DIALOG_DATA);
  private readonly api = inject(JobsApi);
  protected readonly reason = signal('');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);

  protected async giveUp(): Promise<void> {
    this.busy.set(true);
    try {
      this.ref.close(await this.api.close(this.job.id, this.reason().trim()));
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
