import { Component, inject, input, signal } from '@angular/core';
import { Router } from '@angular/router';
import { safeReturn } from '../core/session/guards';
import { Session } from '../core/session/session';
import { Texts } from '../core/i18n/texts';
import { Icon } from '../ui/icon';

/** The server did not say who is signed in: nothing can be shown, and that is said. */
@Component({
  selector: 'su-no-answer',
  imports: [Icon],
  template: `
    <main class="lone">
      <h1><su-icon name="unreachable" class="large" /> {{ texts.t('noAnswer.title') }}</h1>
      <p class="t2">{{ texts.t('noAnswer.text') }}</p>
      <button type="button" class="btn primary" [disabled]="trying()" (click)="again()">
        {{ texts.t('act.tryAgain') }}
      </button>
    </main>
  `,
  styleUrl: './lone.scss',
})
export class NoAnswer {
  protected readonly texts = inject(Texts);
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  readonly return = input<string>();
  protected readonly trying = signal(false);

  protected async again(): Promise<void> {
    this.trying.set(true);
    try {
      await this.session.ensure();
      await this.router.navigateByUrl(safeReturn(this.return()));
    } catch {
      this.trying.set(false);
    }
  }
}
