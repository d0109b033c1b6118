import { Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { Router } from '@angular/router';
import type { LinkInfoDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { takeLinkToken } from '../../core/session/link-token';
import { Session } from '../../core/session/session';
import { ErrorNotice } from '../../ui/error-notice';
import { LoadingNote } from '../../ui/loading-note';
import { TakesFocus } from '../../ui/takes-focus';
import { LonePage } from './lone-page';
import { PASSWORD_MIN, passwordFits } from './password-rule';
import { Said } from '../../core/i18n/said';

/** Opened by a one-time link: the first administrator, an invitation, or a new password. */
@Component({
  selector: 'su-link',
  imports: [FormsModule, ErrorNotice, LoadingNote, LonePage, TakesFocus],
  templateUrl: './link.html',
})
export class Link {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  private readonly token = takeLinkToken();
  protected readonly info = new Loadable<LinkInfoDto>();
  protected readonly username = signal('');
  protected readonly displayName = signal('');
  protected readonly password = signal('');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly min = PASSWORD_MIN;
  protected readonly short = computed(() => this.password() !== '' && !passwordFits(this.password()));
  protected readonly ready = computed(() => {
    const named = this.info.value()?.purpose !== 'setup' || this.username().trim() !== '';
    return named && passwordFits(this.password()) && !this.busy();
  });
  protected readonly missing = this.token === '';

  constructor() {
    if (!this.missing) {
      void this.inspect();
    }
  }

  protected async inspect(): Promise<void> {
    await this.info.load(() => this.session.inspectLink(this.token));
    this.displayName.set(this.info.value()?.displayName ?? '');
  }

  protected async submit(): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    const setup = this.info.value()?.purpose === 'setup';
    const displayName = this.displayName().trim();
    try {
      await this.session.acceptLink({
        token: this.token,
        password: this.password(),
        ...(setup ? { username: this.username().trim() } : {}),
        ...(displayName === '' ? {} : { displayName }),
      });
      await this.router.navigateByUrl('/machines', { replaceUrl: true });
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
