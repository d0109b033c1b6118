import { Clipboard } from '@angular/cdk/clipboard';
import { LiveAnnouncer } from '@angular/cdk/a11y';
import { Component, inject, input, signal } from '@angular/core';
import { Texts } from '../core/i18n/texts';
import { Icon } from './icon';

const SHOWN_FOR = 2000;

/** Copies a text and says so, to the eye and to screen readers. */
@Component({
  selector: 'su-copy-button',
  imports: [Icon],
  template: `
    <button type="button" class="btn quiet small" [class.icon]="!word()" [attr.aria-label]="label()" (click)="copy()">
      <su-icon class="small" [name]="done() ? 'tick' : 'copy'" />
      @if (word()) {
        {{ texts.t(done() ? 'act.copied' : 'act.copy') }}
      }
    </button>
  `,
})
export class CopyButton {
  protected readonly texts = inject(Texts);
  private readonly clipboard = inject(Clipboard);
  private readonly announcer = inject(LiveAnnouncer);
  readonly text = input.required<string>();
  /** What is copied, for the accessible name. */
  readonly label = input.required<string>();
  readonly word = input(false);
  protected readonly done = signal(false);

  protected copy(): void {
    if (this.clipboard.copy(this.text())) {
      this.done.set(true);
      void this.announcer.announce(this.texts.t('act.copied'), 'polite');
      setTimeout(() => {
        this.done.set(false);
      }, SHOWN_FOR);
    }
  }
}
