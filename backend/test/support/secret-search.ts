import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';

/** Shorter pieces occur by chance. */
const SHORTEST_PIECE = 8;

interface Place {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

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
  return new Map([...found].filter(([, text]) => text.length >= SHORTEST_PIECE));
}

/** @returns how each secret stands in the text, as `name: form` */
export function tracesIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    [...traces(secret)].filter(([, piece]) => text.includes(piece)).map(([form]) => `${name}: ${form}`),
  );
}

/**
 * Looks through every column of every table of every schema, whatever its type, but for encrypted ones: value by value,
 * and joined over neighbouring rows, where a secret may be split.
 * @returns `schema.table.column: secret: form`
 */
export async function searchDatabase(source: DataSource, secrets: Readonly<Record<string, string>>): Promise<string[]> {
  const found = new Set<string>();
  for (const place of await places(source)) {
    const where = `${place.schema}.${place.table}.${place.column}`;
    for (const text of await texts(source, place))
      for (const trace of tracesIn(text, secrets)) found.add(`${where}: ${trace}`);
  }
  return [...found].sort();
}

export function places(source: DataSource): Promise<Place[]> {
  return queryRows<Place>(
    source,
    `SELECT n.nspname::text AS schema, c.relname::text AS "table", a.attname::text AS "column"
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND a.attname NOT LIKE 'enc\\_%'
        AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      ORDER BY 1, 2, 3`,
  );
}

/** The values, and all of them joined in the order of their rows: with nothing between, and with their line breaks. */
async function texts(source: DataSource, { schema, table, column }: Place): Promise<string[]> {
  const order = await orderOf(source, schema, table);
  const rows = await queryRows<{ value: string | null }>(
    source,
    `SELECT "${column}"::text AS value FROM "${schema}"."${table}" ORDER BY ${order}`,
  );
  const values = rows.flatMap(({ value }) => (value === null ? [] : [value]));
  return [...values, values.join(''), values.join('').replaceAll('\n', '')];
}

/** By primary key, where there is one. */
async function orderOf(source: DataSource, schema: string, table: string): Promise<string> {
  const keys = await queryRows<{ name: string }>(
    source,
    `SELECT quote_ident(a.attname) AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
      WHERE i.indrelid = format('%I.%I', $1::text, $2::text)::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int[], a.attnum::int)`,
    [schema, table],
  );
  return keys.length === 0 ? '1' : keys.map(({ name }) => name).join(', ');
}
