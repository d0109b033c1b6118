import type { QueryRunner } from 'typeorm';

/**
 * Builds an index while others write. Only for migrations with `transaction = false`. What a killed build left behind
 * is invalid, useless and still written to: it is removed first.
 *
 * The build waits for transactions that are older than itself; that wait holds up nobody, so it may be long.
 *
 * @param definition what follows the name: `ON jobs (finished_at)`
 */
export async function buildConcurrently(queryRunner: QueryRunner, name: string, definition: string): Promise<void> {
  const found = (await queryRunner.query(
    `SELECT x.indisvalid AS valid FROM pg_index x WHERE x.indexrelid = to_regclass('${name}')`,
  )) as { valid: boolean }[];
  if (found[0]?.valid === true) return;
  await queryRunner.query(`SET lock_timeout = '10min'`);
  try {
    if (found.length > 0) await queryRunner.query(`DROP INDEX CONCURRENTLY ${name}`);
    await queryRunner.query(`CREATE INDEX CONCURRENTLY ${name} ${definition}`);
  } finally {
    await queryRunner.query('RESET lock_timeout');
  }
}

/**
 * The same for a partitioned table: each partition's index by itself, then all of them under one name. Partitions that
 * are made meanwhile get theirs from the table.
 *
 * @param columns what is indexed, between the brackets: `name, id`
 * @param suffix of the partitions' indexes: `name_id_idx`
 */
export async function buildOnPartitions(
  queryRunner: QueryRunner,
  table: string,
  name: string,
  columns: string,
  suffix: string,
): Promise<void> {
  await queryRunner.query(`CREATE INDEX IF NOT EXISTS ${name} ON ONLY ${table} (${columns})`);
  const partitions = (await queryRunner.query(
    `SELECT c.relname::text AS partition,
            EXISTS (SELECT 1 FROM pg_index x JOIN pg_inherits ii ON ii.inhrelid = x.indexrelid
                     WHERE x.indrelid = c.oid AND ii.inhparent = '${name}'::regclass) AS attached
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = '${table}'::regclass ORDER BY c.relname`,
  )) as { partition: string; attached: boolean }[];
  for (const { partition, attached } of partitions) {
    if (attached) continue;
    const index = `${partition}_${suffix}`;
    await buildConcurrently(queryRunner, index, `ON ${partition} (${columns})`);
    await queryRunner.query(`ALTER INDEX ${name} ATTACH PARTITION ${index}`);
  }
}
