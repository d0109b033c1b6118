import { DENSITY, LANGUAGE, PANE_WIDTH, THEME, ZOOM, type AppSettingKey, type AppSettingValue } from './app-settings';
import { choice, yesOrNo, type ValueOf, type ValueSchema } from './value-schema';

/** What a person may choose in the portal. */
export interface Preference<T> {
  readonly schema: ValueSchema<T>;
  /** What holds while nothing was chosen: a setting of the installation, or a value. */
  readonly otherwise: { readonly setting: AppSettingKey } | { readonly value: T };
}

type SettingOf<T> = { [K in AppSettingKey]: AppSettingValue<K> extends T ? K : never }[AppSettingKey];

function like<T>(schema: ValueSchema<T>, setting: SettingOf<T>): Preference<T> {
  return { schema, otherwise: { setting } };
}

function own<T>(schema: ValueSchema<T>, value: NoInfer<T>): Preference<T> {
  return { schema, otherwise: { value } };
}

/** The tabs of a machine, in their order; `last` opens the one where it was left. */
export const DEFAULT_TAB = choice('last', 'updates', 'runs', 'timeline', 'hardware', 'messages', 'access', 'raw');
export const DASHBOARD_VIEW = choice('comfort', 'compact', 'table');

/** The registry: a preference that is not here does not exist. */
export const PREFERENCES = {
  theme: like(THEME, 'appearance.theme'),
  density: like(DENSITY, 'appearance.density'),
  zoom: like(ZOOM, 'appearance.zoom'),
  language: like(LANGUAGE, 'appearance.language'),
  pane_width: like(PANE_WIDTH, 'appearance.pane_width'),
  dashboard_view: own(DASHBOARD_VIEW, 'comfort'),
  default_tab: own(DEFAULT_TAB, 'last'),
  /** The activity dock at the foot of the page. */
  dock_open: own(yesOrNo, false),
  /** The pane at the right of the page. */
  pane_open: own(yesOrNo, false),
  /** Single-key shortcuts. */
  shortcuts: own(yesOrNo, true),
} as const;

export type PreferenceKey = keyof typeof PREFERENCES;
export type PreferenceValues = { [K in PreferenceKey]: ValueOf<(typeof PREFERENCES)[K]['schema']> };

export const PREFERENCE_KEYS = Object.keys(PREFERENCES) as PreferenceKey[];

export function isPreferenceKey(key: string): key is PreferenceKey {
  return Object.hasOwn(PREFERENCES, key);
}

/** What holds for somebody who has chosen nothing, given the settings of the installation. */
export function defaultPreference(key: PreferenceKey, setting: (key: AppSettingKey) => unknown): unknown {
  const { otherwise } = PREFERENCES[key] as Preference<unknown>;
  return 'setting' in otherwise ? setting(otherwise.setting) : otherwise.value;
}
