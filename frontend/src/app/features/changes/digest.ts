import { Component, computed, inject, input } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { CopyButton } from '../../ui/copy-button';
import { Icon } from '../../ui/icon';
import { shortDigest } from './request-standing';

/** The digest of a plan, short for the eye, whole for the clipboard and the tooltip. */
@Component({
  selector: 'su-digest',
  imports: [CopyButton, Icon],
  template: `
    <span class="digest" [title]="digest()">
      <su-icon class="small" name="lock" /><span class="unseen"
        >{{ texts.t('plan.digest') }}{{ texts.t('text.colon') }} </span
      ><span class="wide-only">sha256</span> {{ short() }}
    </span>
    <su-copy-button [text]="digest()" [label]="texts.t('plan.digest.copy')" />
  `,
  styles: `
    :host {
      display: inline-flex;
      align-items: center;
      border-radius: var(--r-s);
      background: var(--sunken);
    }

    .digest {
      display: inline-flex;
      align-items: center;
      gap: 7px;
      padding: 3px 0 3px 8px;
      font-family: var(--mono);
      font-size: var(--t-xs);
      white-space: nowrap;
    }
  `,
})
export class Digest {
  protected readonly texts = inject(Texts);
  readonly digest = input.required<string>();
  protected readonly short = computed(() => shortDigest(this.digest()));
}
