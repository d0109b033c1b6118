import { Component, computed, inject } from '@angular/core';
import type { PreferenceValuesDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts, type TextKey } from '../../core/i18n/texts';
import type { PreferenceKey, PreferenceValue } from '../../core/preferences/local-copy';
import { MACHINE_TABS } from '../../core/preferences/machine-tabs';
import { Preferences } from '../../core/preferences/preferences';
import { UnreadableNotes } from '../../ui/unreadable-notes';

interface Option {
  readonly value: PreferenceValue;
  readonly text: string;
  /** Set when the word is not in the language of the page. */
  readonly lang?: string;
}

interface Group {
  readonly key: PreferenceKey;
  readonly legend: TextKey;
  readonly options: readonly Option[];
}

const THEMES = ['light', 'dark', 'system'] as const;
const DENSITIES = ['comfort', 'compact'] as const;
const VIEWS = ['comfort', 'compact', 'table'] as const;
const ZOOMS: readonly number[] = [90, 100, 110, 120, 130];
/** What this card shows, and takes back together. */
const SHOWN: readonly PreferenceKey[] = [
  'language',
  'theme',
  'density',
  'zoom',
  'dashboard_view',
  'default_tab',
  'shortcuts',
];

/** How one wants the portal to be; kept on the server, so that it holds in every browser. */
@Component({
  selector: 'su-look',
  imports: [UnreadableNotes],
  templateUrl: './look.html',
})
export class Look {
  protected readonly texts = inject(Texts);
  protected readonly preferences = inject(Preferences);
  private readonly formats = inject(Formats);
  protected readonly tabs: readonly PreferenceValuesDto['default_tab'][] = ['last', ...MACHINE_TABS];
  protected readonly unread = computed(() => this.preferences.unreadable().map(({ stored }) => stored));
  protected readonly own = computed(() => SHOWN.filter((key) => this.preferences.chosen().has(key)));
  protected readonly groups = computed<readonly Group[]>(() => [
    {
      key: 'language',
      legend: 'me.language',
      options: [
        { value: 'en', text: 'English', lang: 'en' },
        { value: 'fr', text: 'Français', lang: 'fr' },
        { value: 'browser', text: this.texts.t('language.browser') },
      ],
    },
    {
      key: 'theme',
      legend: 'me.theme',
      options: THEMES.map((value) => ({ value, text: this.texts.t(`theme.${value}`) })),
    },
    {
      key: 'density',
      legend: 'me.density',
      options: DENSITIES.map((value) => ({ value, text: this.texts.t(`density.${value}`) })),
    },
    { key: 'zoom', legend: 'me.zoom', options: this.zooms() },
    {
      key: 'dashboard_view',
      legend: 'me.tiles',
      options: VIEWS.map((value) => ({ value, text: this.texts.t(`view.${value}`) })),
    },
  ]);

  protected choose(key: PreferenceKey, value: PreferenceValue): void {
    this.preferences.choose(key, value);
  }

  protected followDefaults(): void {
    for (const key of this.own()) {
      this.preferences.reset(key);
    }
  }

  /** The usual steps, and the present one when it lies between them. */
  private zooms(): Option[] {
    const now = this.preferences.get('zoom');
    const steps = ZOOMS.includes(now) ? ZOOMS : [...ZOOMS, now].sort((a, b) => a - b);
    return steps.map((value) => ({ value, text: this.formats.percent(value) }));
  }
}
