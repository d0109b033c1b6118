import type { DataSource } from 'typeorm';
import { DatabaseRefusedError, QUEUE_SCHEMA } from '../src/kernel/database/database-check';
import { migrate, revertMigrations } from '../src/kernel/database/migrate';
import { queryRows } from '../src/kernel/database/rows';
import { introspect, readColumns } from './database-introspection';
import { createTestDatabase, type TestDatabase } from './support/postgres';

const NOTHING_LEFT = { columns: [], constraints: [], indexes: [], triggers: [], others: [], comments: [] };

jest.setTimeout(60_000);

describe('migrations', () => {
  let db: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    db = await createTestDatabase({ migrated: false });
    source = await db.dataSource();
  });

  afterEach(async () => {
    await db.drop();
  });

  it('build everything from nothing, the queue included, and have nothing to do the second time', async () => {
    const seen: string[] = [];
    const first = await migrate({ url: db.url }, { onApplied: (name) => seen.push(name) });
    expect(first.applied.length).toBeGreaterThanOrEqual(12);
    expect(seen).toEqual(first.applied);
    expect(first.queueSchemaVersion).toBeGreaterThan(0);
    expect(await queryRows(source, `SELECT 1 FROM pg_namespace WHERE nspname = $1`, [QUEUE_SCHEMA])).toHaveLength(1);
    expect((await migrate({ url: db.url })).applied).toEqual([]);
  });

  it('go down to nothing and come up again the same', async () => {
    const { applied } = await migrate({ url: db.url });
    const before = await introspect(source);
    expect(await revertMigrations({ url: db.url })).toBe(applied.length);
    expect(await introspect(source)).toEqual(NOTHING_LEFT);
    expect((await migrate({ url: db.url })).applied).toEqual(applied);
    expect(await introspect(source)).toEqual(before);
  });

  it('are safe when two programs start them at once', async () => {
    const reports = await Promise.all([migrate({ url: db.url }), migrate({ url: db.url }), migrate({ url: db.url })]);
    const counts = reports.map((report) => report.applied.length).sort((a, b) => a - b);
    expect(counts.slice(0, 2)).toEqual([0, 0]);
    expect(counts[2]).toBeGreaterThanOrEqual(12);
  });

  it('leave nothing half-done when killed inside one, and go on from there', async () => {
    const { applied } = await migrate({ url: db.url });
    const complete = await introspect(source);
    await revertMigrations({ url: db.url }, applied.length - applied.findIndex((name) => name.startsWith('Phase3')));
    const half = await introspect(source);

    const { ended } = await killWhileItWaitsFor(source, 'snapshots', () => migrate({ url: db.url }));
    await expect(ended).rejects.toThrow();
    expect(await introspect(source)).toEqual(half);

    await migrate({ url: db.url });
    expect(await introspect(source)).toEqual(complete);
  });

  it('step back from a table that is in use instead of queueing everyone up behind them', async () => {
    const { applied } = await migrate({ url: db.url });
    await revertMigrations({ url: db.url }, applied.length - applied.findIndex((name) => name.startsWith('Phase3')));
    const reader = source.createQueryRunner();
    await reader.startTransaction();
    await reader.query('LOCK TABLE snapshots IN SHARE ROW EXCLUSIVE MODE');
    await expect(migrate({ url: db.url }, { lockTimeoutMs: 50, attempts: 2 })).rejects.toMatchObject({ code: '55P03' });
    await reader.rollbackTransaction();
    await reader.release();
    await migrate({ url: db.url });
  });

  it('refuse a database of a newer version', async () => {
    await migrate({ url: db.url });
    await source.query(
      `INSERT INTO schema_migrations (timestamp, name) VALUES (1999999999999, 'FromTheFuture1999999999999')`,
    );
    await expect(migrate({ url: db.url })).rejects.toMatchObject({
      code: 'database_newer',
      message: expect.stringContaining('FromTheFuture1999999999999') as string,
    });
  });

  it("refuse somebody else's database and change nothing in it", async () => {
    await source.query('CREATE TABLE invoices (id integer)');
    await expect(migrate({ url: db.url })).rejects.toBeInstanceOf(DatabaseRefusedError);
    expect(await readColumns(source)).toEqual([expect.objectContaining({ table: 'invoices' })]);
    expect(await queryRows(source, `SELECT 1 FROM pg_namespace WHERE nspname = $1`, [QUEUE_SCHEMA])).toEqual([]);
  });
});

/** Blocks `work` on a table, ends the connection that waits there, and lets the table go. */
async function killWhileItWaitsFor(
  source: DataSource,
  table: string,
  work: () => Promise<unknown>,
): Promise<{ ended: Promise<unknown> }> {
  const blocker = source.createQueryRunner();
  await blocker.startTransaction();
  await blocker.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  const ended = work();
  ended.catch(() => undefined);
  let killed = 0;
  while (killed === 0) {
    const rows = await queryRows(
      source,
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE NOT l.granted AND l.relation = $1::regclass AND a.datname = current_database()`,
      [table],
    );
    killed = rows.length;
  }
  await ended.catch(() => undefined);
  await blocker.rollbackTransaction();
  await blocker.release();
  return { ended };
}
