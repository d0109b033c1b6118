import { Component, inject, input, output } from '@angular/core';
import type { SchedulePolicyDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { namesOf } from './schedule-draft';

const ALLOWANCES = ['newPackages', 'removals', 'downgrades'] as const;
const ARCHIVES = ['security', 'any'] as const;

/** What a schedule may change without a person. */
@Component({
  selector: 'su-policy-fields',
  templateUrl: './policy-fields.html',
  styles: `
    .allow {
      display: flex;
      gap: 8px;
      margin: 8px 0;
      font-size: var(--t-s);
    }
  `,
})
export class PolicyFields {
  protected readonly texts = inject(Texts);
  readonly policy = input.required<SchedulePolicyDto>();
  readonly changed = output<SchedulePolicyDto>();
  protected readonly allowances = ALLOWANCES;
  protected readonly archives = ARCHIVES;
  protected readonly names = namesOf;

  protected allow(what: (typeof ALLOWANCES)[number], allowed: boolean): void {
    this.set({ [what]: allowed });
  }

  protected set(change: Partial<SchedulePolicyDto>): void {
    this.changed.emit({ ...this.policy(), ...change });
  }
}
