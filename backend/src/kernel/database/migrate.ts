import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import { DataSource } from 'typeorm';
import { makePartitionsAhead } from '../partitions/partitions';
import { StartRefusedError } from '../errors/start-refused';
import { dataSourceOptions, MIGRATIONS_TABLE, type DatabaseSettings } from './data-source-options';
import { queryRows } from './rows';
import { sqlState } from './transaction';

/** The schema of pg-boss. Programs start it with `migrate: false`: its tables are made and updated here. */
export const QUEUE_SCHEMA = 'pgboss';

/** One number for all programs: whoever migrates holds this advisory lock. */
const MIGRATION_LOCK = 7_388_120_331;
const LOCK_NOT_AVAILABLE = '55P03';
const PAUSE_BETWEEN_ATTEMPTS_MS = 1_000;
const PAUSE_BETWEEN_LOCK_TRIES_MS = 200;

export interface MigrateOptions {
  /** How long a change of a table waits for the queries on it before it steps back, in milliseconds. */
  lockTimeoutMs?: number;
  /** How often a migration that could not get its lock is tried in all. */
  attempts?: number;
  /** The months ahead of this moment get their partitions; the present when absent. */
  now?: Date;
  /** Told the name of each migration that ran. */
  onApplied?: (name: string) => void;
}

export interface MigrationReport {
  /** Names of the migrations that ran now, oldest first; empty when the database was up to date. */
  applied: string[];
  queueSchemaVersion: number;
}

/** The database is not one that this program may change. */
export class DatabaseRefusedError extends StartRefusedError {
  constructor(
    readonly code: 'database_newer' | 'database_foreign',
    message: string,
  ) {
    super(message);
    this.name = 'DatabaseRefusedError';
  }
}

/**
 * Brings the database up to this program's schema: pending migrations, each in a transaction of its own, the
 * partitions of the coming months, then pg-boss.
 * Programs that start together wait for the first; killed half-way, it goes on where it was.
 * @throws DatabaseRefusedError for a database of a newer version, or one that belongs to something else
 */
export async function migrate(settings: DatabaseSettings, options: MigrateOptions = {}): Promise<MigrationReport> {
  return underMigrationLock(settings, async () => {
    const applied = await withMigrationSource(settings, options, async (source) => {
      const names = await applyPending(source, options);
      await makePartitionsAhead(source, options.now ?? new Date());
      return names;
    });
    return { applied, queueSchemaVersion: await installQueue(settings) };
  });
}

/**
 * Takes back the newest migrations, with everything in their tables.
 * @param count how many; all of them when absent
 * @returns how many were taken back
 */
export async function revertMigrations(settings: DatabaseSettings, count = Number.POSITIVE_INFINITY): Promise<number> {
  return underMigrationLock(settings, async () =>
    withMigrationSource(settings, {}, async (source) => {
      const ran = (await executedNames(source)).length;
      const reverted = Math.min(count, ran);
      for (let index = 0; index < reverted; index += 1) await source.undoLastMigration({ transaction: 'each' });
      return reverted;
    }),
  );
}

/**
 * The lock lives on a connection of its own without timeouts: waiting for another program's migration is no fault.
 * It is asked for again and again, for a statement that waits in the server keeps a snapshot, and a concurrent index
 * build of the other program would wait for that one for ever.
 */
async function underMigrationLock<T>(settings: DatabaseSettings, work: () => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: settings.url, application_name: 'system_update migrations' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    while (!(await tryMigrationLock(client))) await delay(PAUSE_BETWEEN_LOCK_TRIES_MS);
    return await work();
  } finally {
    await client.end();
  }
}

async function tryMigrationLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [MIGRATION_LOCK]);
  return rows[0]?.held === true;
}

async function withMigrationSource<T>(
  settings: DatabaseSettings,
  options: MigrateOptions,
  work: (source: DataSource) => Promise<T>,
): Promise<T> {
  const limits = { statementTimeoutMs: 0, lockTimeoutMs: options.lockTimeoutMs ?? 5_000, poolSize: 2 };
  const source = new DataSource({ ...dataSourceOptions({ ...settings, ...limits }), entities: [] });
  await source.initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

async function applyPending(source: DataSource, options: MigrateOptions): Promise<string[]> {
  await refuseUnknown(source);
  const before = new Set(await executedNames(source));
  const attempts = options.attempts ?? 5;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await source.runMigrations({ transaction: 'each' });
      break;
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE || attempt >= attempts) throw error;
      // Those that waited behind this lock request go first; then it is asked for again.
      await delay(PAUSE_BETWEEN_ATTEMPTS_MS);
    }
  }
  const applied = (await executedNames(source)).filter((name) => !before.has(name));
  for (const name of applied) options.onApplied?.(name);
  return applied;
}

async function refuseUnknown(source: DataSource): Promise<void> {
  const known = new Set(source.migrations.map((migration) => migration.name ?? migration.constructor.name));
  const executed = await executedNames(source);
  const newer = executed.filter((name) => !known.has(name));
  if (newer.length > 0) {
    throw new DatabaseRefusedError(
      'database_newer',
      `The database was migrated by a newer version of this program (${newer.join(', ')}). Start that version.`,
    );
  }
  if (executed.length > 0) return;
  const tables = await queryRows<{ table_name: string }>(
    source,
    `SELECT table_name::text FROM information_schema.tables
     WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> $1
     ORDER BY table_name LIMIT 3`,
    [MIGRATIONS_TABLE],
  );
  if (tables.length === 0) return;
  const names = tables.map((table) => table.table_name).join(', ');
  throw new DatabaseRefusedError(
    'database_foreign',
    `The database already holds tables that are not this program's (${names}). Give it an empty database of its own.`,
  );
}

async function executedNames(source: DataSource): Promise<string[]> {
  const present = await queryRows(source, 'SELECT 1 WHERE to_regclass($1) IS NOT NULL', [MIGRATIONS_TABLE]);
  if (present.length === 0) return [];
  const rows = await queryRows<{ name: string }>(source, `SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`);
  return rows.map((row) => row.name);
}

async function installQueue(settings: DatabaseSettings): Promise<number> {
  const boss = new PgBoss({
    connectionString: settings.url,
    schema: QUEUE_SCHEMA,
    application_name: 'system_update migrations',
    max: 2,
    supervise: false,
    schedule: false,
  });
  // An emitter without a listener would end the process; a failing start rejects as well.
  boss.on('error', () => undefined);
  try {
    await boss.start();
    const version = await boss.schemaVersion();
    if (version === null) throw new Error('The tables of the queue were not made.');
    return version;
  } finally {
    await boss.stop({ graceful: false });
  }
}
