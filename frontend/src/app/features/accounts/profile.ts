import { Component, computed, effect, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { Trail } from '../../shell/trail';
import { ErrorNotice } from '../../ui/error-notice';
import { Look } from './look';
import { PASSWORD_MIN, passwordFits } from './password-rule';

/** One's own account: appearance, name, password. */
@Component({
  selector: 'su-profile',
  imports: [ErrorNotice, FormsModule, Look],
  templateUrl: './profile.html',
  styles: `
    .cards {
      columns: 2 320px;
      column-gap: 14px;
      max-width: 900px;

      > * {
        display: block;
        break-inside: avoid;
        margin-bottom: 14px;
      }
    }
  `,
})
export class Profile {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
  protected readonly min = PASSWORD_MIN;
  protected readonly name = signal(this.session.me()?.displayName ?? '');
  protected readonly nameProblem = signal<Problem | null>(null);
  protected readonly nameKept = signal(false);
  protected readonly current = signal('');
  protected readonly next = signal('');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly changed = signal(false);
  protected readonly ready = computed(() => this.current() !== '' && passwordFits(this.next()) && !this.busy());

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.me') }]);
    });
  }

  protected async rename(): Promise<void> {
    try {
      await this.session.rename(this.name().trim());
      this.nameProblem.set(null);
      this.nameKept.set(true);
    } catch (error) {
      this.nameProblem.set(problemOf(error));
    }
  }

  protected async changePassword(): Promise<void> {
    this.busy.set(true);
    this.changed.set(false);
    try {
      await this.session.changePassword(this.current(), this.next());
      this.problem.set(null);
      this.changed.set(true);
      this.current.set('');
      this.next.set('');
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
