import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';

/** Shorter pieces occur by chance. */
const SHORTEST_PIECE = 8;

/** Every way in which a secret may stand in a text, by its name. */
export function traces(secret: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(secret);
  const lines = secret.split('\n').filter((line) => line.length >= 16 && !line.startsWith('-----'));
  const found = new Map<string, string>([
    ['as it is', secret],
    ['JSON-escaped', JSON.stringify(secret).slice(1, -1)],
    ['JSON-escaped twice', JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1)],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded as a form', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['hexadecimal', bytes.toString('hex')],
    ...lines.map((line, index): [string, string] => [`line ${String(index)}`, line]),
  ]);
  // Behind 0, 1 or 2 other bytes; the signs at both ends depend on neighbours and are left out.
  for (const before of [0, 1, 2]) {
    const code = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const piece = code.slice(before === 0 ? 0 : 4, -4);
    found.set(`base64 behind ${String(before)}`, piece);
    found.set(`base64url behind ${String(before)}`, piece.replaceAll('+', '-').replaceAll('/', '_'));
  }
  const distinct = new Map([...found].reverse().map(([form, text]) => [text, form]));
  return new Map([...distinct].filter(([text]) => text.length >= SHORTEST_PIECE).map(([text, form]) => [form, text]));
}

interface Trace {
  readonly name: string;
  readonly piece: string;
}

function allTraces(secrets: Readonly<Record<string, string>>): Trace[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    [...traces(secret)].map(([form, piece]) => ({ name: `${name}: ${form}`, piece })),
  );
}

/** @returns how each secret stands in the text, as `name: form` */
export function tracesIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return among(allTraces(secrets), text);
}

function among(wanted: readonly Trace[], text: string): string[] {
  return wanted.filter(({ piece }) => text.includes(piece)).map(({ name }) => name);
}

/**
 * Looks through every column of every table of every schema, whatever its type, but for encrypted ones: value by value,
 * and joined over neighbouring rows, where a secret may be split.
 * @returns `schema.table.column: secret: form`
 */
export async function searchDatabase(source: DataSource, secrets: Readonly<Record<string, string>>): Promise<string[]> {
  const wanted = allTraces(secrets);
  const found = new Set<string>();
  for (const { schema, table, columns } of await tables(source)) {
    const rows = await valuesOf(source, { schema, table, columns });
    for (const [index, column] of columns.entries()) {
      const values = rows.map(({ texts }) => texts[index] ?? '');
      // A value lies whole in what is joined. Without line breaks, too: an encoder may wrap its lines.
      const joined = values.join('');
      for (const text of [joined, joined.replaceAll('\n', '')]) {
        for (const trace of among(wanted, text)) found.add(`${schema}.${table}.${column}: ${trace}`);
      }
    }
  }
  return [...found].sort();
}

interface Table {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

export function tables(source: DataSource): Promise<Table[]> {
  return queryRows<Table>(
    source,
    `SELECT n.nspname::text AS schema, c.relname::text AS "table", array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND a.attname NOT LIKE 'enc\\_%'
        AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      GROUP BY 1, 2 ORDER BY 1, 2`,
  );
}

/** The rows of a table in the order of its primary key, where it has one: neighbours are what one text was cut into. */
async function valuesOf(source: DataSource, { schema, table, columns }: Table): Promise<{ texts: string[] }[]> {
  const keys = await queryRows<{ name: string }>(
    source,
    `SELECT quote_ident(a.attname) AS name
       FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
      WHERE i.indrelid = format('%I.%I', $1::text, $2::text)::regclass AND i.indisprimary
      ORDER BY array_position(i.indkey::int[], a.attnum::int)`,
    [schema, table],
  );
  const values = columns.map((column) => `"${column}"::text`).join(', ');
  const order = keys.length === 0 ? '' : `ORDER BY ${keys.map(({ name }) => name).join(', ')}`;
  return queryRows(source, `SELECT ARRAY[${values}] AS texts FROM "${schema}"."${table}" ${order}`);
}
