import { Component, computed, inject, input } from '@angular/core';
import { Texts } from '../core/i18n/texts';
import { versionParts } from './version-parts';

/** From version to version: the common part is grey, what changed is bold, and the line breaks at the arrow only. */
@Component({
  selector: 'su-version-diff',
  template: `
    @if (from(); as old) {
      <span>{{ old }}</span>
    }
    @if (parts(); as target) {
      <span>
        @if (from()) {
          <span aria-hidden="true" class="arrow">→</span><span class="unseen">{{ texts.t('version.to') }}</span>
        }
        <span>{{ target.same }}</span><b>{{ target.changed }}</b>
      </span>
    }
  `,
  styles: `
    :host {
      display: block;
      color: var(--text-3);
      font-family: var(--mono);
      font-size: var(--t-xs);
      font-variant-ligatures: none;
      overflow-wrap: anywhere;
    }

    :host > span {
      display: inline-block;
      margin-right: 6px;
    }

    b {
      color: var(--text);
      font-weight: 620;
    }

    .arrow {
      padding-right: 6px;
    }
  `,
})
export class VersionDiff {
  protected readonly texts = inject(Texts);
  readonly from = input.required<string | null>();
  readonly to = input.required<string | null>();
  protected readonly parts = computed(() => {
    const target = this.to();
    return target === null ? null : versionParts(this.from(), target);
  });
}
