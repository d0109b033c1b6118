import { Injectable, type EnvironmentProviders, type Provider } from '@angular/core';
import {
  provideTransloco,
  provideTranslocoTranspiler,
  type Translation,
  type TranslocoLoader,
  type TranslocoTranspiler,
} from '@jsverse/transloco';
import { formatMessage, type IcuParams } from './icu';

/** Both languages are part of the build: a chunk each, loaded when needed, never asked of the API. */
@Injectable({ providedIn: 'root' })
class BundledLoader implements TranslocoLoader {
  async getTranslation(lang: string): Promise<Translation> {
    if (lang !== 'fr') {
      return (await import('../../../i18n/en.json')).default;
    }
    // The server says its sentences in English, so only other languages have them here.
    const [words, sentences] = await Promise.all([
      import('../../../i18n/fr.json'),
      import('../../../i18n/sentences.fr.json'),
    ]);
    return { ...words.default, ...sentences.default };
  }
}

/** ICU messages without `eval`. The service calls `onLangChanged` before the first text of a language is asked for. */
@Injectable()
class IcuTranspiler implements TranslocoTranspiler {
  private locale = 'en';

  onLangChanged(lang: string): void {
    this.locale = lang;
  }

  transpile({ value, params }: { value: unknown; params?: IcuParams }): unknown {
    return typeof value === 'string' ? formatMessage(value, params ?? {}, this.locale) : value;
  }
}

export function providePortalTexts(): (EnvironmentProviders | Provider)[] {
  return [
    ...provideTransloco({
      config: {
        availableLangs: ['en', 'fr'],
        defaultLang: 'en',
        fallbackLang: 'en',
        reRenderOnLangChange: true,
        prodMode: true,
      },
      loader: BundledLoader,
    }),
    provideTranslocoTranspiler(IcuTranspiler),
  ];
}
