import { Component, inject, input, model } from '@angular/core';
import type { PlanConsequenceDto } from '../../api/models';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';

/** A box for each consequence: nothing of it happens unseen. */
@Component({
  selector: 'su-consequences',
  template: `
    <section class="card" aria-labelledby="consequences">
      <header>
        <h2 id="consequences">{{ texts.t('plan.consequences') }}</h2>
      </header>
      <ul class="in">
        @for (one of consequences(); track one.code) {
          <li>
            <label>
              <input
                class="check"
                type="checkbox"
                [checked]="accepted().has(one.code)"
                [disabled]="!open()"
                (change)="tick(one.code, box.checked)"
                #box
              />
              <span [attr.lang]="said.lang(one, 'sentence')">{{ said.of(one, 'sentence') }}</span>
            </label>
          </li>
        }
      </ul>
    </section>
  `,
  styles: `
    label {
      display: flex;
      align-items: flex-start;
      gap: 10px;
      min-height: 2.75rem;
      padding: 10px 0;
      font-size: var(--t-s);
      line-height: 1.4;
      overflow-wrap: anywhere;
      cursor: pointer;
    }

    .check {
      flex: none;
    }
  `,
})
export class Consequences {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  readonly consequences = input.required<readonly PlanConsequenceDto[]>();
  /** False for a plan that is decided, or that this account may not confirm. */
  readonly open = input.required<boolean>();
  readonly accepted = model.required<ReadonlySet<string>>();

  protected tick(code: string, on: boolean): void {
    const next = new Set(this.accepted());
    if (on) {
      next.add(code);
    } else {
      next.delete(code);
    }
    this.accepted.set(next);
  }
}
