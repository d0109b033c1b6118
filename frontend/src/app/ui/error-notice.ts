import { Component, computed, inject, input, output } from '@angular/core';
import type { Problem } from '../core/errors/problem';
import { ProblemTexts } from '../core/errors/problem-texts';
import { Texts } from '../core/i18n/texts';
import { Icon } from './icon';

/** What could not be done, why, the code to tell others, and a way forward. */
@Component({
  selector: 'su-error-notice',
  imports: [Icon],
  template: `
    <div class="notice is-failed" role="alert">
      <su-icon name="failed" />
      <div class="grow">
        @if (heading(); as text) {
          <b>{{ text }}</b>
        }
        <p>{{ sentence() }}</p>
        @if (action(); as text) {
          <p class="t2">{{ text }}</p>
        }
        <p class="xs t3 codes">
          {{ texts.t('problem.code') }} <code>{{ problem().code }}</code>
          @if (problem().requestId; as id) {
            · {{ texts.t('problem.request') }} <code>{{ id }}</code>
          }
        </p>
      </div>
      @if (retryable()) {
        <button type="button" class="btn" (click)="retry.emit()">{{ texts.t('act.tryAgain') }}</button>
      }
    </div>
  `,
  styles: `
    .codes {
      margin-top: 4px;
      overflow-wrap: anywhere;
    }
  `,
})
export class ErrorNotice {
  protected readonly texts = inject(Texts);
  private readonly words = inject(ProblemTexts);
  readonly problem = input.required<Problem>();
  readonly heading = input<string>();
  readonly retryable = input(false);
  readonly retry = output();
  protected readonly sentence = computed(() => this.words.sentence(this.problem()));
  protected readonly action = computed(() => this.words.action(this.problem()));
}
