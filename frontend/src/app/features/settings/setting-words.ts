import { inject, Injectable } from '@angular/core';
import type { SettingDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import type { Fault } from './setting-check';
import type { SettingValue } from './settings-store';

/** Settings and their values in words. */
@Injectable({ providedIn: 'root' })
export class SettingWords {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);

  name(setting: SettingDto): string {
    return this.texts.t(`setting.${setting.key}`);
  }

  about(setting: SettingDto): string {
    return this.texts.t(`setting.${setting.key}.about`);
  }

  /** One word of a choice, in the language of the page. */
  option(setting: SettingDto, word: string): string {
    switch (setting.key) {
      case 'appearance.theme':
        return this.texts.known(`theme.${word}`, word);
      case 'appearance.density':
        return this.texts.known(`density.${word}`, word);
      case 'appearance.language':
        return this.texts.known(`language.${word}`, word);
      default:
        return word;
    }
  }

  value(setting: SettingDto, value: SettingValue): string {
    if (typeof value === 'boolean') {
      return this.texts.t(value ? 'settings.on' : 'settings.off');
    }
    if (Array.isArray(value)) {
      return value.length === 0 ? this.texts.t('settings.none') : this.formats.list(value);
    }
    if (typeof value === 'number') {
      return setting.unit === null
        ? this.formats.number(value)
        : this.texts.t(`settings.in.${setting.unit}`, { n: value });
    }
    return this.option(setting, value);
  }

  fault(fault: Fault): string {
    switch (fault.kind) {
      case 'number':
        return this.texts.t('settings.fault.number', {
          from: fault.minimum,
          to: fault.maximum,
          step: fault.step,
        });
      case 'twice':
        return this.texts.t('settings.fault.twice', { text: fault.text });
      case 'tooMany':
        return this.texts.t('settings.fault.tooMany', { n: fault.most });
    }
  }
}
