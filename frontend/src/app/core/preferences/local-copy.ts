import type { PreferenceValuesDto } from '../../api/models';

export type PreferenceKey = keyof PreferenceValuesDto;
export type PreferenceValue = PreferenceValuesDto[PreferenceKey];

/** A choice that the server has not confirmed; null: follow the default again. */
export type PendingChoice = readonly [key: PreferenceKey, value: PreferenceValue | null];

/** What this device remembers, so that the first paint is right and a choice made offline is not lost. */
export interface LocalCopy {
  /** Whose it is; null: chosen before anybody signed in. */
  readonly userId: string | null;
  readonly values: PreferenceValuesDto;
  readonly pending: readonly PendingChoice[];
}

/** Read by `first-paint.js` too. */
const NAME = 'system_update.preferences';

/** What holds on a device that has never asked the server. */
export const BUILT_IN: PreferenceValuesDto = {
  theme: 'system',
  density: 'comfort',
  zoom: 100,
  language: 'browser',
  pane_width: 440,
  dashboard_view: 'comfort',
  default_tab: 'last',
  dock_open: false,
  pane_open: false,
  shortcuts: true,
};

/** Private windows may refuse storage, and it may hold anything: then nothing is remembered. */
export function readCopy(): LocalCopy | null {
  try {
    const { userId, values, pending } = JSON.parse(localStorage.getItem(NAME) ?? 'null') as LocalCopy;
    const own = Object.entries(BUILT_IN).map(([key, usual]: [string, PreferenceValue]) => {
      const kept = values[key as PreferenceKey];
      return [key, typeof kept === typeof usual ? kept : usual];
    });
    const sound = pending.filter(
      ([key, value]) => key in BUILT_IN && (value === null || typeof value === typeof BUILT_IN[key]),
    );
    return { userId, values: Object.fromEntries(own) as unknown as PreferenceValuesDto, pending: sound };
  } catch {
    return null;
  }
}

export function writeCopy(copy: LocalCopy): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(copy));
  } catch {
    // Nothing is lost but the memory of this device; the server keeps the choices.
  }
}
