import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions, type DatabaseSettings } from '../../src/kernel/database/data-source-options';
import { migrate } from '../../src/kernel/database/migrate';

/** A database of a test file's own, on the run's server. */
export interface TestDatabase {
  url: string;
  name: string;
  /** An initialised DataSource; {@link TestDatabase.drop} closes it. */
  dataSource(settings?: Partial<DatabaseSettings>): Promise<DataSource>;
  /** Another database that is as this one is now, as a backup would be restored. Nobody may be connected to this one. */
  copy(): Promise<TestDatabase>;
  drop(): Promise<void>;
}

const TEMPLATE_LOCK = 4_402_919_077;

/**
 * Makes a database: a copy of one that was migrated once for the run, or an empty one.
 * @param options.adminUrl another server than the run's
 */
export async function createTestDatabase(
  options: { migrated?: boolean; adminUrl?: string } = {},
): Promise<TestDatabase> {
  const adminUrl = options.adminUrl ?? runServer();
  return copyOf(adminUrl, options.migrated === false ? 'template0' : await ensureTemplate(adminUrl));
}

async function copyOf(adminUrl: string, template: string): Promise<TestDatabase> {
  const name = `su_test_${runId()}_${randomUUID().slice(0, 8)}`;
  await asAdmin(adminUrl, (admin) => admin.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`));
  return describeDatabase(adminUrl, name);
}

function describeDatabase(adminUrl: string, name: string): TestDatabase {
  const url = databaseUrl(adminUrl, name);
  const open: DataSource[] = [];
  return {
    url,
    name,
    dataSource: async (settings = {}) => {
      const source = new DataSource(dataSourceOptions({ url, ...settings }));
      open.push(source);
      return source.initialize();
    },
    copy: () => copyOf(adminUrl, name),
    drop: async () => {
      for (const source of open) if (source.isInitialized) await source.destroy();
      await asAdmin(adminUrl, (admin) => admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
    },
  };
}

/** Test files run in several processes: the first migrates the template, the others wait for it. */
async function ensureTemplate(adminUrl: string): Promise<string> {
  const name = `su_template_${runId()}`;
  await asAdmin(adminUrl, async (admin) => {
    await admin.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const ready = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (ready.rowCount) return;
    const draft = `${name}_draft`;
    await admin.query(`DROP DATABASE IF EXISTS "${draft}" WITH (FORCE)`);
    await admin.query(`CREATE DATABASE "${draft}" TEMPLATE template0`);
    await migrate({ url: databaseUrl(adminUrl, draft) });
    await admin.query(`ALTER DATABASE "${draft}" RENAME TO "${name}"`);
  });
  return name;
}

async function asAdmin<T>(url: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

function runServer(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('No test server: run through Jest, whose global setup starts one.');
  return url;
}

function runId(): string {
  return process.env.TEST_RUN_ID ?? 'alone';
}
