import { join } from 'node:path';
import type { Logger } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { StrictClient } from './strict-client';

/** How to reach the database, and how long anything may take there. Times in milliseconds; 0 means no limit. */
export interface DatabaseSettings {
  url: string;
  /** Connections of this process at most. */
  poolSize?: number;
  statementTimeoutMs?: number;
  /** A statement that cannot get its lock within this time fails with SQLSTATE 55P03 instead of queueing everyone up. */
  lockTimeoutMs?: number;
  idleInTransactionTimeoutMs?: number;
  connectTimeoutMs?: number;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
  /** Told when an idle connection breaks; the pool has dropped it already. */
  onPoolError?: (error: unknown) => void;
}

/** Table that remembers which migrations ran. */
export const MIGRATIONS_TABLE = 'schema_migrations';

/** Compiled (`dist/backend/src/kernel/database`) and source files lie equally deep, so one relative path serves both. */
const root = join(__dirname, '..', '..', '..', '..');

/**
 * The options of every DataSource: Nest's, the migration runner's, the tests'. The schema is changed by migrations
 * alone. Entities are found by their folders, so that the kernel names no feature.
 */
export function dataSourceOptions(settings: DatabaseSettings): PostgresDataSourceOptions {
  return {
    type: 'postgres',
    url: settings.url,
    applicationName: settings.applicationName ?? 'system_update',
    entities: [
      glob('backend', 'src', 'modules', '*', 'entities', '*.entity.{js,ts}'),
      glob('backend', 'src', 'kernel', '*', 'entities', '*.entity.{js,ts}'),
    ],
    migrations: [glob('migrations', '[0-9]*-*.{js,ts}')],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    poolSize: settings.poolSize ?? 10,
    connectTimeoutMS: settings.connectTimeoutMs ?? 10_000,
    poolErrorHandler: settings.onPoolError ?? (() => undefined),
    // A missing id must fail, never find the first row.
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    installExtensions: false,
    logger: silence,
    extra: {
      Client: StrictClient,
      keepAlive: true,
      // A new connection proves its password by thousands of hashes: it costs as much as dozens of statements.
      idleTimeoutMillis: 5 * 60_000,
      statement_timeout: settings.statementTimeoutMs ?? 30_000,
      lock_timeout: settings.lockTimeoutMs ?? 5_000,
      idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs ?? 60_000,
    },
  };
}

/** TypeORM writes to the console even when told not to log. Failures are thrown, and logged once by who handles them. */
const silence: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

/** A glob below the program's folder, whose own name may contain characters that mean something in a glob. */
function glob(...pattern: string[]): string {
  return join(root.replace(/[()[\]{}!*?@+|\\]/g, String.raw`\$&`), ...pattern);
}
