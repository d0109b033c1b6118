import { Component, computed, inject, input, output } from '@angular/core';
import type { SchedulePolicyDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { namesOf, originsOf } from './schedule-draft';
import { ScheduleWords } from './schedule-words';

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

    fieldset {
      margin-top: 8px;
    }
  `,
})
export class PolicyFields {
  protected readonly texts = inject(Texts);
  protected readonly words = inject(ScheduleWords);
  readonly policy = input.required<SchedulePolicyDto>();
  /** Codes of what plans of its actions may ask people to accept. */
  readonly consequences = input.required<readonly string[]>();
  readonly changed = output<Partial<SchedulePolicyDto>>();
  protected readonly allowances = ALLOWANCES;
  protected readonly archives = ARCHIVES;
  protected readonly names = namesOf;
  protected readonly originList = originsOf;
  /** What is accepted already stays to be seen, whatever asks for it. */
  protected readonly offered = computed(() => [...new Set([...this.consequences(), ...this.policy().accepted])]);

  /** Nothing named means any. */
  protected orAny(named: string[]): string[] | null {
    return named.length === 0 ? null : named;
  }

  protected accept(code: string, accepted: boolean): void {
    const others = this.policy().accepted.filter((one) => one !== code);
    this.set({ accepted: accepted ? [...others, code] : others });
  }

  protected allow(what: (typeof ALLOWANCES)[number], allowed: boolean): void {
    this.set({ [what]: allowed });
  }

  /** What was changed alone: two fields may change before the first is shown. */
  protected set(change: Partial<SchedulePolicyDto>): void {
    this.changed.emit(change);
  }
}
