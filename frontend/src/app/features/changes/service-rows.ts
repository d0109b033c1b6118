import { Component, computed, inject, input } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { stateWords, type ServicePlanDetails, type ServiceUnit } from './service-documents';

const VERDICT_ICON: Readonly<Record<ServiceUnit['verdict'], IconName>> = {
  restarted: 'tick',
  unchanged: 'failed',
  failed: 'failed',
  unknown: 'unknown',
};

interface Row {
  readonly unit: string;
  readonly description: string;
  readonly before: string;
  readonly after: string | null;
  readonly verdict: ServiceUnit['verdict'] | null;
}

/** Services by name: with their state before a restart, and after it what became of them. */
@Component({
  selector: 'su-service-rows',
  imports: [Icon],
  template: `
    <section class="card list" aria-labelledby="services">
      <header>
        <h2 id="services">{{ texts.t('services.title') }}</h2>
      </header>
      <div class="table-frame" tabindex="0" role="group" [attr.aria-label]="texts.t('services.title')">
        <table class="rows cards">
          <thead>
            <tr>
              <th scope="col">{{ texts.t('services.service') }}</th>
              <th scope="col">{{ texts.t(done() ? 'result.before' : 'services.now') }}</th>
              @if (done()) {
                <th scope="col">{{ texts.t('result.found') }}</th>
                <th scope="col">{{ texts.t('result.verdict') }}</th>
              }
            </tr>
          </thead>
          <tbody>
            @for (row of rows(); track row.unit) {
              <tr>
                <td>
                  <b>{{ row.unit }}</b>
                  @if (row.description) {
                    <small class="t2 xs" lang="en">{{ row.description }}</small>
                  }
                </td>
                <td class="mono">{{ row.before }}</td>
                @if (row.verdict; as verdict) {
                  <td class="mono">{{ row.after ?? '–' }}</td>
                  <td [class]="verdict === 'restarted' ? 't2' : 'fg-failed b'">
                    <su-icon [name]="icon[verdict]" /> {{ texts.t(word(verdict)) }}
                  </td>
                }
              </tr>
            }
          </tbody>
        </table>
      </div>
    </section>
  `,
  styles: `
    :host {
      display: block;
    }

    .list {
      overflow: hidden;
    }

    td {
      overflow-wrap: anywhere;
    }

    small {
      display: block;
    }
  `,
})
export class ServiceRows {
  protected readonly texts = inject(Texts);
  readonly planned = input<ServicePlanDetails['units']>([]);
  readonly found = input<readonly ServiceUnit[] | null>(null);
  protected readonly icon = VERDICT_ICON;
  protected readonly done = computed(() => this.found() !== null);
  protected readonly rows = computed((): Row[] => {
    const found = this.found();
    return found === null
      ? this.planned().map((state) => ({
          unit: state.unit,
          description: state.description,
          before: stateWords(state),
          after: null,
          verdict: null,
        }))
      : found.map(({ unit, before, after, verdict }) => ({
          unit,
          description: before?.description ?? '',
          before: before === null ? '–' : stateWords(before),
          after: after === null ? null : stateWords(after),
          verdict,
        }));
  });

  protected word(verdict: ServiceUnit['verdict']): `services.verdict.${ServiceUnit['verdict']}` {
    return `services.verdict.${verdict}`;
  }
}
