import { Component, inject } from '@angular/core';
import { RouterLink, RouterLinkActive } from '@angular/router';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';

/** What belongs to time: schedules, their calendar, the maintenance windows. */
@Component({
  selector: 'su-schedule-tabs',
  imports: [RouterLink, RouterLinkActive],
  template: `
    <nav [attr.aria-label]="texts.t('schedules.sections')">
      @if (session.can('schedules.read')) {
        <a
          routerLink="/schedules"
          routerLinkActive="on"
          ariaCurrentWhenActive="page"
          [routerLinkActiveOptions]="{ exact: true }"
          >{{ texts.t('schedules.title') }}</a
        >
        <a routerLink="/schedules/calendar" routerLinkActive="on" ariaCurrentWhenActive="page">{{
          texts.t('schedules.calendar')
        }}</a>
      }
      <a routerLink="/schedules/windows" routerLinkActive="on" ariaCurrentWhenActive="page">{{
        texts.t('windows.title')
      }}</a>
    </nav>
  `,
  styles: `
    nav {
      display: flex;
      gap: 2px;
      margin-bottom: 14px;
      overflow-x: auto;
      border-bottom: 1px solid var(--line);
      scrollbar-width: none;
    }

    a {
      display: inline-flex;
      align-items: center;
      min-height: 36px;
      padding: 0 12px;
      border-bottom: 2px solid transparent;
      color: var(--text-2);
      font-size: var(--t-s);
      text-decoration: none;
      white-space: nowrap;
    }

    a.on {
      border-color: var(--ink);
      color: var(--text);
      font-weight: 600;
    }

    @media (max-width: 700px) {
      a {
        min-height: 44px;
      }
    }
  `,
})
export class ScheduleTabs {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
}
