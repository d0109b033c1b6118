import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { refuseBareJson } from './json-writes';

/**
 * TypeORM's `query()` answers `[rows, count]` to UPDATE and DELETE, even with RETURNING, and plain rows to everything
 * else. A check such as "no row came back, so the fence is lost" would always pass on the tuple. These functions are
 * the only way in which this program sends raw SQL, and they refuse to fill a `*_json` column with anything that no
 * contract has accepted (see `json-writes.ts`).
 */
interface RawResult {
  records: unknown[];
  affected: number;
}

type Connection = EntityManager | DataSource;

/** The rows that a statement returns: SELECT, or INSERT, UPDATE, DELETE with RETURNING. */
export async function queryRows<T extends object>(
  connection: Connection,
  sql: string,
  params: readonly unknown[] = [],
): Promise<T[]> {
  refuseBareJson(sql, params);
  return (await execute(connection, sql, params)).records as T[];
}

/**
 * The single row that a statement returns, or null.
 * @throws Error when there are several: the caller believes in a uniqueness that does not hold
 */
export async function queryOne<T extends object>(
  connection: Connection,
  sql: string,
  params: readonly unknown[] = [],
): Promise<T | null> {
  const rows = await queryRows<T>(connection, sql, params);
  if (rows.length > 1) throw new Error(`Expected one row at most, got ${String(rows.length)}.`);
  return rows[0] ?? null;
}

/** How many rows an INSERT, UPDATE or DELETE touched. */
export async function affected(connection: Connection, sql: string, params: readonly unknown[] = []): Promise<number> {
  refuseBareJson(sql, params);
  return (await execute(connection, sql, params)).affected;
}

/** The same for `bulkInsert`, whose rows travel as one value: it has looked at each document itself. */
export async function affectedByBulk(connection: Connection, sql: string, rows: string): Promise<number> {
  return (await execute(connection, sql, [rows])).affected;
}

async function execute(connection: Connection, sql: string, params: readonly unknown[]): Promise<RawResult> {
  const joined = 'queryRunner' in connection ? connection.queryRunner : undefined;
  if (joined) return structured(joined, sql, params);
  const dataSource = 'dataSource' in connection ? connection.dataSource : connection;
  const own = dataSource.createQueryRunner();
  try {
    return await structured(own, sql, params);
  } finally {
    await own.release();
  }
}

async function structured(runner: QueryRunner, sql: string, params: readonly unknown[]): Promise<RawResult> {
  const result = await runner.query(sql, [...params], true);
  return { records: result.records, affected: result.affected ?? 0 };
}
