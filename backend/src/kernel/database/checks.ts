/**
 * The SQL of the CHECK constraints that entities declare. Migrations spell them out again, for they must not change
 * with the code; a test compares both.
 */

/** One value of a closed list. */
export function oneOf(column: string, values: readonly string[]): string {
  return `${column} IN (${values.map((value) => `'${value}'`).join(', ')})`;
}

/** One word of an open list: a feature to come may add its own. */
export function openName(column: string): string {
  return `${column} ~ '^[a-z][a-z0-9_]*$'`;
}

/** Words of that kind, joined by dots: `section.setting`. */
export function dottedName(column: string): string {
  return `${column} ~ '^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$'`;
}

/** Ciphertext in the form that the key ring writes (`suenc:1:<key id>:<nonce>:<ciphertext>`), never clear text. */
export function envelope(column: string): string {
  return `${column} ~ '^suenc:1:[a-z0-9-]+:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$'`;
}

/** A share of 100. */
export function percentage(column: string): string {
  return `${column} >= 0 AND ${column} <= 100`;
}

/** A count, a size, a duration. */
export function nonNegative(column: string): string {
  return `${column} >= 0`;
}

/** A measured figure: neither negative, nor the NaN and Infinity that the column's type would take. */
export function finite(column: string): string {
  return `${column} >= 0 AND ${column} < 'Infinity'`;
}

/** A path below a folder that is ours: nothing absolute, no way up. */
export function pathBelow(column: string): string {
  return `${column} !~ '(^/|(^|/)\\.\\.(/|$))' AND ${column} <> ''`;
}

/** The words of the list `key` of a document are all of a closed list. */
export function wordsWithin(column: string, key: string, values: readonly string[]): string {
  return `COALESCE(jsonb_typeof(${column} -> '${key}') = 'array' AND ${column} -> '${key}' <@ '${JSON.stringify(values)}', false)`;
}

/** A number that starts at one. */
export function positive(column: string): string {
  return `${column} > 0`;
}

export function tcpPort(column: string): string {
  return `${column} >= 1 AND ${column} <= 65535`;
}

/** A SHA-256 in lower-case hexadecimal. */
export function sha256Hex(column: string): string {
  return `${column} ~ '^[0-9a-f]{64}$'`;
}
