import { linesOf, ParseError } from './parse-error';

/**
 * Reads `key=value` lines; a key may come several times.
 * @throws ParseError on any other line
 */
export function parseKeyValues(what: string, text: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const line of linesOf(text)) {
    const equals = line.indexOf('=');
    if (equals < 1) throw new ParseError(what, 'not key=value', line);
    const key = line.slice(0, equals);
    values.set(key, [...(values.get(key) ?? []), line.slice(equals + 1)]);
  }
  return values;
}

/** The value of a key that must be there once. */
export function required(what: string, values: Map<string, string[]>, key: string): string {
  const value = values.get(key)?.[0];
  if (value === undefined) throw new ParseError(what, `no ${key}`);
  return value;
}

/** The value of a key, null when it is absent or empty. */
export function optional(values: Map<string, string[]>, key: string): string | null {
  const value = values.get(key)?.[0];
  return value === undefined || value === '' ? null : value;
}
