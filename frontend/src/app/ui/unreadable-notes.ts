import { Component, inject, input } from '@angular/core';
import type { DocumentDto } from '../api/models';
import { Said } from '../core/i18n/said';
import { Icon } from './icon';
import { JsonTree } from './json-tree';

/** Documents that this version of the server cannot read: why, and what stands in them. Nothing is hidden for that. */
@Component({
  selector: 'su-unreadable-notes',
  imports: [Icon, JsonTree],
  template: `
    @for (one of documents(); track $index) {
      <div class="note" role="note">
        <su-icon name="warning" class="fg-stale" />
        <div>
          <p [attr.lang]="said.lang(one, 'notice')">{{ said.of(one, 'notice') }}</p>
          @if (content()) {
            <su-json-tree [name]="one.contract" [value]="one.document" />
          }
        </div>
      </div>
    }
  `,
  styles: `
    .note {
      display: grid;
      grid-template-columns: 20px minmax(0, 1fr);
      gap: 8px;
      padding: 8px 14px;
      font-size: var(--t-s);
    }

    p {
      overflow-wrap: anywhere;
    }
  `,
})
export class UnreadableNotes {
  protected readonly said = inject(Said);
  readonly documents = input.required<readonly DocumentDto[]>();
  /** Off where the document is shown beside the notes anyway. */
  readonly content = input(true);
}
