import { query, type Database } from '../../bench/database.mts';

export interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
}

export interface Key {
  readonly table: string;
  readonly name: string;
  /** p: primary key, f: foreign key, c: check */
  readonly kind: 'p' | 'f' | 'c';
  readonly columns: readonly string[];
  readonly references: string | null;
  /** a: refused, r: refused at once, c: goes too, n: becomes null */
  readonly onDelete: string;
  readonly definition: string;
}

export interface Index {
  readonly table: string;
  readonly name: string;
  readonly unique: boolean;
  /** From the parenthesis of its columns on. */
  readonly on: string;
  readonly columns: readonly string[];
}

export interface Table {
  readonly name: string;
  readonly comment: string;
  /** The column by whose range it is cut into months; null when it is one table. */
  readonly partitionedBy: string | null;
  readonly columns: readonly Column[];
  readonly keys: readonly Key[];
  readonly indexes: readonly Index[];
}

const OURS = `c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'schema_migrations'`;

/** What the migrations have made, without the partitions, which depend on the month. */
export async function introspect(database: Database): Promise<Table[]> {
  const tables = await query<Pick<Table, 'name' | 'comment' | 'partitionedBy'>>(
    database,
    `SELECT c.relname::text AS name, obj_description(c.oid) AS comment, a.attname::text AS "partitionedBy"
       FROM pg_class c LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
      WHERE ${OURS} AND c.relkind IN ('r', 'p') ORDER BY 1`,
  );
  const columns = await query<Column>(database, COLUMNS);
  const keys = await query<Key>(database, KEYS);
  const indexes = await query<Index>(database, INDEXES);
  return tables.map((table) => ({
    ...table,
    columns: columns.filter((column) => column.table === table.name),
    keys: keys.filter((key) => key.table === table.name),
    indexes: indexes.filter((index) => index.table === table.name),
  }));
}

const COLUMNS = `
  SELECT c.relname::text AS "table", a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
         a.attnotnull AS "notNull", pg_get_expr(d.adbin, d.adrelid) AS "default"
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE ${OURS} AND c.relkind IN ('r', 'p') ORDER BY c.relname, a.attnum`;

const KEYS = `
  SELECT c.relname::text AS "table", k.conname::text AS name, k.contype::text AS kind,
         ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey)
                ORDER BY array_position(k.conkey, attnum)) AS columns,
         r.relname::text AS "references", k.confdeltype::text AS "onDelete", pg_get_constraintdef(k.oid) AS definition
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_class r ON r.oid = k.confrelid
   WHERE ${OURS} AND k.contype IN ('p', 'f', 'c') ORDER BY c.relname, k.conname`;

const INDEXES = `
  SELECT c.relname::text AS "table", i.relname::text AS name, x.indisunique AS "unique",
         substring(pg_get_indexdef(x.indexrelid) FROM ' USING (.*)$') AS on,
         ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = x.indrelid AND attnum = ANY (x.indkey::int2[])
                ORDER BY array_position(x.indkey::int2[], attnum)) AS columns
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
   WHERE ${OURS} AND NOT x.indisprimary ORDER BY c.relname, i.relname`;
