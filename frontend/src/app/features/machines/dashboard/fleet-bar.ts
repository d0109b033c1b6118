import { Component, computed, inject, input, output } from '@angular/core';
import type { MachinePageDto } from '../../../api/models';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { Icon } from '../../../ui/icon';
import { NEEDS, needIcon, type Need } from '../../../ui/states';

/** The fleet in proportion (a picture) and ten toggles (the control). A zero is greyed, so the place never moves. */
@Component({
  selector: 'su-fleet-bar',
  imports: [Icon],
  template: `
    <div class="fleet" aria-hidden="true">
      @for (part of parts(); track part.need) {
        <i [class]="'is-' + part.need" [style.flex-grow]="part.count"></i>
      }
    </div>
    <div class="toggles">
      <div class="states" role="group" [attr.aria-label]="texts.t('filter.byState')">
        @for (need of needs; track need) {
          <button
            type="button"
            class="toggle"
            [class]="'is-' + need"
            [class.none]="!counts()[need]"
            [attr.aria-pressed]="pressed().includes(need)"
            (click)="toggled.emit(need)"
          >
            <su-icon [name]="icon(need)" />{{ texts.t(word(need)) }} <b>{{ formats.number(counts()[need]) }}</b>
          </button>
        }
      </div>
      <ng-content />
    </div>
  `,
  styleUrl: './fleet-bar.scss',
})
export class FleetBar {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  readonly counts = input.required<MachinePageDto['counts']>();
  readonly pressed = input.required<readonly Need[]>();
  readonly toggled = output<Need>();
  protected readonly needs = NEEDS;
  protected readonly icon = needIcon;
  protected readonly parts = computed(() =>
    NEEDS.map((need) => ({ need, count: this.counts()[need] })).filter((part) => part.count > 0),
  );

  protected word(need: Need): `need.${Need}` {
    return `need.${need}`;
  }
}
