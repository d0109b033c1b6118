import { Component, inject, input, output } from '@angular/core';
import { Texts } from '../../core/i18n/texts';

/** How many would be decided, and the two ways, in one bar. */
@Component({
  selector: 'su-group-bar',
  template: `
    <div class="sentence s t2" role="status">
      {{ missing() > 0 ? texts.t('plan.missing', { n: missing() }) : texts.t('together.sentence') }}
    </div>
    <div class="acts">
      @if (mayRefuse()) {
        <button type="button" class="btn large" [disabled]="chosen() === 0" (click)="refused.emit()">
          {{ texts.t('together.refuse.act', { n: chosen() }) }}
        </button>
      }
      @if (mayRefuse() || confirmable() > 0) {
        <button
          type="button"
          class="btn large primary"
          [disabled]="confirmable() === 0 || missing() > 0"
          (click)="confirmed.emit()"
        >
          {{ texts.t('together.confirm.act', { n: confirmable() }) }}
        </button>
      }
    </div>
  `,
  styleUrl: './confirm-bar.scss',
})
export class GroupBar {
  protected readonly texts = inject(Texts);
  /** Requests that the decision is about. */
  readonly chosen = input.required<number>();
  /** Those of them that this account may confirm. */
  readonly confirmable = input.required<number>();
  /** Consequences that are still to be ticked. */
  readonly missing = input.required<number>();
  readonly mayRefuse = input.required<boolean>();
  readonly confirmed = output();
  readonly refused = output();
}
