import { Component, computed, inject, input } from '@angular/core';
import { Formats } from '../core/i18n/formats';

/** An age in its largest unit; the tooltip has the moment with its zone. */
@Component({
  selector: 'su-ago',
  template: '<time [attr.datetime]="at()" [title]="moment()">{{ age() }}</time>',
})
export class Ago {
  private readonly formats = inject(Formats);
  readonly at = input.required<string>();
  protected readonly age = computed(() => this.formats.age(this.at()));
  protected readonly moment = computed(() => this.formats.moment(this.at()));
}
