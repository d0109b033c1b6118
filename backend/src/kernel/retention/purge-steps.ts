import type { DataSource } from 'typeorm';
import { affected } from '../database/rows';
import { dropPartition, partitionsOf, type Partition } from '../partitions/partitions';

/** Rows that one statement removes: some milliseconds of work, and locks that nobody notices. */
export const PURGE_BATCH = 2_000;

/**
 * Removes rows in batches, each a transaction of its own, until a batch finds none.
 *
 * A batch must not cost more where there is more history, whatever the planner thinks of it. So the statements take their
 * rows by `id = ANY (ARRAY(SELECT … LIMIT …))`, which is looked up by the key, where `id IN (SELECT …)` may be joined to all
 * of the table; and a look at other rows ends in `OFFSET 0`, which keeps it a look for each row of the batch.
 * @param sql a DELETE whose last parameter is the size of the batch
 * @returns how many went
 */
export async function purgeInBatches(
  database: DataSource,
  sql: string,
  params: readonly unknown[],
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  while (!signal.aborted) {
    const gone = await affected(database, sql, [...params, PURGE_BATCH]);
    removed += gone;
    if (gone === 0) break;
  }
  return removed;
}

/**
 * Drops the partitions whose every row is older than `before`, oldest first, each in a transaction of its own.
 * @param carry told each partition before it goes, inside the transaction: saves what must stay
 * @returns how many went
 */
export async function dropPartitionsBefore(
  database: DataSource,
  table: string,
  before: Date,
  signal: AbortSignal,
  carry?: (partition: Partition, run: (sql: string, params: readonly unknown[]) => Promise<number>) => Promise<void>,
): Promise<number> {
  let dropped = 0;
  for (const partition of await partitionsOf(database, table)) {
    if (partition.to > before || signal.aborted) break;
    await database.transaction(async (manager) => {
      // What is carried over may be much; nobody waits for it.
      await manager.query(`SET LOCAL statement_timeout = '10min'`);
      await carry?.(partition, (sql, params) => affected(manager, sql, params));
      await dropPartition(manager, partition.name);
    });
    dropped += 1;
  }
  return dropped;
}
