import { Component, computed, inject, input } from '@angular/core';
import { Texts } from '../core/i18n/texts';
import { Icon } from './icon';
import { needIcon, type Need } from './states';

/** The state of a machine as a chip: colour, icon and word. */
@Component({
  selector: 'su-state-chip',
  imports: [Icon],
  template: `
    <span class="chip" [class]="'is-' + need()">
      <su-icon [name]="running() ? 'arc' : icon()" [spin]="running()" />{{ texts.t(word()) }}
    </span>
  `,
})
export class StateChip {
  protected readonly texts = inject(Texts);
  readonly need = input.required<Need>();
  protected readonly icon = computed(() => needIcon(this.need()));
  protected readonly running = computed(() => this.need() === 'running');
  protected readonly word = computed(() => `need.${this.need()}` as const);
}
