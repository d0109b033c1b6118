import type { DataSource, EntityManager } from 'typeorm';
import { lowestId, startOfMonth, timeOfId } from '../database/id-times';
import { queryOne, queryRows } from '../database/rows';

type Connection = DataSource | EntityManager;

/** A table that is partitioned by range of a UUID version 7, by month. Found in the database, listed nowhere. */
export interface PartitionedTable {
  readonly table: string;
  /** The column of the ranges: `id`, or the id of what the rows belong to. */
  readonly column: string;
}

export interface Partition {
  readonly name: string;
  /** Of the ids in it. Null: no lower end. */
  readonly from: Date | null;
  /** The first moment that is not in it any more. */
  readonly to: Date;
}

export interface PartitionStatus extends PartitionedTable {
  readonly partitions: readonly Partition[];
  /** Rows that no month took: they lie in the DEFAULT partition. */
  readonly strayRows: boolean;
}

/** How far ahead of the present months are made. */
export const MONTHS_AHEAD = 3;
/** One program at a time. */
const PARTITION_LOCK = 7_388_120_334;

export async function partitionedTables(connection: Connection): Promise<PartitionedTable[]> {
  return queryRows<PartitionedTable>(
    connection,
    `SELECT c.relname::text AS "table", a.attname::text AS "column"
       FROM pg_partitioned_table p
       JOIN pg_class c ON c.oid = p.partrelid
       JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
      WHERE c.relnamespace = current_schema()::regnamespace AND p.partstrat = 'r' AND a.atttypid = 'uuid'::regtype
      ORDER BY c.relname`,
  );
}

/** The months of one table, oldest first; the DEFAULT partition is none of them. */
export async function partitionsOf(connection: Connection, table: string): Promise<Partition[]> {
  const rows = await queryRows<{ name: string; bounds: string }>(
    connection,
    `SELECT c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass`,
    [table],
  );
  return rows
    .flatMap(({ name, bounds }): Partition[] => {
      const [, from, to] = /^FOR VALUES FROM \((MINVALUE|'[0-9a-f-]+')\) TO \('([0-9a-f-]+)'\)$/.exec(bounds) ?? [];
      if (from === undefined || to === undefined) return [];
      return [{ name, from: from === 'MINVALUE' ? null : timeOfId(from.slice(1, -1)), to: timeOfId(to) }];
    })
    .sort((a, b) => a.to.getTime() - b.to.getTime());
}

export async function partitionStatus(connection: Connection): Promise<PartitionStatus[]> {
  const status: PartitionStatus[] = [];
  for (const { table, column } of await partitionedTables(connection)) {
    const partitions = await partitionsOf(connection, table);
    const stray = await queryOne<{ found: boolean }>(
      connection,
      `SELECT EXISTS (SELECT 1 FROM ${table}_default) AS found`,
    );
    status.push({ table, column, partitions, strayRows: stray?.found ?? false });
  }
  return status;
}

/**
 * Makes the partitions of this month and of the next {@link MONTHS_AHEAD} where they are missing, each in one
 * transaction, and moves what the DEFAULT partition caught for them.
 * @returns the names of those made
 */
export async function makePartitionsAhead(source: DataSource, now: Date): Promise<string[]> {
  const made: string[] = [];
  for (const { table, column } of await partitionedTables(source)) {
    for (let later = 0; later <= MONTHS_AHEAD; later += 1) {
      const [from, to] = [startOfMonth(now, later), startOfMonth(now, later + 1)];
      const name = `${table}_${from.toISOString().slice(0, 7).replace('-', '_')}`;
      if (await source.transaction((manager) => makePartition(manager, { table, column }, { name, from, to })))
        made.push(name);
    }
  }
  return made;
}

async function makePartition(
  manager: EntityManager,
  { table, column }: PartitionedTable,
  { name, from, to }: Partition & { from: Date },
): Promise<boolean> {
  await queryRows(manager, 'SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
  const covered = (await partitionsOf(manager, table)).some(
    (other) => other.to > from && (other.from === null || other.from < to),
  );
  if (covered) return false;
  const [low, high] = [lowestId(from), lowestId(to)];
  await manager.query(`CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL)`);
  await manager.query(
    `WITH stray AS (DELETE FROM ${table}_default WHERE ${column} >= '${low}' AND ${column} < '${high}' RETURNING *)
     INSERT INTO ${name} SELECT * FROM stray`,
  );
  await manager.query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${low}') TO ('${high}')`);
  return true;
}

/** Drops one partition with all its rows. Waits for the readers of the table no longer than the lock timeout. */
export async function dropPartition(manager: EntityManager, name: string): Promise<void> {
  await queryRows(manager, 'SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
  await manager.query(`DROP TABLE ${name}`);
}
