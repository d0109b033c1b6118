import { Component, computed, inject } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink, RouterLinkActive } from '@angular/router';
import { Texts } from '../core/i18n/texts';
import { Activity } from '../core/live/activity';
import { DeadLetters } from '../core/live/dead-letters';
import { WaitingRequests } from '../core/live/waiting-requests';
import { Session } from '../core/session/session';
import { Icon } from '../ui/icon';

/** The bar at the bottom of a phone. */
@Component({
  selector: 'su-phone-navigation',
  imports: [Icon, MatMenuModule, RouterLink, RouterLinkActive],
  template: `
    <nav [attr.aria-label]="texts.t('nav.main')">
      <a routerLink="/machines" routerLinkActive ariaCurrentWhenActive="page"
        ><su-icon class="large" name="machines" />{{ texts.t('nav.machines') }}</a
      >
      @if (session.can('jobs.read')) {
        <a routerLink="/requests" routerLinkActive ariaCurrentWhenActive="page"
          ><su-icon class="large" name="inbox" />{{ texts.t('nav.requests') }}
          @if (waiting.total(); as n) {
            <em class="hot"
              >{{ n }}<span class="unseen">, {{ texts.t('nav.requests.wait', { n }) }}</span></em
            >
          }
        </a>
        <a routerLink="/activity" routerLinkActive ariaCurrentWhenActive="page"
          ><su-icon class="large" name="activity" />{{ texts.t('nav.activity') }}
          @if (letters.total(); as n) {
            <em class="hot"
              >{{ n }}<span class="unseen">, {{ texts.t('nav.activity.letters', { n }) }}</span></em
            >
          } @else if (running()) {
            <em>{{ running() }}</em>
          }
        </a>
      }
      <button type="button" [matMenuTriggerFor]="more">
        <su-icon class="large" name="menu" />{{ texts.t('nav.more') }}
      </button>
      <mat-menu #more="matMenu">
        <a mat-menu-item routerLink="/me"><su-icon name="user" />{{ texts.t('nav.me') }}</a>
        @if (session.can('events.read')) {
          <a mat-menu-item routerLink="/packages"><su-icon name="package" />{{ texts.t('nav.packages') }}</a>
          <a mat-menu-item routerLink="/messages"><su-icon name="message" />{{ texts.t('nav.messages') }}</a>
        }
        @if (session.can('schedules.read')) {
          <a mat-menu-item routerLink="/schedules"><su-icon name="clock" />{{ texts.t('nav.schedules') }}</a>
        }
        @if (session.can('audit.read')) {
          <a mat-menu-item routerLink="/audit"><su-icon name="audit" />{{ texts.t('nav.audit') }}</a>
        }
        @if (session.can('users.manage')) {
          <a mat-menu-item routerLink="/users"><su-icon name="users" />{{ texts.t('nav.users') }}</a>
        }
        @if (session.can('settings.read')) {
          <a mat-menu-item routerLink="/settings"><su-icon name="gear" />{{ texts.t('nav.settings') }}</a>
        }
      </mat-menu>
    </nav>
  `,
  styles: `
    nav {
      display: grid;
      grid-auto-flow: column;
      grid-auto-columns: 1fr;
      min-height: 58px;
      border-top: 1px solid var(--line-2);
      background: var(--surface);
      padding-bottom: env(safe-area-inset-bottom);
    }

    nav > a,
    nav > button {
      position: relative;
      display: flex;
      flex-direction: column;
      align-items: center;
      justify-content: center;
      gap: 2px;
      border: 0;
      background: none;
      color: var(--text-2);
      font-size: var(--t-xs);
      line-height: 1.2;
      text-decoration: none;
    }

    nav > a[aria-current='page'] {
      color: var(--text);
      font-weight: 650;
      box-shadow: inset 0 2px 0 var(--text);
    }

    em {
      position: absolute;
      top: 6px;
      left: 56%;
      min-width: 16px;
      padding-inline: 4px;
      border-radius: 8px;
      background: var(--select);
      color: var(--text);
      font-size: 0.6875rem;
      font-style: normal;
      font-weight: 650;
      line-height: 16px;
      text-align: center;
    }

    .hot {
      background: var(--ink);
      color: var(--on-ink);
    }
  `,
})
export class PhoneNavigation {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
  protected readonly waiting = inject(WaitingRequests);
  protected readonly letters = inject(DeadLetters);
  private readonly activity = inject(Activity);
  protected readonly running = computed(() => this.activity.runningCount());
}
