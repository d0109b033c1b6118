import { Component, inject, signal } from '@angular/core';
import { Router } from '@angular/router';
import { Session } from '../../core/session/session';
import { Texts } from '../../core/i18n/texts';
import { LonePage } from './lone-page';

/** Nobody can sign in yet: the way in is the one-time link that the start command printed. */
@Component({
  selector: 'su-setup',
  imports: [LonePage],
  template: `
    <su-lone-page>
      <div class="stack">
        <h1>{{ texts.t('setup.title') }}</h1>
        <p>{{ texts.t('setup.text') }}</p>
        <p class="s t2">{{ texts.t('setup.where') }}</p>
        <div>
          <button type="button" class="btn" [disabled]="busy()" (click)="check()">{{ texts.t('setup.done') }}</button>
        </div>
        @if (still()) {
          <p class="s t2" role="status">{{ texts.t('setup.still') }}</p>
        }
      </div>
    </su-lone-page>
  `,
})
export class Setup {
  protected readonly texts = inject(Texts);
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  protected readonly busy = signal(false);
  protected readonly still = signal(false);

  protected async check(): Promise<void> {
    this.busy.set(true);
    const needed = await this.session.setupNeeded().catch(() => true);
    this.busy.set(false);
    this.still.set(needed);
    if (!needed) {
      await this.router.navigateByUrl('/sign-in');
    }
  }
}
