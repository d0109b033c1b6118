import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, inject, signal } from '@angular/core';
import type { RequestDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { WaitingRequests } from '../../core/live/waiting-requests';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { ChangesApi } from './changes-api';

/** Refuses a plan, with a reason where there is one to give. Closes with the request as it stands then. */
@Component({
  selector: 'su-reject-dialog',
  imports: [ErrorNotice, Icon],
  template: `
    <form class="dialog" (submit)="$event.preventDefault(); reject()">
      <header>
        <h1 id="reject-title">{{ texts.t('reject.title', { name: request.machineName }) }}</h1>
        <span class="grow"></span>
        <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('act.close')" (click)="ref.close()">
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body form">
        <p class="s t2">{{ texts.t('reject.text') }}</p>
        <div>
          <label class="label" for="reject-reason">{{ texts.t('reject.reason') }}</label>
          <div class="field area">
            <textarea
              id="reject-reason"
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
        <button class="btn danger" [disabled]="busy()">{{ texts.t('plan.refuse') }}</button>
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
export class RejectDialog {
  protected readonly texts = inject(Texts);
  protected readonly ref = inject<DialogRef<RequestDto>>(DialogRef);
  protected readonly request = inject<RequestDto>(DIALOG_DATA);
  private readonly api = inject(ChangesApi);
  private readonly waiting = inject(WaitingRequests);
  protected readonly reason = signal('');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);

  protected async reject(): Promise<void> {
    this.busy.set(true);
    try {
      const rejected = await this.api.reject(this.request.id, this.reason().trim());
      this.waiting.receive(rejected);
      this.ref.close(rejected);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
