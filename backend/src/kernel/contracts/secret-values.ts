import { isDistinctive } from '../logging/secret-masker';
import { secretRegistry } from '../logging/secret-registry';
import type { JsonDocument } from './json-document';

/**
 * A copy for storing, in which registered secrets inside any text are masked: those alone for which a document would be refused. Another
 * machine's password `debian` would otherwise tear honest words out of what this one said. Dates and other objects with a class stay.
 */
export function maskDistinctiveSecrets<T>(value: T): T {
  if (secretRegistry.values().length === 0) return value;
  return mapTexts(value, (text) => secretRegistry.maskDistinctive(text)) as T;
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
