import { invalidInput } from '../errors/domain-error';
import { say } from './validation.sentences';

/** The sort key of the last row of a page, as PostgreSQL wrote it: text, so that no precision is lost on the way. */
export type KeysetKey = readonly string[];

/** A cursor for the page after this row. `scope` names the list and its order. */
export function encodeCursor(scope: string, key: KeysetKey): string {
  return Buffer.from(JSON.stringify([scope, ...key]), 'utf8').toString('base64url');
}

/**
 * Reads a cursor of the same list and order. `patterns` are the forms of the key's parts: what does not fit would fail
 * as a cast in the database.
 *
 * @throws DomainError naming the field `cursor`
 */
export function decodeCursor(scope: string, patterns: readonly RegExp[], cursor: string): KeysetKey {
  const refused = invalidInput([{ field: 'cursor', message: say.cursor({ field: 'cursor' }) }]);
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw refused;
  }
  if (!Array.isArray(parts) || parts.length !== patterns.length + 1 || parts[0] !== scope) throw refused;
  const key = parts.slice(1) as unknown[];
  if (!key.every((part, index): part is string => typeof part === 'string' && patterns[index]?.test(part) === true)) {
    throw refused;
  }
  return key;
}

/** Forms of key parts. */
export const keyForms = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  integer: /^-?\d{1,9}$/,
  text: /^[^\0]*$/,
  /** As PostgreSQL prints a timestamptz in ISO style. */
  time: /^(-infinity|\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d){0,2})$/,
} as const;
