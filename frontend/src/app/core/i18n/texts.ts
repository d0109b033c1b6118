import { computed, inject, Injectable, signal } from '@angular/core';
import { TranslocoService } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import type en from '../../../i18n/en.json';
import { readLocal, writeLocal } from '../theme/local-store';
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

  /** Loads the language kept on this device, or the browser's. */
  async start(): Promise<void> {
    const kept = readLocal('locale') ?? navigator.language.slice(0, 2);
    await this.use(kept === 'fr' ? 'fr' : 'en', false);
  }

  async use(language: Language, keep = true): Promise<void> {
    if (!this.loaded().has(language)) {
      await firstValueFrom(this.transloco.load(language));
      this.loaded.update((all) => new Set(all).add(language));
    }
    this.transloco.setActiveLang(language);
    this.active.set(language);
    document.documentElement.lang = language;
    if (keep) {
      writeLocal('locale', language);
    }
  }
}
