import type { Permission } from '../../../kernel/auth/permissions';
import { choice, networks, wholeNumber, yesOrNo, type ValueOf, type ValueSchema } from './value-schema';

export const THEME = choice('system', 'light', 'dark');
export const DENSITY = choice('comfort', 'compact');
/** Percent of the browser's own text size. */
export const ZOOM = wholeNumber(90, 130, 5);
/** `browser`: the first language of the browser that the portal speaks. */
export const LANGUAGE = choice('browser', 'en', 'fr');
/** CSS pixels. */
export const PANE_WIDTH = wholeNumber(320, 720);
const DAYS = wholeNumber(7, 3650);

export const SETTING_SECTIONS = ['appearance', 'machines', 'schedules', 'retention', 'terminal', 'discovery'] as const;
export type SettingSection = (typeof SETTING_SECTIONS)[number];

export const SETTING_UNITS = ['percent', 'pixels', 'days'] as const;
/** What a setting waits for when nothing reads it yet. */
export const AWAITED_FEATURES = ['terminal', 'discovery'] as const;

/** A setting of the whole installation. */
export interface AppSetting<T> {
  readonly section: SettingSection;
  readonly schema: ValueSchema<T>;
  /** Holds while nobody has set another value. */
  readonly default: T;
  /** Whoever has it may change this setting. */
  readonly permission: Permission;
  readonly unit?: (typeof SETTING_UNITS)[number];
  /** The feature that reads it, when that is not there yet. */
  readonly awaits?: (typeof AWAITED_FEATURES)[number];
}

function setting<T>(
  section: SettingSection,
  schema: ValueSchema<T>,
  value: NoInfer<T>,
  more: Pick<AppSetting<T>, 'unit' | 'awaits'> & { permission?: Permission } = {},
): AppSetting<T> {
  return { section, schema, default: value, permission: 'settings.write', ...more };
}

/** The registry: a setting that is not here does not exist. The order is that of the page. */
export const APP_SETTINGS = {
  'appearance.theme': setting('appearance', THEME, 'system'),
  'appearance.density': setting('appearance', DENSITY, 'comfort'),
  'appearance.zoom': setting('appearance', ZOOM, 100, { unit: 'percent' }),
  'appearance.language': setting('appearance', LANGUAGE, 'browser'),
  'appearance.pane_width': setting('appearance', PANE_WIDTH, 440, { unit: 'pixels' }),
  'machines.index_stale_days': setting('machines', wholeNumber(1, 365), 7, { unit: 'days' }),
  'schedules.request_days': setting('schedules', wholeNumber(1, 30), 3, { unit: 'days' }),
  'retention.job_logs_days': setting('retention', DAYS, 30, { unit: 'days' }),
  'retention.jobs_days': setting('retention', DAYS, 90, { unit: 'days' }),
  'retention.snapshots_days': setting('retention', DAYS, 90, { unit: 'days' }),
  'retention.machine_events_days': setting('retention', DAYS, 365, { unit: 'days' }),
  'retention.important_messages_days': setting('retention', DAYS, 365, { unit: 'days' }),
  'retention.action_requests_days': setting('retention', DAYS, 180, { unit: 'days' }),
  'retention.schedule_occurrences_days': setting('retention', DAYS, 365, { unit: 'days' }),
  'terminal.enabled': setting('terminal', yesOrNo, false, { awaits: 'terminal' }),
  'discovery.allowed_networks': setting('discovery', networks(64), [], { awaits: 'discovery' }),
} as const;

export type AppSettingKey = keyof typeof APP_SETTINGS;
export type AppSettingValue<K extends AppSettingKey> = ValueOf<(typeof APP_SETTINGS)[K]['schema']>;

export const APP_SETTING_KEYS = Object.keys(APP_SETTINGS) as AppSettingKey[];

export function isAppSettingKey(key: string): key is AppSettingKey {
  return Object.hasOwn(APP_SETTINGS, key);
}

/** How many days the rule of a name keeps its rows: `retention.<rule>_days`. */
export function isRetentionSetting(key: string): key is Extract<AppSettingKey, `retention.${string}`> {
  return key.startsWith('retention.') && isAppSettingKey(key);
}
