import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, computed, inject, signal } from '@angular/core';
import type { EachResultDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { SHORTEST_REASON } from '../../ui/reason-dialog';
import type { DecideAll } from './request-group';

/** What is to be decided about how many requests, and what does it. */
export interface GroupDecision {
  /** `override`: confirm, and begin outside the maintenance windows. */
  readonly way: 'confirm' | 'override' | 'refuse';
  readonly n: number;
  /** Called again after a failure, it goes on where it stopped. */
  readonly decide: DecideAll;
}

/** Names the number, asks for a reason and decides. Closes with what became of each. */
@Component({
  selector: 'su-group-decision-dialog',
  imports: [ErrorNotice, Icon],
  template: `
    <form class="dialog" (submit)="$event.preventDefault(); decide()">
      <header>
        <h1 id="group-title" class="grow">{{ texts.t(key('title'), { n: decision.n }) }}</h1>
        <button
          type="button"
          class="btn quiet icon"
          [attr.aria-label]="texts.t('act.close')"
          [disabled]="busy()"
          (click)="ref.close()"
        >
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body form">
        <p class="s t2">{{ texts.t(key('text')) }}</p>
        <div>
          <label class="label" for="group-reason">{{
            texts.t(wanted ? 'windows.override.reason' : 'plan.reason')
          }}</label>
          <div class="field">
            <input
              id="group-reason"
              type="text"
              maxlength="500"
              [required]="wanted"
              [value]="reason()"
              (input)="reason.set(text.value)"
              #text
            />
          </div>
        </div>
        <p class="s" role="status">
          @if (busy()) {
            <su-icon class="small" name="arc" [spin]="true" />
            {{ texts.t('together.progress', { done: done(), n: decision.n }) }}
          }
        </p>
        @if (problem(); as failed) {
          <su-error-notice [problem]="failed" />
        }
      </div>
      <footer>
        <button type="button" class="btn" [disabled]="busy()" (click)="ref.close()">{{ texts.t('act.cancel') }}</button>
        <button
          class="btn"
          [class.primary]="decision.way === 'confirm'"
          [class.danger]="decision.way !== 'confirm'"
          [disabled]="!ready()"
        >
          {{ texts.t(key('act'), { n: decision.n }) }}
        </button>
      </footer>
    </form>
  `,
})
export class GroupDecisionDialog {
  protected readonly texts = inject(Texts);
  protected readonly ref = inject<DialogRef<readonly EachResultDto[]>>(DialogRef);
  protected readonly decision = inject<GroupDecision>(DIALOG_DATA);
  /** Why windows are set aside has to be said; why plans are confirmed or refused may be. */
  protected readonly wanted = this.decision.way === 'override';
  protected readonly reason = signal('');
  protected readonly busy = signal(false);
  protected readonly done = signal(0);
  protected readonly ready = computed(
    () => !this.busy() && (!this.wanted || this.reason().trim().length >= SHORTEST_REASON),
  );
  protected readonly problem = signal<Problem | null>(null);

  protected key<P extends string>(part: P): `together.${GroupDecision['way']}.${P}` {
    return `together.${this.decision.way}.${part}`;
  }

  protected async decide(): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    // What is being decided must be told of: it does not close on the way.
    this.ref.disableClose = true;
    try {
      this.ref.close(
        await this.decision.decide(this.reason().trim(), (done) => {
          this.done.set(done);
        }),
      );
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.ref.disableClose = false;
      this.busy.set(false);
    }
  }
}
