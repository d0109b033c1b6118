import { once } from 'node:events';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { migrate, revertMigrations } from '../src/kernel/database/migrate';
import { queryOne, queryRows } from '../src/kernel/database/rows';
import { introspect } from './database-introspection';
import { migrateInProcess, type MigratingProcess } from './support/migrate-children';
import { createTestDatabase, type TestDatabase } from './support/postgres';
import { until } from './support/ssh-wait';
import { forkTypeScript } from './support/typescript-process';

// About sixty processes, one after the other.
jest.setTimeout(900_000);

const LONG_WAIT_MS = 60_000;
const INDEX = 'jobs_machine_id_created_at_id_idx';

/** Real processes, killed with SIGKILL or in each other's way. */
describe('processes that migrate', () => {
  let db: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    db = await createTestDatabase({ migrated: false });
    source = await db.dataSource({ statementTimeoutMs: 0 });
  });

  afterEach(async () => {
    await db.drop();
  });

  /** Everything that a finished migration leaves, with its partitions and the names of what ran. */
  async function endState(): Promise<object> {
    const partitions = await queryRows(
      source,
      `SELECT relname::text AS name, pg_get_expr(relpartbound, oid) AS bounds FROM pg_class
        WHERE relispartition AND relkind = 'r' ORDER BY 1`,
    );
    const names = await queryRows(source, 'SELECT name FROM schema_migrations ORDER BY id');
    const invalid = await queryRows(source, 'SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid');
    const queue = await queryRows(source, 'SELECT version FROM pgboss.version');
    return { ...(await introspect(source)), partitions, names, invalid, queue };
  }

  it('reach the same state when killed at every step on the way', async () => {
    const clean = migrateInProcess(db.url);
    expect(await clean.ended).toMatchObject({ code: 0 });
    const complete = await endState();
    await db.drop();
    db = await createTestDatabase({ migrated: false });
    source = await db.dataSource({ statementTimeoutMs: 0 });

    const steps = killingSteps(clean.statements);
    // One per migration at least, and each statement of those that run outside a transaction.
    expect(steps.length).toBeGreaterThan(30);
    for (const step of steps) {
      const run = migrateInProcess(db.url, step);
      expect({ step, ...(await run.ended) }).toMatchObject({ step, signal: 'SIGKILL' });
    }
    expect(await migrateInProcess(db.url).ended).toMatchObject({ code: 0 });
    expect(await endState()).toEqual(complete);
  });

  it('build an index anew that a killed build has left invalid', async () => {
    await migrate({ url: db.url });
    const complete = await endState();
    await revertTo(INDEX);

    const { build, writer } = await holdUpBuild();
    build.kill();
    // The server goes on with the statement of a client that is gone; an administrator ends it.
    await queryRows(source, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1`, [
      `CREATE INDEX CONCURRENTLY ${INDEX}%`,
    ]);
    await build.ended;
    await writer.rollback();
    expect(await indexState()).toEqual({ valid: false });

    await migrate({ url: db.url });
    expect(await indexState()).toEqual({ valid: true });
    expect(await endState()).toEqual(complete);
  });

  it('do not hold up writers while they build an index, and a second one waits without holding up the first', async () => {
    await migrate({ url: db.url });
    await revertTo(INDEX);
    const { build: first, writer } = await holdUpBuild();
    const insert = `INSERT INTO jobs (id, kind, status, created_at) VALUES (gen_random_uuid(), 'x', 'queued', now())`;
    await queryRows(source, insert);

    const second = migrateInProcess(db.url);
    await until('the second asks for the lock', () => asksForLock(), LONG_WAIT_MS);
    expect(second.statements).toEqual([]);
    await writer.rollback();
    expect(await first.ended).toMatchObject({ code: 0, applied: expect.arrayContaining([]) as string[] });
    expect((await first.ended).applied).not.toEqual([]);
    expect(await second.ended).toMatchObject({ code: 0, applied: [] });
    expect(await indexState()).toEqual({ valid: true });
  });

  it('refuse a database of a newer version with a sentence, and the program ends with 1', async () => {
    await migrate({ url: db.url });
    await source.query(
      `INSERT INTO schema_migrations (timestamp, name) VALUES (1999999999999, 'Tomorrow1999999999999')`,
    );
    expect(await runCommand(db.url)).toEqual({
      code: 1,
      printed:
        'The database was migrated by a newer version of this program (Tomorrow1999999999999). Start that version.\n',
    });
  });

  it("refuse somebody else's database with a sentence, and leave it as it is", async () => {
    await source.query('CREATE TABLE invoices (id integer)');
    expect(await runCommand(db.url)).toEqual({
      code: 1,
      printed:
        "The database already holds tables that are not this program's (invoices). Give it an empty database of its own.\n",
    });
    expect(await queryRows(source, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`)).toEqual([
      { tablename: 'invoices' },
    ]);
  });

  it.each([
    [
      "a table of migrations of another program's",
      ['CREATE TABLE schema_migrations (version bigint)'],
      'schema_migrations',
    ],
    ['views', ['CREATE MATERIALIZED VIEW machines AS SELECT 1 AS id'], 'machines'],
    ["somebody else's queue", ['CREATE SCHEMA pgboss', 'CREATE TABLE pgboss.job (id int)'], 'pgboss.job'],
  ])('refuse a database with %s, and leave it as it is', async (_what, statements, name) => {
    for (const statement of statements) await source.query(statement);
    expect(await runCommand(db.url)).toEqual({
      code: 1,
      printed: `The database already holds tables that are not this program's (${name}). Give it an empty database of its own.\n`,
    });
    expect(await queryRows(source, `SELECT 1 WHERE to_regclass('users') IS NOT NULL`)).toEqual([]);
  });

  it('refuse a queue of a newer version before they change anything', async () => {
    await migrate({ url: db.url });
    await revertMigrations({ url: db.url }, 1);
    await source.query('UPDATE pgboss.version SET version = version + 5');
    const { code, printed } = await runCommand(db.url);
    expect(printed).toMatch(
      /^The database was migrated by a newer version of this program \(the queue's tables: \d+\)/,
    );
    expect(code).toBe(1);
  });

  /** Takes back the migration that builds the index, and those after it. */
  async function revertTo(index: string): Promise<void> {
    while ((await queryOne(source, 'SELECT 1 WHERE to_regclass($1) IS NOT NULL', [index])) !== null) {
      await revertMigrations({ url: db.url }, 1);
    }
  }

  /** Starts a migration whose index build has to wait for a transaction that writes to the table. */
  async function holdUpBuild(): Promise<{ build: MigratingProcess; writer: { rollback(): Promise<void> } }> {
    const runner = source.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE jobs IN ROW EXCLUSIVE MODE');
    await runner.query('SELECT pg_current_xact_id()');
    const build = migrateInProcess(db.url);
    await until('the build waits for the writer', () => waits('CREATE INDEX CONCURRENTLY'), LONG_WAIT_MS);
    return {
      build,
      writer: {
        rollback: async () => {
          await runner.rollbackTransaction();
          await runner.release();
        },
      },
    };
  }

  async function waits(beginning: string): Promise<boolean> {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`;
    return (await queryRows(source, sql, [`${beginning}%`])).length > 0;
  }

  /** The first holds it, so two connections have asked. */
  async function asksForLock(): Promise<boolean> {
    const sql = `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%advisory_lock%'`;
    return (await queryRows(source, sql)).length > 1;
  }

  function indexState(): Promise<object | null> {
    const sql = 'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)';
    return queryOne(source, sql, [INDEX]);
  }
});

/**
 * Where to kill, in order. A migration in a transaction is all or nothing, so its record is the last step of it that
 * can fail; outside of one, every statement is a step.
 */
function killingSteps(statements: readonly string[]): string[] {
  let inTransaction = false;
  return statements.filter((statement, position) => {
    if (/^(START|BEGIN)/.test(statement)) inTransaction = true;
    if (statement.startsWith('COMMIT')) inTransaction = false;
    if (/^(START|COMMIT)/.test(statement)) return false;
    if (statements.indexOf(statement) !== position) return false;
    return (
      !inTransaction || /^(INSERT INTO "schema_migrations"|ALTER TABLE machine_events ATTACH|BEGIN)/.test(statement)
    );
  });
}

/** `cli migrate`, as `npm run migrate` and the service run it. */
async function runCommand(databaseUrl: string): Promise<{ code: number; printed: string }> {
  const child = forkTypeScript(join(__dirname, '..', 'src', 'cli.ts'), ['migrate'], {
    piped: true,
    env: { DATABASE_URL: databaseUrl },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, printed };
}
