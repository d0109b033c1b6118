import { Component, computed, inject, input } from '@angular/core';
import type { MachineMaintenanceDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import { WindowWords } from './window-words';

/** When a change may begin by the maintenance windows, and what its length is believed from. Silent where none counts. */
@Component({
  selector: 'su-window-standing',
  imports: [Icon],
  template: `
    @if (sentence(); as text) {
      <div class="notice" [class.is-stale]="standing().state === 'never'">
        <su-icon name="clock" />
        <div>
          <b>{{ text }}</b>
          @if (basis(); as believed) {
            <p class="t2">{{ believed }}</p>
          }
        </div>
      </div>
    }
  `,
})
export class WindowStanding {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  private readonly words = inject(WindowWords);
  readonly standing = input.required<MachineMaintenanceDto>();
  protected readonly sentence = computed(() => this.words.standing(this.standing()));
  protected readonly basis = computed(() => {
    const { estimateSeconds, estimateBasis } = this.standing();
    return estimateSeconds === null || estimateBasis === null
      ? null
      : this.texts.t(`windows.basis.${estimateBasis}`, { time: this.formats.span(Math.max(1, estimateSeconds)) });
  });
}
