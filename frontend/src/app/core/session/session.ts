import { computed, inject, Injectable, signal } from '@angular/core';
import { Api } from '../../api/api';
import {
  sessionAcceptLink,
  sessionInspectLink,
  sessionChangePassword,
  sessionMe,
  sessionChangeMe,
  sessionSignIn,
  sessionSignOut,
  sessionSetup,
} from '../../api/functions';
import type { AcceptLinkDto, LinkInfoDto, MeDto } from '../../api/models';
import { problemOf } from '../errors/problem';
import type { Permission } from './permissions';

/** Who is signed in, and what they may do. The only file that speaks to the session part of the API. */
@Injectable({ providedIn: 'root' })
export class Session {
  private readonly api = inject(Api);
  private readonly account = signal<MeDto | null>(null);
  private known = false;

  readonly me = this.account.asReadonly();
  readonly signedIn = computed(() => this.account() !== null);
  private readonly permissions = computed(() => new Set(this.account()?.permissions ?? []));

  can(permission: Permission): boolean {
    return this.permissions().has(permission);
  }

  /** Asks once who is signed in. Throws only when the server gave no answer about it. */
  async ensure(): Promise<boolean> {
    if (!this.known) {
      try {
        this.enter(await this.api.invoke(sessionMe));
      } catch (error) {
        if (problemOf(error).status !== 401) {
          throw error;
        }
      }
      this.known = true;
    }
    return this.signedIn();
  }

  /** Asks whether the session still holds; when it ended, the answer leads to the sign-in page as any other. Never throws. */
  async recheck(): Promise<void> {
    if (this.signedIn()) {
      // Any other answer, or none, says nothing about the session.
      await this.api.invoke(sessionMe).catch(() => undefined);
    }
  }

  /** True while no administrator exists: the one-time setup link has not been used. */
  async setupNeeded(): Promise<boolean> {
    return (await this.api.invoke(sessionSetup)).needed;
  }

  async signIn(username: string, password: string): Promise<void> {
    this.enter(await this.api.invoke(sessionSignIn, { body: { username, password } }));
  }

  async signOut(): Promise<void> {
    await this.api.invoke(sessionSignOut);
    this.forget();
  }

  inspectLink(token: string): Promise<LinkInfoDto> {
    return this.api.invoke(sessionInspectLink, { body: { token } });
  }

  async acceptLink(input: AcceptLinkDto): Promise<void> {
    this.enter(await this.api.invoke(sessionAcceptLink, { body: input }));
  }

  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    await this.api.invoke(sessionChangePassword, { body: { currentPassword, newPassword } });
  }

  async rename(displayName: string): Promise<void> {
    this.account.set(await this.api.invoke(sessionChangeMe, { body: { displayName } }));
  }

  /** The server ended the session, or the person did. */
  forget(): void {
    this.known = true;
    this.account.set(null);
  }

  private enter(me: MeDto): void {
    this.known = true;
    this.account.set(me);
  }
}
