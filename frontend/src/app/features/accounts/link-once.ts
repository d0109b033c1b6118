import { Component, inject, input } from '@angular/core';
import type { OneTimeLinkDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { CopyButton } from '../../ui/copy-button';

export type LinkPurpose = 'invite' | 'reset';

/** A one-time link, shown this once: it is not kept and cannot be read again. */
@Component({
  selector: 'su-link-once',
  imports: [CopyButton],
  template: `
    <p>{{ texts.t(purpose() === 'invite' ? 'link.give.invite' : 'link.give.reset', { name: name() }) }}</p>
    <div class="command">
      <code tabindex="0">{{ link().url }}</code>
      <su-copy-button [text]="link().url" [label]="texts.t('link.copy')" [word]="true" />
    </div>
    <p class="xs t2">{{ texts.t('link.once', { at: formats.moment(link().expiresAt) }) }}</p>
  `,
  styles: `
    :host {
      display: grid;
      gap: 8px;
    }
  `,
})
export class LinkOnce {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  readonly link = input.required<OneTimeLinkDto>();
  readonly name = input.required<string>();
  readonly purpose = input.required<LinkPurpose>();
}
