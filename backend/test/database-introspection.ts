import type { DataSource, EntityManager } from 'typeorm';
import { queryRows } from '../src/kernel/database/rows';

export interface ColumnFacts {
  table: string;
  name: string;
  type: string;
  notNull: boolean;
  default: string | null;
}

export interface ConstraintFacts {
  table: string;
  name: string;
  /** p: primary key, f: foreign key, c: check, u: unique */
  kind: string;
  columns: string[];
  references: string | null;
  definition: string;
}

export interface IndexFacts {
  table: string;
  name: string;
  unique: boolean;
  definition: string;
}

/** The columns of all tables of the product, in their order. */
export function readColumns(connection: DataSource | EntityManager): Promise<ColumnFacts[]> {
  return queryRows<ColumnFacts>(
    connection,
    `SELECT c.relname::text AS "table", a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
            a.attnotnull AS "notNull", pg_get_expr(d.adbin, d.adrelid) AS "default"
       FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'schema_migrations'
      ORDER BY c.relname, a.attnum`,
  );
}

/** Keys and checks. NOT NULL is left to the columns: from version 18 on it is listed here too. */
export function readConstraints(connection: DataSource | EntityManager): Promise<ConstraintFacts[]> {
  return queryRows<ConstraintFacts>(
    connection,
    `SELECT c.relname::text AS "table", k.conname::text AS name, k.contype::text AS kind,
            ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey) ORDER BY attname) AS columns,
            r.relname::text AS "references", pg_get_constraintdef(k.oid) AS definition
       FROM pg_constraint k
       JOIN pg_class c ON c.oid = k.conrelid
       LEFT JOIN pg_class r ON r.oid = k.confrelid
      WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'schema_migrations' AND k.contype IN ('p', 'f', 'c', 'u')
      ORDER BY c.relname, k.conname`,
  );
}

/** Indexes that stand for themselves, without those of primary keys. */
export function readIndexes(connection: DataSource | EntityManager): Promise<IndexFacts[]> {
  return queryRows<IndexFacts>(
    connection,
    `SELECT c.relname::text AS "table", i.relname::text AS name, x.indisunique AS "unique",
            pg_get_indexdef(x.indexrelid) AS definition
       FROM pg_index x
       JOIN pg_class c ON c.oid = x.indrelid
       JOIN pg_class i ON i.oid = x.indexrelid
      WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'schema_migrations' AND NOT x.indisprimary
      ORDER BY c.relname, i.relname`,
  );
}

/** Everything that a migration can leave behind, to compare two states of a schema. */
export async function introspect(connection: DataSource | EntityManager): Promise<object> {
  const triggers = await queryRows(
    connection,
    `SELECT t.tgname::text AS name, pg_get_triggerdef(t.oid) AS definition FROM pg_trigger t
       JOIN pg_class c ON c.oid = t.tgrelid
      WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal ORDER BY t.tgname`,
  );
  const others = await queryRows(
    connection,
    `SELECT 'sequence' AS kind, relname::text AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND relname NOT LIKE 'schema_migrations%'
     UNION ALL
     SELECT 'function', proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     ORDER BY kind, name`,
  );
  const comments = await queryRows(
    connection,
    `SELECT c.relname::text AS "table", obj_description(c.oid) AS comment FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'schema_migrations' ORDER BY 1`,
  );
  return {
    columns: await readColumns(connection),
    constraints: await readConstraints(connection),
    indexes: await readIndexes(connection),
    triggers,
    others,
    comments,
  };
}
