import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DataSource } from 'typeorm';
import { StartRefusedError } from '../errors/start-refused';
import { MIGRATIONS_TABLE } from './data-source-options';
import { queryOne, queryRows } from './rows';

/** The schema of pg-boss. Programs start it with `migrate: false`: its tables are made and updated by `migrate`. */
export const QUEUE_SCHEMA = 'pgboss';

/** The database is not one that this program may change, or work on. */
export class DatabaseRefusedError extends StartRefusedError {
  constructor(
    readonly code: 'database_newer' | 'database_foreign' | 'database_behind',
    message: string,
  ) {
    super(message);
    this.name = 'DatabaseRefusedError';
  }
}

/**
 * Looks whether the database is ours, or empty, and of no newer version than this program.
 * @returns names of the migrations that have run, oldest first
 * @throws DatabaseRefusedError `database_foreign` or `database_newer`
 */
export async function requireOurs(source: DataSource): Promise<string[]> {
  const executed = await executedNames(source);
  const known = new Set(migrationNames(source));
  const newer = executed.filter((name) => !known.has(name));
  if (newer.length > 0) throw isNewer(newer.join(', '));
  if (executed.length === 0) await requireEmpty(source);
  const version = await queueVersion(source);
  if (version !== null && version > ownQueueVersion()) throw isNewer(`the queue's tables: ${String(version)}`);
  return executed;
}

/**
 * The same for a program that starts: every migration of its own must have run.
 * @throws DatabaseRefusedError also `database_behind`
 */
export async function requireMigrated(source: DataSource): Promise<void> {
  const executed = new Set(await requireOurs(source));
  const pending = migrationNames(source).filter((name) => !executed.has(name));
  const queueIsBehind = (await queueVersion(source)) !== ownQueueVersion();
  if (pending.length === 0 && !queueIsBehind) return;
  const what = pending.length === 0 ? "the queue's tables" : `${String(pending.length)} steps`;
  throw new DatabaseRefusedError(
    'database_behind',
    `The database is not yet of this program's version (${what} to go). Migrate it first: npm run migrate, or cli.js migrate.`,
  );
}

function migrationNames(source: DataSource): string[] {
  return source.migrations.map((migration) => migration.name ?? migration.constructor.name);
}

/** @throws DatabaseRefusedError when somebody else's table has the name of ours */
export async function executedNames(source: DataSource): Promise<string[]> {
  const columns = await queryRows<{ name: string }>(
    source,
    `SELECT column_name::text AS name FROM information_schema.columns
      WHERE table_schema = current_schema() AND table_name = $1`,
    [MIGRATIONS_TABLE],
  );
  if (columns.length === 0) return [];
  const names = new Set(columns.map(({ name }) => name));
  if (!['id', 'timestamp', 'name'].every((name) => names.has(name))) throw isForeign([MIGRATIONS_TABLE]);
  const rows = await queryRows<{ name: string }>(source, `SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`);
  return rows.map((row) => row.name);
}

/** What an extension brought is nobody's data, and beside our own table the queue is ours: taking migrations back leaves it. */
async function requireEmpty(source: DataSource): Promise<void> {
  const relations = await queryRows<{ name: string }>(
    source,
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname <> $1 AND (n.nspname = current_schema() OR n.nspname = $2 AND to_regclass($1) IS NULL)
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
      ORDER BY c.relname LIMIT 3`,
    [MIGRATIONS_TABLE, QUEUE_SCHEMA],
  );
  if (relations.length > 0) throw isForeign(relations.map(({ name }) => name));
}

/** @returns null when there is no queue yet */
async function queueVersion(source: DataSource): Promise<number | null> {
  const table = `${QUEUE_SCHEMA}.version`;
  const present = await queryOne(source, 'SELECT 1 WHERE to_regclass($1) IS NOT NULL', [table]);
  if (present === null) return null;
  const row = await queryOne<{ version: number }>(source, `SELECT version FROM ${table}`);
  return row?.version ?? null;
}

/** The version of the tables that the installed pg-boss works with. */
function ownQueueVersion(): number {
  const file = createRequire(__filename).resolve('pg-boss/package.json');
  const { pgboss } = JSON.parse(readFileSync(file, 'utf8')) as { pgboss: { schema: number } };
  return pgboss.schema;
}

function isForeign(names: readonly string[]): DatabaseRefusedError {
  return new DatabaseRefusedError(
    'database_foreign',
    `The database already holds tables that are not this program's (${names.join(', ')}). Give it an empty database of its own.`,
  );
}

function isNewer(what: string): DatabaseRefusedError {
  return new DatabaseRefusedError(
    'database_newer',
    `The database was migrated by a newer version of this program (${what}). Start that version.`,
  );
}
