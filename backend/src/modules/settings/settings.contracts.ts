import { auditContract } from '../../kernel/audit/audit-contracts';
import type { Contract } from '../../kernel/contracts/contract';
import { document, list, text, type Schema } from '../../kernel/contracts/schemas';

/** Which value fits which key is said by the registries of this room, before a document is made. */
const anyValue: Schema = { description: 'What the JSON Schema of the key lets through.' };

/** A value as it is stored. */
export interface ValueDocument {
  readonly value: unknown;
}

export interface SectionsDocument {
  readonly sections: readonly string[];
}

export const APP_SETTING: Contract = {
  name: 'app_setting',
  title: 'A setting of the installation',
  description: 'The value that an administrator has set; the schema of each key stands in the registry of settings.',
  columns: ['app_settings.value_json'],
  versions: { 1: { body: document(1, { value: anyValue }) } },
};

export const USER_PREFERENCE: Contract = {
  name: 'user_preference',
  title: 'A preference of a person',
  description: 'What somebody has chosen; the schema of each key stands in the registry of preferences.',
  columns: ['user_preferences.value_json'],
  versions: { 1: { body: document(1, { value: anyValue }) } },
};

export const SECTIONS_OPEN: Contract = {
  name: 'machine_ui_state.sections_open',
  title: 'The open sections of a machine',
  description: 'Names of the sections that stand open in its tile and on its page. Nothing but the portal reads it.',
  columns: ['machine_ui_state.sections_open_json'],
  versions: { 1: { body: document(1, { sections: list(text) }) } },
};

export const SETTINGS_CONTRACTS = [
  APP_SETTING,
  USER_PREFERENCE,
  SECTIONS_OPEN,
  auditContract('setting.change', 'The value that held before, and the one that was set.', {
    before: anyValue,
    after: anyValue,
  }),
  auditContract('setting.reset', 'The value that held before, and the default that holds again.', {
    before: anyValue,
    after: anyValue,
  }),
];
