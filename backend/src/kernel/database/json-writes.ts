import { JsonDocument } from '../contracts/json-document';

/** A `*_json` column that a statement fills. */
export interface JsonWrite {
  readonly table: string;
  readonly column: string;
  /** Numbers of the bound values that it is filled from. */
  readonly values: readonly number[];
  /** It is set to NULL, its default or itself: nothing new gets in. */
  readonly harmless: boolean;
}

/** A statement fills a `*_json` column with something that no contract has accepted. Nothing was sent. */
export class BareJsonError extends Error {
  constructor(
    readonly column: string,
    why: string,
  ) {
    super(`${column} takes documents of a contract only: ${why}. Make one with Contracts.document().`);
    this.name = 'BareJsonError';
  }
}

const JSON_COLUMN = /\w_json\b/i;
/** An INSERT that does not name its columns: a column for documents may be among them. */
const NAMELESS = /\bINSERT\s+INTO\s+[\w."]+(?:\s+AS\s+\w+)?\s+(?:VALUES|SELECT|TABLE|WITH|OVERRIDING)\b/i;
/** Comments, texts, bound values, casts, names with their schema, and every other sign by itself. */
const TOKEN = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|\$\d+|::|(?:\w+|"[^"]+")(?:\.(?:\w+|"[^"]+"))*|\S/g;

/** By statement. Statements are constants but for a few, so this stays small. */
const known = new Map<string, readonly JsonWrite[]>();

/**
 * Refuses to fill a `*_json` column from anything but a {@link JsonDocument} of a contract that belongs into it.
 * @throws BareJsonError
 */
export function refuseBareJson(sql: string, params: readonly unknown[]): void {
  if (!JSON_COLUMN.test(sql) && !NAMELESS.test(sql)) return;
  let writes = known.get(sql);
  if (writes === undefined) known.set(sql, (writes = jsonWrites(sql)));
  for (const { table, column, values, harmless } of writes) {
    const name = `${table}.${column}`;
    if (harmless) continue;
    if (values.length === 0) throw new BareJsonError(name, 'this statement fills it from no bound value');
    for (const number of values) refuseOther(name, params[number - 1]);
  }
}

/** @throws BareJsonError unless the value is null or a document of that column; of a list, unless each one is */
export function refuseOther(column: string, value: unknown): void {
  if (value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) refuseOther(column, each);
    return;
  }
  if (!(value instanceof JsonDocument)) throw new BareJsonError(column, 'this value is none');
  if (!value.columns.includes(column)) throw new BareJsonError(column, `${value.contract} does not belong there`);
}

/** What of `*_json` columns a statement fills, by its text. */
export function jsonWrites(sql: string): JsonWrite[] {
  const tokens = (sql.match(TOKEN) ?? []).filter((token) => !token.startsWith('--') && !token.startsWith('/*'));
  const writes: JsonWrite[] = [];
  let table = '';
  for (let at = 0; at < tokens.length; at += 1) {
    const word = tokens[at]?.toUpperCase();
    const next = tokens[at + 1]?.toUpperCase();
    if (word === 'INSERT' && next === 'INTO') {
      table = nameOf(tokens[at + 2]);
      writes.push(...inserted(table, tokens.slice(at + 3)));
    } else if (word === 'UPDATE' && next !== 'SET' && !isLock(tokens[at - 1])) {
      table = nameOf(next === 'ONLY' ? tokens[at + 2] : tokens[at + 1]);
    } else if (word === 'SET') {
      writes.push(...assigned(table, tokens.slice(at + 1)));
    } else if (word === 'MERGE' && next === 'INTO') {
      // None is written here; the simplest safe reading is that it fills every such column it names.
      table = nameOf(tokens[at + 2]);
      const columns = new Set(tokens.map(columnOf).filter(isJson));
      writes.push(...[...columns].map((column) => ({ table, column, values: [], harmless: false })));
    }
  }
  return writes;
}

/** `FOR UPDATE`, `FOR NO KEY UPDATE`: a lock, not a write. */
function isLock(before: string | undefined): boolean {
  return before !== undefined && /^(FOR|KEY)$/i.test(before);
}

function inserted(table: string, rest: readonly string[]): JsonWrite[] {
  const open = rest.indexOf('(');
  const close = rest.indexOf(')');
  if (open < 0 || open > 2 || close < open || isSource(rest[open - 1]))
    return [{ table, column: '*_json', values: [], harmless: false }];
  const columns = splitAtCommas(rest.slice(open + 1, close)).map((column) => columnOf(column[0] ?? ''));
  const source = rest.slice(close + 1);
  const rows =
    source[0]?.toUpperCase() === 'VALUES' ? rowsOf(source.slice(1)) : [splitAtCommas(untilClause(source.slice(1)))];
  return columns.flatMap((column, index) =>
    isJson(column) ? rows.map((row) => writeOf(table, column, row[index] ?? [])) : [],
  );
}

/** What an INSERT takes its rows from, with no list of columns before it. */
function isSource(word: string | undefined): boolean {
  return word !== undefined && /^(VALUES|SELECT|TABLE|WITH|OVERRIDING)$/i.test(word);
}

function assigned(table: string, rest: readonly string[]): JsonWrite[] {
  return splitAtCommas(untilClause(rest)).flatMap((assignment) => {
    const equals = assignment.indexOf('=');
    const target = assignment.slice(0, Math.max(equals, 0));
    const columns = target.map(columnOf).filter(isJson);
    // `(a, b) = (…)` is not taken apart: the column counts as filled from every value on the right.
    return columns.map((column) => writeOf(table, column, assignment.slice(equals + 1)));
  });
}

function writeOf(table: string, column: string, expression: readonly string[]): JsonWrite {
  const values = expression.filter((token) => /^\$\d+$/.test(token)).map((token) => Number(token.slice(1)));
  const [only = ''] = expression;
  const harmless =
    expression.length === 1 && (/^(NULL|DEFAULT)$/i.test(only) || /^excluded\./i.test(only) || only === column);
  return { table, column, values, harmless };
}

/** The rows after VALUES, each with its expressions. */
function rowsOf(tokens: readonly string[]): string[][][] {
  const rows: string[][][] = [];
  let depth = 0;
  let start = 0;
  for (const [at, token] of tokens.entries()) {
    if (token === '(' && (depth += 1) === 1) start = at + 1;
    if (token === ')' && (depth -= 1) === 0) rows.push(splitAtCommas(tokens.slice(start, at)));
    if (depth === 0 && token !== ')' && token !== ',') break;
  }
  return rows;
}

/** Up to the clause or the parenthesis that ends a list. */
function untilClause(tokens: readonly string[]): string[] {
  let depth = 0;
  const end = tokens.findIndex((token) => {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    return depth < 0 || token === ';' || (depth === 0 && /^(FROM|WHERE|RETURNING|ON)$/i.test(token));
  });
  return tokens.slice(0, end === -1 ? tokens.length : end);
}

function splitAtCommas(tokens: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === '(' || token === '[') depth += 1;
    if (token === ')' || token === ']') depth -= 1;
    if (token === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function nameOf(token = ''): string {
  return columnOf(token).toLowerCase();
}

/** The last part of a name, without quotes. */
function columnOf(token: string): string {
  return (token.split('.').at(-1) ?? '').replaceAll('"', '');
}

function isJson(column: string): boolean {
  return /^\w+_json$/i.test(column);
}
