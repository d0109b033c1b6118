import { computed, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { TranslocoService } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import type en from '../../../i18n/en.json';
import { Preferences } from '../preferences/preferences';
import type { IcuParams } from './icu';

export type Language = 'en' | 'fr';
/** Every text has a key in `en.json`; a key that is not there does not compile. */
export type TextKey = keyof typeof en;

/** The texts of the portal in the language that is on. `t` reads a signal, so templates follow a switch by themselves. */
@Injectable({ providedIn: 'root' })
export class Texts {
  private readonly transloco = inject(TranslocoService);
  private readonly active = signal<Language>('en');
  private readonly loaded = signal(new Set<string>());
  private readonly preferences = inject(Preferences);
  private readonly wanted = computed(() => spoken(this.preferences.get('language')));

  readonly language = this.active.asReadonly();
  /** BCP 47 tag for `Intl`. */
  readonly locale = computed(() => (this.active() === 'fr' ? 'fr-FR' : 'en-GB'));

  readonly t = (key: TextKey, params: IcuParams = {}): string => {
    this.active();
    return this.transloco.translate<string>(key, params);
  };

  /** The text when there is one for a key made of a server's word, else what the server said. */
  known(key: string, otherwise: string, params: IcuParams = {}): string {
    return this.has(key) ? this.transloco.translate<string>(key, params) : otherwise;
  }

  has(key: string): boolean {
    return key in this.transloco.getTranslation(this.active());
  }

  constructor() {
    effect(() => {
      this.wanted();
      untracked(() => void this.start());
    });
  }

  /** Resolves when the texts of the preferred language are there; without network the present ones may have to do. */
  async start(): Promise<void> {
    try {
      await this.use(this.wanted());
    } catch (error) {
      if (this.loaded().size === 0) {
        throw error;
      }
    }
  }

  private async use(language: Language): Promise<void> {
    if (!this.loaded().has(language)) {
      await firstValueFrom(this.transloco.load(language));
      this.loaded.update((all) => new Set(all).add(language));
    }
    // A slow language must not win over one that was chosen after it.
    if (language === this.wanted()) {
      this.transloco.setActiveLang(language);
      this.active.set(language);
      document.documentElement.lang = language;
    }
  }
}

/** The first language of the browser that the portal speaks, where none was chosen. */
function spoken(chosen: 'browser' | Language): Language {
  if (chosen !== 'browser') {
    return chosen;
  }
  const first = navigator.languages.find((tag) => /^(en|fr)\b/.test(tag));
  return first?.startsWith('fr') === true ? 'fr' : 'en';
}
