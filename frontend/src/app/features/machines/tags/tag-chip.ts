import { Component, computed, input } from '@angular/core';
import type { TagDto } from '../../../api/models';
import { tagPaint } from './tag-colors';

/** A tag by its name, with a dot in its colour: the chip itself stays grey, colour is for states. */
@Component({
  selector: 'su-tag',
  template: `<span class="tag">
    @if (paint(); as color) {
      <i [style.background]="color"></i>
    }
    {{ tag().name }}</span
  >`,
  styles: `
    i {
      width: 8px;
      height: 8px;
      border-radius: 50%;
    }
  `,
})
export class TagChip {
  readonly tag = input.required<Pick<TagDto, 'name' | 'color'>>();
  protected readonly paint = computed(() => tagPaint(this.tag().color));
}
