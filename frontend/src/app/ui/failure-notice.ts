import { Component, computed, inject, input } from '@angular/core';
import { ErrorKinds } from '../core/errors/error-kinds';
import { Said } from '../core/i18n/said';
import { Texts } from '../core/i18n/texts';
import type { Failure } from './failure';
import { Icon } from './icon';

/** A failure in plain words, with the lines that show it and what to do next. */
@Component({
  selector: 'su-failure-notice',
  imports: [Icon],
  template: `
    @let one = failure();
    <section class="notice" [class]="one.severity === 'error' ? 'is-failed' : 'is-stale'" [attr.aria-label]="title()">
      <su-icon [name]="one.severity === 'error' ? 'failed' : 'warning'" />
      <div class="grow">
        <b [attr.lang]="named() ? null : said.lang(one, 'message')">{{ title() }}</b>
        @if (named()) {
          <p [attr.lang]="said.lang(one, 'message')">{{ said.of(one, 'message') }}</p>
        }
        @if (one.evidence.length > 0) {
          <pre tabindex="0" [attr.aria-label]="texts.t('failure.evidence')">{{
            one.evidence.join(
              '
'
            )
          }}</pre>
        }
        @if (one.remedy) {
          <p>
            <span class="b">{{ texts.t('failure.next') }}</span>&ngsp;
            <span [attr.lang]="said.lang(one, 'remedy')">{{ said.of(one, 'remedy') }}</span>
          </p>
        }
        @if (kind(); as known) {
          @if (known.risk) {
            <p class="t2">
              {{ texts.t('remedy.risky') }}&ngsp;
              <span [attr.lang]="said.lang(known, 'risk')">{{ said.of(known, 'risk') }}</span>
            </p>
          } @else {
            <p class="t2">{{ texts.t('remedy.noRisk') }}</p>
          }
        }
        @if (one.kind) {
          <p class="xs t3">
            {{ texts.t('problem.code') }} <code>{{ one.kind }}</code>
          </p>
        }
      </div>
    </section>
  `,
  styles: `
    :host {
      display: block;
    }

    p {
      margin-top: 2px;
      overflow-wrap: anywhere;
    }

    pre {
      max-height: 16rem;
      margin: 6px 0;
      padding: 8px 12px;
      border-radius: var(--r-m);
      background: var(--sunken);
      overflow: auto;
      color: var(--text);
      font-size: var(--t-xs);
      white-space: pre-wrap;
      overflow-wrap: anywhere;
    }
  `,
})
export class FailureNotice {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  private readonly errorKinds = inject(ErrorKinds);
  readonly failure = input.required<Failure>();
  protected readonly kind = computed(() => this.errorKinds.of(this.failure().kind));

  /** The portal has words of its own for this class. */
  protected named(): boolean {
    return this.texts.has(`error.${this.failure().kind ?? ''}`);
  }

  protected title(): string {
    const failure = this.failure();
    return this.texts.known(`error.${failure.kind ?? ''}`, this.said.of(failure, 'message'));
  }
}
