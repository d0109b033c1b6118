import { Component, computed, inject, input } from '@angular/core';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import { tellingReasons, type RebootPlanDetails } from './reboot-documents';

interface Row {
  readonly term: string;
  readonly values: readonly string[];
  readonly lang?: string;
}

/** What a reboot would do to this machine: what runs now, what should run afterwards, why, and who would notice. */
@Component({
  selector: 'su-reboot-plan',
  imports: [Icon],
  template: `
    <section class="card" aria-labelledby="reboot-plan">
      <header>
        <su-icon name="reboot" class="fg-reboot" />
        <h2 id="reboot-plan">{{ texts.t('reboot.plan') }}</h2>
      </header>
      <dl class="in">
        @for (row of rows(); track row.term) {
          <dt>{{ row.term }}</dt>
          <dd [attr.lang]="row.lang">
            @for (value of row.values; track $index) {
              <div>{{ value }}</div>
            }
          </dd>
        }
      </dl>
    </section>
    <section class="card" [attr.aria-label]="texts.t('reboot.confirmed')">
      <details class="in">
        <summary class="s">{{ texts.t('reboot.confirmed') }}</summary>
        <ul>
          @for (line of lines(); track line) {
            <li class="mono xs">{{ line }}</li>
          }
        </ul>
      </details>
    </section>
  `,
  styles: `
    :host {
      display: contents;
    }

    dl {
      display: grid;
      grid-template-columns: minmax(8rem, auto) minmax(0, 1fr);
      gap: 8px 18px;
      font-size: var(--t-s);
      line-height: 1.4;
    }

    dt {
      color: var(--text-2);
    }

    dd {
      overflow-wrap: anywhere;
    }

    summary {
      min-height: 1.5rem;
      cursor: pointer;
    }

    li {
      overflow-wrap: anywhere;
    }

    @media (max-width: 700px) {
      dl {
        grid-template-columns: minmax(0, 1fr);
        gap: 2px;
      }

      dd {
        margin-bottom: 8px;
      }
    }
  `,
})
export class RebootPlan {
  protected readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  readonly details = input.required<RebootPlanDetails>();
  /** As they are confirmed. */
  readonly lines = input.required<readonly string[]>();
  protected readonly rows = computed((): Row[] => {
    const { t } = this.texts;
    const plan = this.details();
    return [
      { term: t('reboot.machine'), values: [this.machine(plan)] },
      { term: t('reboot.kernel.now'), values: [plan.running_kernel] },
      { term: t('reboot.kernel.after'), values: [this.kernelAfter(plan)] },
      { term: t('reboot.why'), values: [t(`reboot.need.${plan.need.state}`)] },
      { term: t('reboot.signals'), values: tellingReasons(plan), lang: 'en' },
      { term: t('reboot.since'), values: [this.formats.span(plan.uptime_seconds)] },
      { term: t('reboot.users'), values: this.users(plan) },
      ...(plan.guests === null
        ? []
        : [
            {
              term: t('reboot.guests'),
              values: this.orNone(plan.guests.map(({ number, name }) => `${number} ${name}`)),
            },
          ]),
      { term: t('reboot.wait'), values: [t('reboot.wait.upTo', { time: this.formats.span(plan.wait_seconds) })] },
    ];
  });

  private machine({ machine_kind: kind, virtualization }: RebootPlanDetails): string {
    const word = this.texts.known(`reboot.kind.${kind}`, kind);
    return virtualization === null || virtualization === 'none' ? word : `${word} (${virtualization})`;
  }

  private kernelAfter({ machine_kind: kind, expected_kernel: expected }: RebootPlanDetails): string {
    if (kind === 'container') return this.texts.t('reboot.kernel.host');
    return expected ?? this.texts.t('fact.notKnown');
  }

  private users({ users }: RebootPlanDetails): readonly string[] {
    if (users === null) return [this.texts.t('fact.notKnown')];
    return this.orNone(users.map(({ name, terminal, since }) => `${name}, ${terminal}, ${since}`));
  }

  private orNone(values: readonly string[]): readonly string[] {
    return values.length === 0 ? [this.texts.t('reboot.none')] : values;
  }
}
