import type { RebootInhibitor } from '../contracts/reboot-plan.v1';
import { ParseError } from '../parsers/parse-error';

/**
 * Reads the answer of logind's `ListInhibitors` as `busctl --json=short` prints it: of each lock what it is about, who
 * holds it, why, and how.
 * @throws ParseError when it is not that
 */
export function parseInhibitors(text: string): RebootInhibitor[] {
  return rowsOf(text).map((row) => {
    const [what, who, why, mode] = row;
    if (![what, who, why, mode].every((part) => typeof part === 'string'))
      throw new ParseError('inhibitors', 'not a lock', JSON.stringify(row));
    const words = row as readonly string[];
    const about = (words[0] ?? '').split(':');
    // `block-weak` binds everybody but root; whoever holds it is at work all the same.
    const blocks = about.includes('shutdown') && (words[3] ?? '').startsWith('block');
    return { who: words[1] ?? '', why: words[2] ?? '', blocks };
  });
}

function rowsOf(text: string): unknown[][] {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ParseError('inhibitors', 'no JSON', text);
  }
  const rows: unknown = (answer as { data?: unknown } | null)?.data;
  const list: unknown = Array.isArray(rows) ? rows[0] : undefined;
  if (!Array.isArray(list) || !list.every((row) => Array.isArray(row)))
    throw new ParseError('inhibitors', 'no list of locks', text);
  return list;
}

/** Who holds a shutdown back, in words. */
export function blockersOf(inhibitors: readonly RebootInhibitor[]): string {
  return inhibitors
    .filter(({ blocks }) => blocks)
    .map(({ who, why }) => (why === '' ? who : `${who}: ${why}`))
    .join('; ');
}
