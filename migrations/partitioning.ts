import type { QueryRunner } from 'typeorm';

/** What a table has besides its columns and checks, as PostgreSQL writes it. */
interface TableParts {
  readonly comment: string | null;
  /** Primary key first, then foreign keys: name and definition. */
  readonly keys: readonly { readonly name: string; readonly definition: string }[];
  /** Indexes that stand for themselves: name, UNIQUE or not, and everything from USING on. */
  readonly indexes: readonly { readonly name: string; readonly unique: boolean; readonly using: string }[];
  /** Definitions of triggers. */
  readonly triggers: readonly string[];
}

/**
 * Turns a table into one that is partitioned by range of a UUID version 7 column, which begins with its time. Its rows
 * are not written anew: the table itself becomes the partition of everything before `boundary`, with its indexes.
 * Rows whose id lies beyond (not version 7) go to the DEFAULT partition. Later partitions are made by the program.
 *
 * @param boundary the lowest id of the first month that gets a partition of its own
 */
export async function partitionByRange(
  queryRunner: QueryRunner,
  table: string,
  column: string,
  boundary: string,
): Promise<void> {
  const parts = await readParts(queryRunner, table);
  const former = `${table}_former`;
  await queryRunner.query(`ALTER TABLE ${table} RENAME TO ${former}`);
  for (const { name } of [...parts.keys.filter(isPrimary), ...parts.indexes]) {
    await queryRunner.query(`ALTER INDEX ${name} RENAME TO ${shortened(name)}_former`);
  }
  await queryRunner.query(
    `CREATE TABLE ${table} (LIKE ${former} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)
      PARTITION BY RANGE (${column})`,
  );
  await addParts(queryRunner, table, parts);
  await queryRunner.query(`CREATE TABLE ${table}_default PARTITION OF ${table} DEFAULT`);
  await queryRunner.query(
    `WITH beyond AS (DELETE FROM ${former} WHERE ${column} >= '${boundary}' RETURNING *)
     INSERT INTO ${table}_default SELECT * FROM beyond`,
  );
  const [{ used } = { used: true }] = (await queryRunner.query(`SELECT EXISTS (SELECT 1 FROM ${former}) AS used`)) as {
    used: boolean;
  }[];
  await queryRunner.query(
    used
      ? `ALTER TABLE ${table} ATTACH PARTITION ${former} FOR VALUES FROM (MINVALUE) TO ('${boundary}')`
      : `DROP TABLE ${former}`,
  );
}

/** The way back: one plain table with all rows. */
export async function unpartition(queryRunner: QueryRunner, table: string): Promise<void> {
  const parts = await readParts(queryRunner, table);
  await queryRunner.query(
    `CREATE TABLE ${table}_plain (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)`,
  );
  await queryRunner.query(`INSERT INTO ${table}_plain SELECT * FROM ${table}`);
  await queryRunner.query(`DROP TABLE ${table}`);
  await queryRunner.query(`ALTER TABLE ${table}_plain RENAME TO ${table}`);
  await addParts(queryRunner, table, parts);
}

/** The lowest UUID version 7 of a moment. */
export function lowestId(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The first moment of the month after, in UTC. */
export function nextMonth(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1));
}

const isPrimary = ({ definition }: { readonly definition: string }): boolean => definition.startsWith('PRIMARY KEY');

/** Names are cut at 63 bytes without a word; two long ones must not meet there. */
const shortened = (name: string): string => name.slice(0, 56);

async function readParts(queryRunner: QueryRunner, table: string): Promise<TableParts> {
  const [about] = (await queryRunner.query(`SELECT obj_description('${table}'::regclass) AS comment`)) as {
    comment: string | null;
  }[];
  const keys = (await queryRunner.query(
    `SELECT conname::text AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
      WHERE conrelid = '${table}'::regclass AND contype IN ('p', 'f') ORDER BY contype DESC, conname`,
  )) as { name: string; definition: string }[];
  const indexes = (await queryRunner.query(
    `SELECT i.relname::text AS name, x.indisunique AS "unique",
            substring(pg_get_indexdef(x.indexrelid) FROM ' USING .*$') AS using
       FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE x.indrelid = '${table}'::regclass AND NOT x.indisprimary ORDER BY i.relname`,
  )) as TableParts['indexes'];
  const triggers = (await queryRunner.query(
    `SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger
      WHERE tgrelid = '${table}'::regclass AND NOT tgisinternal ORDER BY tgname`,
  )) as { definition: string }[];
  return { comment: about?.comment ?? null, keys, indexes, triggers: triggers.map(({ definition }) => definition) };
}

async function addParts(queryRunner: QueryRunner, table: string, parts: TableParts): Promise<void> {
  for (const { name, definition } of parts.keys) {
    await queryRunner.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
  }
  for (const { name, unique, using } of parts.indexes) {
    await queryRunner.query(`CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${name} ON ${table} ${using}`);
  }
  for (const definition of parts.triggers) await queryRunner.query(definition);
  if (parts.comment !== null) {
    await queryRunner.query(`COMMENT ON TABLE ${table} IS '${parts.comment.replaceAll("'", "''")}'`);
  }
}
