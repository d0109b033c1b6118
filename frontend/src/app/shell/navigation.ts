import { Component, computed, inject } from '@angular/core';
import { RouterLink, RouterLinkActive } from '@angular/router';
import { FleetSize } from '../core/fleet-size';
import { Formats } from '../core/i18n/formats';
import { Texts } from '../core/i18n/texts';
import { Activity } from '../core/live/activity';
import { DeadLetters } from '../core/live/dead-letters';
import { WaitingRequests } from '../core/live/waiting-requests';
import { Session } from '../core/session/session';
import { Icon } from '../ui/icon';

/** Only what exists is offered, and only what the account may see. */
@Component({
  selector: 'su-navigation',
  imports: [Icon, RouterLink, RouterLinkActive],
  template: `
    <nav [attr.aria-label]="texts.t('nav.main')">
      <a class="brand" routerLink="/machines"><su-icon class="large" name="brand" /><span>system_update</span></a>
      <h2>{{ texts.t('nav.fleet') }}</h2>
      <a routerLink="/machines" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.machines')">
        <su-icon name="machines" /><span>{{ texts.t('nav.machines') }}</span>
        @if (size.total(); as n) {
          <small>{{ formats.number(n) }}</small>
        }
      </a>
      @if (session.can('events.read')) {
        <a routerLink="/packages" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.packages')"
          ><su-icon name="package" /><span>{{ texts.t('nav.packages') }}</span></a
        >
        <a routerLink="/messages" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.messages')"
          ><su-icon name="message" /><span>{{ texts.t('nav.messages') }}</span></a
        >
      }
      @if (session.can('jobs.read')) {
        <h2>{{ texts.t('nav.change') }}</h2>
        <a routerLink="/requests" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.requests')">
          <su-icon name="inbox" /><span>{{ texts.t('nav.requests') }}</span>
          @if (waiting.total(); as n) {
            <small class="hot"
              >{{ formats.number(n) }}<span class="unseen">, {{ texts.t('nav.requests.wait', { n }) }}</span></small
            >
          }
        </a>
        <a routerLink="/schedules" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.schedules')"
          ><su-icon name="clock" /><span>{{ texts.t('nav.schedules') }}</span></a
        >
        <a routerLink="/activity" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.activity')">
          <su-icon name="activity" /><span>{{ texts.t('nav.activity') }}</span>
          @if (busy(); as n) {
            <small>{{ formats.number(n) }}</small>
          }
          @if (letters.total(); as n) {
            <small class="hot"
              >{{ formats.number(n) }}<span class="unseen">, {{ texts.t('nav.activity.letters', { n }) }}</span></small
            >
          }
        </a>
      }
      <span class="gap"></span>
      @if (session.can('audit.read')) {
        <a routerLink="/audit" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.audit')"
          ><su-icon name="audit" /><span>{{ texts.t('nav.audit') }}</span></a
        >
      }
      @if (session.can('users.manage')) {
        <a routerLink="/users" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.users')"
          ><su-icon name="users" /><span>{{ texts.t('nav.users') }}</span></a
        >
      }
      @if (session.can('settings.read')) {
        <a routerLink="/settings" routerLinkActive ariaCurrentWhenActive="page" [attr.title]="texts.t('nav.settings')"
          ><su-icon name="gear" /><span>{{ texts.t('nav.settings') }}</span></a
        >
      }
    </nav>
  `,
  styleUrl: './navigation.scss',
})
export class Navigation {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  protected readonly size = inject(FleetSize);
  protected readonly waiting = inject(WaitingRequests);
  protected readonly letters = inject(DeadLetters);
  private readonly activity = inject(Activity);
  protected readonly busy = computed(() => this.activity.runningCount() + this.activity.waitingCount());
}
