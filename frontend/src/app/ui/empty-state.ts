import { Component, input } from '@angular/core';

/** Says what will be here; the one next step is put inside. */
@Component({
  selector: 'su-empty-state',
  template: `
    <p class="b">{{ heading() }}</p>
    @if (text(); as more) {
      <p class="s t2">{{ more }}</p>
    }
    <ng-content />
  `,
  styles: `
    :host {
      display: flex;
      flex-direction: column;
      align-items: flex-start;
      gap: 6px;
      padding: 14px;
    }
  `,
})
export class EmptyState {
  readonly heading = input.required<string>();
  readonly text = input<string>();
}
