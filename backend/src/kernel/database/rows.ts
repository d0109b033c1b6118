import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  type DataSource,
  type EntityManager,
  type QueryRunner,
} from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { refuseBareJson } from './json-writes';
import { preparedName } from './prepared';

/**
 * The only way in which this program sends raw SQL: over the pool or the open transaction of TypeORM, past its
 * `query()`. That one answers `[rows, count]` to UPDATE and DELETE, even with RETURNING, and plain rows to everything
 * else (a check such as "no row came back, so the fence is lost" would always pass on the tuple), and what it does for
 * subscribers, which we have none of, costs a third of a short statement. Nothing fills a `*_json` column that no contract
 * has accepted (see `json-writes.ts`).
 */
interface RawResult {
  readonly rows: unknown[];
  /** Null for statements that touch no rows. */
  readonly rowCount: number | null;
}

interface Queryable {
  query(sql: string, params: readonly unknown[]): Promise<RawResult>;
  query(prepared: {
    readonly name: string;
    readonly text: string;
    readonly values: readonly unknown[];
  }): Promise<RawResult>;
}

type Connection = EntityManager | DataSource;

/** The rows that a statement returns: SELECT, or INSERT, UPDATE, DELETE with RETURNING. */
export async function queryRows<T extends object>(
  connection: Connection,
  sql: string,
  params: readonly unknown[] = [],
): Promise<T[]> {
  refuseBareJson(sql, params);
  return (await execute(connection, sql, params)).rows as T[];
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
  return (await execute(connection, sql, params)).rowCount ?? 0;
}

/** The same for `bulkInsert`, whose rows travel as one value: it has looked at each document itself. */
export async function affectedByBulk(connection: Connection, sql: string, rows: string): Promise<number> {
  return (await execute(connection, sql, [rows])).rowCount ?? 0;
}

async function execute(connection: Connection, sql: string, params: readonly unknown[]): Promise<RawResult> {
  const dataSource = 'dataSource' in connection ? connection.dataSource : connection;
  const joined = 'queryRunner' in connection ? connection.queryRunner : undefined;
  dataSource.logger.logQuery(sql, params as unknown[], joined);
  const target = joined ? await clientOf(joined) : poolOf(dataSource);
  const name = preparedName(sql);
  try {
    return await (name === undefined ? target.query(sql, params) : target.query({ name, text: sql, values: params }));
  } catch (error) {
    throw error instanceof Error ? new QueryFailedError(sql, [...params], error) : error;
  }
}

/** @throws QueryRunnerAlreadyReleasedError: the connection belongs to somebody else by now */
async function clientOf(runner: QueryRunner): Promise<Queryable> {
  if (runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
  return (await runner.connect()) as Queryable;
}

function poolOf({ driver }: DataSource): Queryable {
  const master = (driver as PostgresDriver).master as Queryable | undefined;
  if (master === undefined) throw new Error('Driver not Connected');
  return master;
}
