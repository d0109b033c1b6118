import { computed, DestroyRef, effect, inject, Injectable, signal } from '@angular/core';
import { Preferences } from './preferences';

/** Puts theme, density and zoom on the page. `first-paint.js` does the same before anything is drawn. */
@Injectable({ providedIn: 'root' })
export class Appearance {
  private readonly preferences = inject(Preferences);
  private readonly systemDark = signal(false);
  readonly density = computed(() => this.preferences.get('density'));
  readonly dark = computed(() => {
    const theme = this.preferences.get('theme');
    return theme === 'dark' || (theme === 'system' && this.systemDark());
  });

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
    effect(() => {
      // Percent of what the browser is set to, so that its own text size stays in force.
      document.documentElement.style.fontSize = `${String(this.preferences.get('zoom'))}%`;
    });
  }

  toggleDensity(): void {
    this.preferences.choose('density', this.density() === 'compact' ? 'comfort' : 'compact');
  }

  /** To the other one of the two that one sees. */
  toggleTheme(): void {
    this.preferences.choose('theme', this.dark() ? 'light' : 'dark');
  }
}
