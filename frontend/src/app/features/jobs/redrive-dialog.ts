import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, inject, signal } from '@angular/core';
import type { RedrivenDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';

/** What is to be started again, on how many machines, and what does it. */
export interface RedriveQuestion {
  readonly count: number;
  readonly machines: number;
  readonly redrive: () => Promise<RedrivenDto[]>;
}

/** Says how many jobs start again on how many machines, and starts them. Closes with what became of each. */
@Component({
  selector: 'su-redrive-dialog',
  imports: [ErrorNotice, Icon],
  template: `
    <form class="dialog" (submit)="$event.preventDefault(); redrive()">
      <header>
        <h1 id="redrive-title" class="grow">
          {{ texts.t('letters.redrive.title', { n: question.count, machines: question.machines }) }}
        </h1>
        <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('act.close')" (click)="ref.close()">
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body form">
        <p class="s t2">{{ texts.t('letters.redrive.text') }}</p>
        @if (problem(); as failed) {
          <su-error-notice [problem]="failed" />
        }
      </div>
      <footer>
        <button type="button" class="btn" (click)="ref.close()">{{ texts.t('act.cancel') }}</button>
        <button class="btn primary" [disabled]="busy()">
          {{ texts.t('letters.redrive.act', { machines: question.machines }) }}
        </button>
      </footer>
    </form>
  `,
})
export class RedriveDialog {
  protected readonly texts = inject(Texts);
  protected readonly ref = inject<DialogRef<RedrivenDto[]>>(DialogRef);
  protected readonly question = inject<RedriveQuestion>(DIALOG_DATA);
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);

  protected async redrive(): Promise<void> {
    this.busy.set(true);
    try {
      this.ref.close(await this.question.redrive());
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
