import { Component, inject, input, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { Router } from '@angular/router';
import { problemOf, type Problem } from '../../core/errors/problem';
import { safeReturn } from '../../core/session/guards';
import { Session } from '../../core/session/session';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { TakesFocus } from '../../ui/takes-focus';
import { LonePage } from './lone-page';

@Component({
  selector: 'su-sign-in',
  imports: [FormsModule, ErrorNotice, LonePage, TakesFocus],
  template: `
    <su-lone-page>
      <form class="form" (ngSubmit)="submit(usernameField, passwordField)">
        <h1>{{ texts.t('signIn.title') }}</h1>
        @if (ended()) {
          <p class="s t2" role="status">{{ texts.t('signIn.ended') }}</p>
        }
        <div>
          <label class="label" for="username">{{ texts.t('account.username') }}</label>
          <div class="field tall">
            <input
              id="username"
              name="username"
              autocomplete="username"
              autocapitalize="none"
              spellcheck="false"
              required
              suTakesFocus
              #usernameField
              [(ngModel)]="username"
            />
          </div>
        </div>
        <div>
          <label class="label" for="password">{{ texts.t('account.password') }}</label>
          <div class="field tall">
            <input
              id="password"
              name="password"
              type="password"
              autocomplete="current-password"
              required
              #passwordField
              [(ngModel)]="password"
            />
          </div>
        </div>
        @if (problem(); as failed) {
          <su-error-notice [problem]="failed" />
        }
        <button class="btn primary large" [disabled]="busy()">
          {{ texts.t('signIn.submit') }}
        </button>
      </form>
    </su-lone-page>
  `,
})
export class SignIn {
  protected readonly texts = inject(Texts);
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  readonly return = input<string>();
  readonly ended = input<string>();
  protected readonly username = signal('');
  protected readonly password = signal('');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);

  /**
   * The button is never off for want of an entry: a browser that fills in a password by itself says so only afterwards,
   * and Enter would do nothing. A field that is empty is given the focus instead.
   */
  protected async submit(...fields: readonly HTMLInputElement[]): Promise<void> {
    const empty = fields.find((field) => field.value === '');
    if (empty !== undefined) return empty.focus();
    if (this.busy()) return;
    this.busy.set(true);
    this.problem.set(null);
    try {
      await this.session.signIn(this.username().trim(), this.password());
      await this.router.navigateByUrl(safeReturn(this.return()));
    } catch (error) {
      this.password.set('');
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
