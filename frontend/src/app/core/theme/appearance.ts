import { computed, effect, inject, Injectable, signal, DestroyRef } from '@angular/core';
import { readLocal, writeLocal } from './local-store';

export type ThemeChoice = 'light' | 'dark' | 'system';
export type Density = 'comfort' | 'compact';

/** Theme and density: local storage first (so nothing flashes), corrected by the account once it is known. */
@Injectable({ providedIn: 'root' })
export class Appearance {
  private readonly systemDark = signal(false);
  readonly theme = signal<ThemeChoice>(asTheme(readLocal('theme')));
  readonly density = signal<Density>(readLocal('density') === 'compact' ? 'compact' : 'comfort');
  readonly dark = computed(() => this.theme() === 'dark' || (this.theme() === 'system' && this.systemDark()));

  constructor() {
    const query = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = (): void => {
      this.systemDark.set(query.matches);
    };
    follow();
    query.addEventListener('change', follow);
    inject(DestroyRef).onDestroy(() => {
      query.removeEventListener('change', follow);
    });
    effect(() => {
      document.documentElement.dataset['theme'] = this.dark() ? 'dark' : 'light';
    });
    effect(() => {
      document.documentElement.dataset['density'] = this.density();
    });
  }

  useTheme(theme: ThemeChoice): void {
    this.theme.set(theme);
    writeLocal('theme', theme);
  }

  toggleDensity(): void {
    this.density.update((now) => (now === 'compact' ? 'comfort' : 'compact'));
    writeLocal('density', this.density());
  }
}

function asTheme(value: string | null): ThemeChoice {
  return value === 'light' || value === 'dark' ? value : 'system';
}
