import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, inject } from '@angular/core';
import type { OneTimeLinkDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { LinkOnce, type LinkPurpose } from './link-once';

export interface OneTimeLinkData {
  readonly name: string;
  readonly link: OneTimeLinkDto;
  readonly purpose: LinkPurpose;
}

@Component({
  selector: 'su-one-time-link',
  imports: [LinkOnce],
  template: `
    <div class="dialog">
      <header>
        <h1 id="link-title">{{ texts.t('link.oneTime') }}</h1>
      </header>
      <div class="body"><su-link-once [link]="data.link" [name]="data.name" [purpose]="data.purpose" /></div>
      <footer>
        <button type="button" class="btn primary" (click)="ref.close()">{{ texts.t('act.done') }}</button>
      </footer>
    </div>
  `,
})
export class OneTimeLink {
  protected readonly texts = inject(Texts);
  protected readonly data = inject<OneTimeLinkData>(DIALOG_DATA);
  protected readonly ref = inject<DialogRef<void>>(DialogRef);
}
