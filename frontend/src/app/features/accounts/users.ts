import { Component, effect, inject, signal } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import type { OneTimeLinkDto, UserDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { Trail } from '../../shell/trail';
import { Ago } from '../../ui/ago';
import { Dialogs } from '../../ui/dialogs';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { InviteUser } from './invite-user';
import { OneTimeLink, type OneTimeLinkData } from './one-time-link';
import { UsersApi } from './users-api';

const ROLES = ['viewer', 'operator', 'administrator'] as const;

/** Administrators add, change, disable and reset accounts here; passwords are set by their owners, through links. */
@Component({
  selector: 'su-users',
  imports: [Ago, ErrorNotice, Icon, LoadingNote, MatMenuModule],
  templateUrl: './users.html',
})
export class Users {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
  private readonly api = inject(UsersApi);
  private readonly dialogs = inject(Dialogs);
  protected readonly users = new Loadable<UserDto[]>();
  protected readonly problem = signal<Problem | null>(null);
  protected readonly roles = ROLES;

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.users') }]);
    });
    void this.refresh();
  }

  protected refresh(): Promise<void> {
    return this.users.load(() => this.api.list());
  }

  protected invite(): void {
    this.dialogs
      .open<boolean, null, InviteUser>(InviteUser, null, 'invite-title', '#invite-username')
      .closed.subscribe(() => {
        void this.refresh();
      });
  }

  protected setRole(user: UserDto, role: string): Promise<void> {
    return this.change(user, { role: role as UserDto['role'] });
  }

  protected setStatus(user: UserDto, status: 'active' | 'disabled'): Promise<void> {
    return this.change(user, { status });
  }

  protected async resetLink(user: UserDto): Promise<void> {
    try {
      const link = await this.api.resetLink(user.id);
      this.showLink(user, link);
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  private showLink(user: UserDto, link: OneTimeLinkDto): void {
    const purpose = user.status === 'invited' ? 'invite' : 'reset';
    this.dialogs.open<void, OneTimeLinkData, OneTimeLink>(
      OneTimeLink,
      { name: user.displayName, link, purpose },
      'link-title',
    );
  }

  private async change(user: UserDto, change: Parameters<UsersApi['update']>[1]): Promise<void> {
    try {
      const changed = await this.api.update(user.id, change);
      this.users.update((all) => all.map((one) => (one.id === changed.id ? changed : one)));
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
      // A select keeps what was chosen; the list says again what is true.
      await this.refresh();
    }
  }
}
