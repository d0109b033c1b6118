import { Component, computed, inject, output } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import { Router, RouterLink } from '@angular/router';
import { Texts } from '../core/i18n/texts';
import { Session } from '../core/session/session';
import { Appearance } from '../core/preferences/appearance';
import { Preferences } from '../core/preferences/preferences';
import { SidePane } from '../core/preferences/side-pane';
import { Icon } from '../ui/icon';
import { LiveState } from './live-state';
import { Trail } from './trail';

@Component({
  selector: 'su-top-bar',
  imports: [Icon, LiveState, MatMenuModule, RouterLink],
  template: `
    <header>
      <nav class="trail" [attr.aria-label]="texts.t('top.here')">
        @for (part of trail.parts(); track $index; let last = $last) {
          @if (last) {
            <b>{{ part.label }}</b>
          } @else {
            <a [routerLink]="part.link">{{ part.label }}</a>
            <su-icon class="small" name="right" />
          }
        }
      </nav>
      <button
        type="button"
        class="find"
        [attr.aria-label]="texts.t('palette.title')"
        aria-keyshortcuts="Control+K"
        (click)="palette.emit()"
      >
        <su-icon name="search" /><span>{{ texts.t('palette.open') }}</span
        ><kbd>Ctrl K</kbd>
      </button>
      <su-live-state />
      <button type="button" class="btn quiet" [attr.aria-label]="texts.t('top.language')" (click)="switchLanguage()">
        <b class="xs">{{ texts.language().toUpperCase() }}</b>
      </button>
      <button
        type="button"
        class="btn quiet icon wide-only"
        [attr.aria-label]="texts.t('top.density')"
        [attr.aria-pressed]="appearance.density() === 'compact'"
        (click)="appearance.toggleDensity()"
      >
        <su-icon name="rows" />
      </button>
      <button
        type="button"
        class="btn quiet icon"
        [attr.aria-label]="texts.t('top.theme')"
        (click)="appearance.toggleTheme()"
      >
        <su-icon [name]="appearance.dark() ? 'sun' : 'moon'" />
      </button>
      @if (session.can('machines.read')) {
        <button
          type="button"
          class="btn quiet icon wide-only"
          aria-keyshortcuts="T"
          [attr.aria-label]="texts.t('pane.title')"
          [attr.aria-expanded]="pane.open()"
          [attr.aria-controls]="pane.open() ? 'side-pane' : null"
          (click)="pane.toggle()"
        >
          <su-icon name="pane" />
        </button>
      }
      <button
        type="button"
        class="me"
        [matMenuTriggerFor]="menu"
        [attr.aria-label]="texts.t('top.account', { name: session.me()?.displayName ?? '' })"
      >
        <span aria-hidden="true">{{ initials() }}</span>
      </button>
      <mat-menu #menu="matMenu" xPosition="before">
        <a mat-menu-item routerLink="/me"><su-icon name="user" />{{ texts.t('nav.me') }}</a>
        <button type="button" mat-menu-item class="wide-only" (click)="keys.emit()">
          <su-icon name="keyboard" />{{ texts.t('keys.title') }}
        </button>
        <button type="button" mat-menu-item (click)="signOut()">
          <su-icon name="leave" />{{ texts.t('top.signOut') }}
        </button>
      </mat-menu>
    </header>
  `,
  styleUrl: './top-bar.scss',
})
export class TopBar {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
  protected readonly appearance = inject(Appearance);
  protected readonly trail = inject(Trail);
  protected readonly pane = inject(SidePane);
  private readonly preferences = inject(Preferences);
  private readonly router = inject(Router);
  readonly keys = output();
  readonly palette = output();
  protected readonly initials = computed(() =>
    (this.session.me()?.displayName ?? '')
      .split(/\s+/)
      .map((word) => word.charAt(0))
      .slice(0, 2)
      .join('')
      .toUpperCase(),
  );

  protected switchLanguage(): void {
    this.preferences.choose('language', this.texts.language() === 'en' ? 'fr' : 'en');
  }

  /** Also when the server does not answer: whoever wants to leave sees the sign-in page. */
  protected async signOut(): Promise<void> {
    await this.session.signOut().catch(() => {
      this.session.forget();
    });
    await this.router.navigateByUrl('/sign-in');
  }
}
