import { createRequire } from 'node:module';

const pg = createRequire(import.meta.url)('pg') as typeof import('pg');

export type Database = InstanceType<typeof pg.Client>;

/** A connection of the bench's own, closed afterwards. */
export async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = new pg.Client({ connectionString: url });
  // A server that is stopped says so by an event; the statement under way fails anyhow.
  database.on('error', () => undefined);
  await database.connect();
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}

export async function query<Row extends object>(
  database: Database,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Row[]> {
  return (await database.query<Row>(sql, [...params])).rows;
}

export type CopyValue = string | number | boolean | null;

/** Lines of what COPY reads: tabs between the columns, `\N` for NULL. */
export function copyText(rows: readonly (readonly CopyValue[])[]): string {
  const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
  const cell = (value: CopyValue): string =>
    value === null ? '\\N' : String(value).replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character);
  return rows.map((row) => `${row.map(cell).join('\t')}\n`).join('');
}

interface CopyConnection {
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** COPY … FROM STDIN with data that is in memory already; pg itself has the messages, but no query for them. */
export function copyFrom(database: Database, sql: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const copy = {
      submit: (connection: CopyConnection): void => connection.query(sql),
      handleCopyInResponse: (connection: CopyConnection): void => {
        connection.sendCopyFromChunk(Buffer.from(text));
        connection.endCopyFrom();
      },
      handleCommandComplete: (): void => undefined,
      handleError: (error: Error): void => reject(error),
      handleReadyForQuery: (): void => resolve(),
      callback: (): void => undefined,
    };
    void database.query(copy as unknown as Parameters<Database['query']>[0]);
  });
}
