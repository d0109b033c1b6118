import { Component, DestroyRef, inject, input, signal } from '@angular/core';
import { Icon } from './icon';

/** A first load shows a sentence, and only when it takes longer than a blink; nothing shimmers. */
const BLINK = 400;

@Component({
  selector: 'su-loading-note',
  imports: [Icon],
  template: `
    <p class="s t2" role="status">
      @if (late()) {
        <su-icon name="arc" [spin]="true" /> {{ text() }}
      }
    </p>
  `,
  styles: `
    p {
      display: flex;
      align-items: center;
      gap: 8px;
      min-height: 2.25rem;
      padding: 0 14px;
    }
  `,
})
export class LoadingNote {
  readonly text = input.required<string>();
  protected readonly late = signal(false);

  constructor() {
    const timer = setTimeout(() => {
      this.late.set(true);
    }, BLINK);
    inject(DestroyRef).onDestroy(() => {
      clearTimeout(timer);
    });
  }
}
