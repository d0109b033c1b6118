import { Component, computed, inject, input } from '@angular/core';
import type { PlanCheckDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';

type Verdict = PlanCheckDto['verdict'];

const ICON: Readonly<Record<Verdict, IconName>> = {
  ok: 'clean',
  warning: 'warning',
  blocked: 'failed',
  unknown: 'unknown',
};
const COLOUR: Readonly<Record<Verdict, string>> = {
  ok: 'fg-clean',
  warning: 'fg-stale',
  blocked: 'fg-failed',
  unknown: 'fg-unknown',
};

/** Most serious first, each verdict in the order of the plan. Pure. */
export function bySeverity(checks: readonly PlanCheckDto[]): PlanCheckDto[] {
  const order: readonly Verdict[] = ['blocked', 'warning', 'unknown', 'ok'];
  return order.flatMap((verdict) => checks.filter((check) => check.verdict === verdict));
}

/** The look before the change: first what deviates and what to do about it, then how much is in order. */
@Component({
  selector: 'su-checks',
  imports: [Icon],
  template: `
    @if (deviating().length > 0) {
      <section class="card" aria-labelledby="needs-look">
        <header>
          <h2 id="needs-look">{{ texts.t('plan.needsLook') }}</h2>
          <span class="grow"></span>
          <span class="chip is-stale"><su-icon name="warning" />{{ formats.number(deviating().length) }}</span>
        </header>
        <ul class="in">
          @for (check of deviating(); track check.code) {
            <li>
              <su-icon [name]="icon[check.verdict]" [class]="colour[check.verdict]" />
              <div>
                <b [attr.lang]="said.lang(check, 'sentence')"
                  ><span class="unseen">{{ texts.t(verdictKey(check)) }}{{ texts.t('text.colon') }} </span
                  >{{ said.of(check, 'sentence') }}</b
                >
                @if (check.action) {
                  <small [attr.lang]="said.lang(check, 'action')">{{ said.of(check, 'action') }}</small>
                }
              </div>
            </li>
          }
        </ul>
      </section>
    }
    <section class="card" [attr.aria-label]="texts.t('plan.readiness')">
      <details class="in">
        <summary class="s">
          <span class="chip" [class]="deviating().length === 0 ? 'is-clean' : 'is-stale'"
            ><su-icon [name]="deviating().length === 0 ? 'clean' : 'warning'" />{{
              texts.t('plan.ready', { n: ready().length, total: checks().length })
            }}</span
          >
          <span class="t2">{{ texts.t('plan.readiness') }}</span>
        </summary>
        <ul>
          @for (check of ready(); track check.code) {
            <li>
              <su-icon name="tick" class="fg-clean" />
              <div [attr.lang]="said.lang(check, 'sentence')">{{ said.of(check, 'sentence') }}</div>
            </li>
          }
        </ul>
      </details>
    </section>
  `,
  styles: `
    :host {
      display: contents;
    }

    li {
      display: grid;
      grid-template-columns: 18px minmax(0, 1fr);
      gap: 2px 9px;
      padding: 7px 0;
      border-top: 1px solid var(--line);
      font-size: var(--t-s);
      line-height: 1.4;
      overflow-wrap: anywhere;
    }

    .in > li:first-child {
      border-top: 0;
    }

    b {
      font-weight: 620;
    }

    small {
      display: block;
      color: var(--text-2);
      font-size: var(--t-xs);
    }

    summary {
      min-height: 1.5rem;
      cursor: pointer;
    }

    summary .t2 {
      margin-left: 8px;
    }

    details ul {
      margin-top: 8px;
    }
  `,
})
export class Checks {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  readonly checks = input.required<readonly PlanCheckDto[]>();
  protected readonly icon = ICON;
  protected readonly colour = COLOUR;
  protected readonly deviating = computed(() => bySeverity(this.checks()).filter(({ verdict }) => verdict !== 'ok'));
  protected readonly ready = computed(() => this.checks().filter(({ verdict }) => verdict === 'ok'));

  protected verdictKey({ verdict }: PlanCheckDto): `plan.verdict.${Verdict}` {
    return `plan.verdict.${verdict}`;
  }
}
