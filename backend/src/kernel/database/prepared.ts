import { createHash } from 'node:crypto';

/** By the text of the statement. */
const names = new Map<string, string>();

/**
 * Marks a statement that is sent again and again as one that the database keeps prepared on each connection: read and
 * planned once instead of every time. For fixed texts that find their rows by a key, whatever their values; one whose best
 * plan depends on its values must be planned anew, and a text that is put together would be kept for ever.
 * @returns the same text
 */
export function prepared(sql: string): string {
  if (!names.has(sql)) names.set(sql, `su_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`);
  return sql;
}

/** What the database knows the statement by; undefined for one that is not kept. */
export function preparedName(sql: string): string | undefined {
  return names.get(sql);
}
