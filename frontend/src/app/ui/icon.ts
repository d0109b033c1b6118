import { Component, computed, input } from '@angular/core';
import { ICONS, type IconName } from './icons';

/** A picture beside a word, never instead of one: it is hidden from assistive technology. */
@Component({
  selector: 'su-icon',
  template: `<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path [attr.d]="path()" /></svg>`,
  host: { '[class.spin]': 'spin()', 'aria-hidden': 'true' },
})
export class Icon {
  readonly name = input.required<IconName>();
  /** Only the running state turns; reduced motion stops it. */
  readonly spin = input(false);
  protected readonly path = computed(() => ICONS[this.name()]);
}
