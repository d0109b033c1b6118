import { Component, computed, inject, input } from '@angular/core';
import { Formats } from '../core/i18n/formats';
import { Texts } from '../core/i18n/texts';

/** When something was seen first and last, as ages; the tooltip has the moments with their zone. */
@Component({
  selector: 'su-sightings',
  template: '<span [title]="moments()">{{ ages() }}</span>',
})
export class Sightings {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  readonly first = input<string>();
  readonly last = input.required<string>();
  protected readonly ages = computed(() => {
    const last = this.formats.age(this.last());
    const first = this.first();
    return first === undefined || first === this.last()
      ? this.texts.t('messages.seenLast', { last })
      : this.texts.t('messages.seen', { first: this.formats.age(first), last });
  });
  protected readonly moments = computed(() =>
    [this.first() ?? this.last(), this.last()].map((at) => this.formats.moment(at)).join(' – '),
  );
}
