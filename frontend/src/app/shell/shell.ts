import { Component, DestroyRef, ElementRef, inject, viewChild } from '@angular/core';
import { Router, RouterOutlet } from '@angular/router';
import { Texts } from '../core/i18n/texts';
import { Shortcuts } from '../core/keyboard/shortcuts';
import { Session } from '../core/session/session';
import { Appearance } from '../core/preferences/appearance';
import { ActivityDock } from '../features/jobs/activity-dock';
import { Dialogs } from '../ui/dialogs';
import { KeySheet } from './key-sheet';
import { Navigation } from './navigation';
import { PhoneNavigation } from './phone-navigation';
import { TopBar } from './top-bar';
import { Palette } from './palette/palette';
import { PaneFrame } from './pane-frame';

/** The frame around every page: navigation, top bar, the page, the pane beside it, the activity dock. */
@Component({
  selector: 'su-shell',
  imports: [ActivityDock, Navigation, PaneFrame, PhoneNavigation, RouterOutlet, TopBar],
  template: `
    <a class="skip" href="#main" (click)="skip($event)">{{ texts.t('shell.skip') }}</a>
    <su-navigation class="frame-only" />
    <su-top-bar class="frame-only" (keys)="showKeys()" (palette)="showPalette()" />
    <main id="main" tabindex="-1" #main><router-outlet /></main>
    @if (session.can('machines.read')) {
      <su-pane-frame class="frame-only" />
    }
    @if (session.can('jobs.read')) {
      <su-activity-dock class="frame-only wide-only" />
    }
    <su-phone-navigation class="frame-only phone-only" />
  `,
  styleUrl: './shell.scss',
  host: { '(document:keydown)': 'summon($event)' },
})
export class Shell {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
  private readonly dialogs = inject(Dialogs);
  private readonly main = viewChild.required<ElementRef<HTMLElement>>('main');

  constructor() {
    const shortcuts = inject(Shortcuts);
    const router = inject(Router);
    const appearance = inject(Appearance);
    const destroy = inject(DestroyRef);
    shortcuts.bind('g m', () => void router.navigateByUrl('/machines'), destroy);
    shortcuts.bind('g r', () => void router.navigateByUrl('/requests'), destroy);
    shortcuts.bind('g a', () => void router.navigateByUrl('/activity'), destroy);
    shortcuts.bind('g s', () => void router.navigateByUrl('/schedules'), destroy);
    shortcuts.bind(
      '?',
      () => {
        this.showKeys();
      },
      destroy,
    );
    shortcuts.bind(
      'd',
      () => {
        appearance.toggleDensity();
      },
      destroy,
    );
  }

  /** Works in fields too: no letter is typed by it. */
  protected summon(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    if (!document.querySelector('.cdk-overlay-backdrop')) {
      this.showPalette();
    }
  }

  protected showPalette(): void {
    this.dialogs.openAtTop<void, null, Palette>(Palette, null, 'palette-title');
  }

  protected showKeys(): void {
    this.dialogs.open<void, null, KeySheet>(KeySheet, null, 'keys-title');
  }

  /** A link to `#main` would change the address under the router. */
  protected skip(event: Event): void {
    event.preventDefault();
    this.main().nativeElement.focus();
  }
}
