import { DialogRef } from '@angular/cdk/dialog';
import { Component, computed, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import type { InviteUserDto, OneTimeLinkDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LinkOnce } from './link-once';
import { UsersApi } from './users-api';
import { Said } from '../../core/i18n/said';

const ROLES = ['viewer', 'operator', 'administrator'] as const;

/** Adds an account; its owner sets the password through the link that is shown once. */
@Component({
  selector: 'su-invite-user',
  imports: [ErrorNotice, FormsModule, Icon, LinkOnce],
  template: `
    <form class="dialog" (ngSubmit)="submit()">
      <header>
        <h1 id="invite-title">{{ texts.t('users.add') }}</h1>
        <span class="grow"></span>
        <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('act.close')" (click)="ref.close(true)">
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body form">
        @if (link(); as made) {
          <su-link-once [link]="made" [name]="displayName()" purpose="invite" />
        } @else {
          <div>
            <label class="label" for="invite-username">{{ texts.t('account.username') }}</label>
            <div class="field tall">
              <input
                id="invite-username"
                name="username"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                required
                [(ngModel)]="username"
              />
            </div>
            @if (problem()?.fields?.['username']; as wrong) {
              <p class="wrong">{{ said.of(wrong, 'message') }}</p>
            }
          </div>
          <div>
            <label class="label" for="invite-name">{{ texts.t('account.displayName') }}</label>
            <div class="field tall">
              <input id="invite-name" name="displayName" autocomplete="off" required [(ngModel)]="displayName" />
            </div>
          </div>
          <fieldset>
            <legend class="label">{{ texts.t('users.role') }}</legend>
            <div class="seg full">
              @for (one of roles; track one) {
                <label
                  ><input class="unseen" type="radio" name="role" [value]="one" [(ngModel)]="role" />{{
                    texts.t(roleKey(one))
                  }}</label
                >
              }
            </div>
            <p class="hint">{{ texts.t(about()) }}</p>
          </fieldset>
          @if (problem(); as failed) {
            <su-error-notice [problem]="failed" />
          }
        }
      </div>
      <footer>
        @if (link()) {
          <button type="button" class="btn primary" (click)="ref.close(true)">{{ texts.t('act.done') }}</button>
        } @else {
          <button type="button" class="btn" (click)="ref.close(false)">{{ texts.t('act.cancel') }}</button>
          <button class="btn primary" [disabled]="!ready()">{{ texts.t('users.makeLink') }}</button>
        }
      </footer>
    </form>
  `,
})
export class InviteUser {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly ref = inject<DialogRef<boolean>>(DialogRef);
  private readonly api = inject(UsersApi);
  protected readonly roles = ROLES;
  protected readonly username = signal('');
  protected readonly displayName = signal('');
  protected readonly role = signal<InviteUserDto['role']>('viewer');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly link = signal<OneTimeLinkDto | null>(null);
  protected readonly about = computed(() => `role.${this.role()}.about` as const);
  protected readonly ready = computed(
    () => this.username().trim() !== '' && this.displayName().trim() !== '' && !this.busy(),
  );

  protected roleKey(role: InviteUserDto['role']): `role.${InviteUserDto['role']}` {
    return `role.${role}`;
  }

  protected async submit(): Promise<void> {
    if (!this.ready()) {
      return;
    }
    this.busy.set(true);
    this.problem.set(null);
    try {
      const made = await this.api.invite({
        username: this.username().trim(),
        displayName: this.displayName().trim(),
        role: this.role(),
      });
      this.link.set(made.link);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
