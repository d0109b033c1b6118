import { Component, computed, inject, input } from '@angular/core';
import type { RequestTargetDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';

/** On how many machines a change would wait for its window, and on how many it would never begin. Silent where none is bound. */
@Component({
  selector: 'su-windows-of-many',
  imports: [Icon],
  template: `
    @if (waiting().length > 0 || never() + unreadable() > 0) {
      <div class="notice" [class.is-stale]="never() + unreadable() > 0">
        <su-icon name="clock" />
        <div>
          @if (waiting().length > 0) {
            <b>{{ texts.t('several.windows.wait', { n: waiting().length, at: first() }) }}</b>
          }
          @if (never() > 0) {
            <p>{{ texts.t('several.windows.never', { n: never() }) }}</p>
          }
          @if (unreadable() > 0) {
            <p>{{ texts.t('several.windows.unreadable', { n: unreadable() }) }}</p>
          }
        </div>
      </div>
    }
  `,
})
export class WindowsOfMany {
  protected readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  readonly targets = input.required<readonly Pick<RequestTargetDto, 'maintenance'>[]>();
  private readonly standings = computed(() => this.targets().flatMap(({ maintenance }) => maintenance ?? []));
  protected readonly waiting = computed(() => this.standings().filter(({ state }) => state === 'later'));
  private readonly left = computed(() => this.standings().filter(({ state }) => state === 'never'));
  protected readonly unreadable = computed(
    () => this.left().filter((one) => one.unreadableWindowNames.length > 0).length,
  );
  protected readonly never = computed(() => this.left().length - this.unreadable());
  protected readonly first = computed(() => {
    const opens = this.waiting().flatMap(({ from }) => from ?? []);
    return this.formats.short(opens.sort()[0] ?? '');
  });
}
