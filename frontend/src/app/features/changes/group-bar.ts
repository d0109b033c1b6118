import { Component, computed, inject, input, output } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import type { Beginning } from './beginning';

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
        @if (outside()) {
          <button type="button" class="btn large" [disabled]="!acceptable()" (click)="overridden.emit()">
            {{ texts.t('windows.beginNow') }}
          </button>
        }
        <button
          type="button"
          class="btn large primary"
          [disabled]="!acceptable() || beginning() === 'never'"
          (click)="confirmed.emit()"
        >
          {{
            texts.t(beginning() === 'later' ? 'together.confirm.inWindow' : 'together.confirm.act', {
              n: confirmable(),
            })
          }}
        </button>
      }
    </div>
  `,
  styleUrl: './confirm-bar.scss',
})
export class GroupBar {
  protected readonly texts = inject(Texts);
  private readonly session = inject(Session);
  /** Requests that the decision is about. */
  readonly chosen = input.required<number>();
  /** Those of them that this account may confirm. */
  readonly confirmable = input.required<number>();
  /** Consequences that are still to be ticked. */
  readonly missing = input.required<number>();
  readonly mayRefuse = input.required<boolean>();
  /** When they begin once they are confirmed. */
  readonly beginning = input.required<Beginning>();
  readonly confirmed = output();
  /** They shall begin outside their maintenance windows. */
  readonly overridden = output();
  readonly refused = output();
  protected readonly acceptable = computed(() => this.confirmable() > 0 && this.missing() === 0);
  /** Only who may set a window aside is asked whether to. */
  protected readonly outside = computed(
    () => this.confirmable() > 0 && this.beginning() !== 'now' && this.session.can('windows.override'),
  );
}
