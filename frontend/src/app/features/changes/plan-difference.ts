import { Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { PlanDifferenceDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { LineDifference } from './line-difference';

/** How this plan differs from the one made before it, line by line. */
@Component({
  selector: 'su-plan-difference',
  imports: [LineDifference, RouterLink],
  template: `
    <section class="card" aria-labelledby="difference">
      <header>
        <h2 id="difference">{{ texts.t('plan.difference') }}</h2>
        <a class="t3 s" [routerLink]="['/requests', difference().requestId]">{{
          texts.t('plan.difference.of', {
            at: formats.short(difference().createdAt),
            name: difference().requestedBy.name ?? texts.t('job.by.system'),
          })
        }}</a>
        <span class="grow"></span>
        @if (changes() > 0) {
          <b class="mono s fg-clean">+{{ difference().added.length }}</b>
          <b class="mono s fg-failed">−{{ difference().missing.length }}</b>
        }
      </header>
      <p class="in s t2">{{ texts.t('plan.difference.same', { n: difference().same, other: changes() }) }}</p>
      @if (changes() > 0) {
        <su-line-difference
          [missing]="difference().missing"
          [added]="difference().added"
          [label]="texts.t('plan.difference')"
        />
      }
    </section>
  `,
  styles: `
    section {
      overflow: hidden;
    }

    .in {
      padding: 8px 14px;
    }
  `,
})
export class PlanDifference {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  readonly difference = input.required<PlanDifferenceDto>();
  protected readonly changes = computed(() => this.difference().added.length + this.difference().missing.length);
}
