import { ParseError, shown } from './parse-error';

/** A cell that holds no value, and why: the file does not exist, or exists and could not be read (or was empty). */
type MissingCell = 'absent' | 'unreadable';

/** One cell of a table written by the probe script. */
export type Cell = { readonly value: string } | { readonly value: null; readonly missing: MissingCell };

/** The longest path that Linux knows; nothing longer is a name, a path or a number. */
const LONGEST_CELL = 4096;

const ABSENT = '@absent';
const UNREADABLE = '@unreadable';

/** The non-empty lines of a section. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** The only line of a section that answers with one value; refuses none and several. */
export function onlyLine(what: string, text: string): string {
  const [first, ...others] = linesOf(text);
  if (first === undefined || others.length > 0) throw new ParseError(what, `one line expected, got "${shown(text)}"`);
  return first.trim();
}

function cellOf(raw: string): Cell {
  if (raw === ABSENT) return { value: null, missing: 'absent' };
  if (raw === UNREADABLE) return { value: null, missing: 'unreadable' };
  return { value: raw };
}

/** Tab separated rows, each mapped by the names of its columns; a row of another width is refused. */
export function parseTable<Column extends string>(
  what: string,
  text: string,
  columns: readonly Column[],
): Record<Column, Cell>[] {
  return linesOf(text).map((line) => {
    const parts = line.split('\t');
    if (parts.length !== columns.length) {
      throw new ParseError(what, `${String(columns.length)} columns expected in "${shown(line)}"`);
    }
    if (parts.some((part) => part.length > LONGEST_CELL)) {
      throw new ParseError(what, `a value is too long in "${shown(line)}"`);
    }
    return Object.fromEntries(columns.map((column, index) => [column, cellOf(parts[index] ?? '')])) as Record<
      Column,
      Cell
    >;
  });
}

/** A table of name and value; the same name twice is refused. */
export function parseKeyedTable(what: string, text: string): ReadonlyMap<string, Cell> {
  const result = new Map<string, Cell>();
  for (const row of parseTable(what, text, ['key', 'value'])) {
    const key = requiredCell(what, row.key, 'key');
    if (result.has(key)) throw new ParseError(what, `"${shown(key)}" stands there twice`);
    result.set(key, row.value);
  }
  return result;
}

/** The value of a cell that must be there. */
export function requiredCell(what: string, cell: Cell, column: string): string {
  if (cell.value === null || cell.value === '') throw new ParseError(what, `${column} is missing`);
  return cell.value;
}

/** A whole number; refuses signs other than `-`, blanks, exponents and numbers that JavaScript cannot hold exactly. */
export function wholeNumber(what: string, text: string): number {
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new ParseError(what, `whole number expected, got "${shown(text)}"`);
  return number;
}

/** A non-negative decimal number such as the kernel writes it. */
export function decimalNumber(what: string, text: string): number {
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) throw new ParseError(what, `number expected, got "${shown(text)}"`);
  return Number(text);
}

/** One of the given words. */
export function oneOf<Word extends string>(what: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new ParseError(what, `one of ${words.join(', ')} expected, got "${shown(text)}"`);
  return found;
}
