import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import { DataSource } from 'typeorm';
import { makePartitionsAhead } from '../partitions/partitions';
import { dataSourceOptions, type DatabaseSettings } from './data-source-options';
import { executedNames, QUEUE_SCHEMA, requireOurs } from './database-check';
import { sqlState } from './transaction';

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
  const before = new Set(await requireOurs(source));
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
