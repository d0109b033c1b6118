import { secretRegistry } from '../logging/secret-registry';
import type { JsonDocument } from './json-document';

/** A copy in which every registered secret value inside any text is masked. Dates and other objects with a class stay. */
export function maskSecrets<T>(value: T): T {
  if (secretRegistry.values().length === 0) return value;
  return mapTexts(value, (text) => secretRegistry.mask(text)) as T;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** True when any text inside the document contains a registered secret that cannot stand there by chance. */
export function holdsSecret(document: JsonDocument): boolean {
  // One text for all: thousands of short ones, each looked through for hundreds of secrets, would take seconds.
  return secretRegistry.forms(isDistinctive).some((form) => document.text.includes(form));
}

const characterKinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/];

/**
 * A password such as `debian` or `raspberry` stands in every honest document of its machine, and refusing those would
 * make the machine unmanageable. Long or mixed values do not occur by chance.
 */
function isDistinctive(secret: string): boolean {
  return secret.length >= 12 || (secret.length >= 8 && characterKinds.filter((kind) => kind.test(secret)).length >= 3);
}
