import { Component, computed, inject, input } from '@angular/core';
import type { DocumentDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import { othersChangesOf, remaindersOf, type Remainder } from './result-remainder';

/** What else a run has looked for, each with none, how many, or why it was not measured; and what others changed meanwhile. */
@Component({
  selector: 'su-result-remainder',
  imports: [Icon],
  template: `
    @if (others().length > 0) {
      <section class="card list gap" aria-labelledby="others-changes">
        <header>
          <h2 id="others-changes">{{ texts.t('result.others') }}</h2>
        </header>
        <p class="in xs t2">{{ texts.t('result.others.note') }}</p>
        <div class="table-frame" tabindex="0" role="group" [attr.aria-label]="texts.t('result.others')">
          <table class="rows cards">
            <thead>
              <tr>
                <th scope="col">{{ texts.t('result.others.package') }}</th>
                <th scope="col">{{ texts.t('result.before') }}</th>
                <th scope="col">{{ texts.t('result.others.then') }}</th>
                <th scope="col">{{ texts.t('result.others.by') }}</th>
              </tr>
            </thead>
            <tbody>
              @for (change of others(); track $index) {
                <tr>
                  <td>
                    <b>{{ change.name }}</b> <small class="t2 xs">{{ change.arch }}</small>
                  </td>
                  <td class="mono">{{ change.from_version ?? '–' }}</td>
                  <td class="mono">{{ change.to_version ?? '–' }}</td>
                  <td>
                    {{ change.actor }} <small class="t2 xs">{{ formats.moment(change.at) }}</small>
                    @if (change.command; as command) {
                      <small class="mono xs t2">{{ command }}</small>
                    }
                  </td>
                </tr>
              }
            </tbody>
          </table>
        </div>
      </section>
    }
    @if (remainders().length > 0) {
      <section class="card gap" aria-labelledby="looked-for">
        <header>
          <h2 id="looked-for">{{ texts.t('result.lookedFor') }}</h2>
        </header>
        <dl class="in">
          @for (one of remainders(); track one.name) {
            <div>
              <dt class="t2">{{ texts.t(title(one)) }}</dt>
              <dd>
                @if (one.count === null) {
                  <su-icon class="small fg-unknown" name="unknown" />
                }
                {{ said(one) }}
              </dd>
            </div>
          }
        </dl>
      </section>
    }
  `,
  styles: `
    :host {
      display: block;
    }

    .gap {
      margin-bottom: 14px;
    }

    .list {
      overflow: hidden;
    }

    td {
      overflow-wrap: anywhere;
    }

    dl {
      display: grid;
      grid-template-columns: minmax(0, max-content) minmax(0, 1fr);
      gap: 2px 16px;
    }

    dl div {
      display: contents;
    }
  `,
})
export class ResultRemainder {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  readonly result = input.required<DocumentDto | null>();
  protected readonly others = computed(() => othersChangesOf(this.result()));
  protected readonly remainders = computed(() => remaindersOf(this.result()));

  protected title({ name }: Remainder): `result.lookedFor.${Remainder['name']}` {
    return `result.lookedFor.${name}`;
  }

  protected said({ count, reason }: Remainder): string {
    const { t } = this.texts;
    if (count !== null) return t('result.lookedFor.count', { n: count });
    return reason === null ? t('result.why.unsaid') : t(`result.why.${reason}`);
  }
}
