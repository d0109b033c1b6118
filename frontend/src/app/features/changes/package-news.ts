import { Component, inject, input } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import type { NewsEntry } from './plan-details';

/** What packagers wrote since the installed versions, entry by entry, in their own words. */
@Component({
  selector: 'su-package-news',
  template: `
    <section class="card" aria-labelledby="news">
      <header>
        <h2 id="news">{{ texts.t('plan.news') }}</h2>
      </header>
      <div class="in">
        <p class="xs t2">{{ texts.t('plan.news.note') }}</p>
        @for (entry of entries(); track $index) {
          <h3 class="s">
            {{ entry.package }} <span class="mono">{{ entry.version }}</span>
          </h3>
          <pre lang="en">{{ entry.text }}</pre>
        }
      </div>
    </section>
  `,
  styles: `
    :host {
      display: contents;
    }

    h3 {
      margin-top: 10px;
    }

    pre {
      white-space: pre-wrap;
      overflow-wrap: anywhere;
      font-size: var(--t-xs);
    }
  `,
})
export class PackageNews {
  protected readonly texts = inject(Texts);
  readonly entries = input.required<readonly NewsEntry[]>();
}
