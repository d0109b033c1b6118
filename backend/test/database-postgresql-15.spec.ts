import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, revertMigrations } from '../src/kernel/database/migrate';
import { startPostgres } from '../../tools/postgres/embedded.cjs';
import { introspect } from './database-introspection';
import { createTestDatabase, type TestDatabase } from './support/postgres';

/** Debian 12's server: the oldest that a user may bring. */
const BIN_DIR = '/usr/lib/postgresql/15/bin';
const missing = existsSync(join(BIN_DIR, 'postgres'))
  ? null
  : `no PostgreSQL 15 in ${BIN_DIR} (apt install postgresql-15)`;

if (missing && process.env.CI === 'true') throw new Error(`Cannot be skipped here: ${missing}.`);

jest.setTimeout(60_000);

(missing ? describe.skip : describe)(`PostgreSQL 15${missing ? `: ${missing}` : ''}`, () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let db: TestDatabase;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'system-update-pg15-'));
    // mkdtemp closes the folder to others, and the server is another user when this runs as root.
    server = await startPostgres({
      dataDir: join(tmpdir(), `${folder.slice(tmpdir().length + 1)}-data`),
      durable: false,
      logFile: join(folder, 'log'),
      binDir: BIN_DIR,
    });
    db = await createTestDatabase({ migrated: false, adminUrl: server.url });
  });

  afterAll(async () => {
    await db.drop();
    await server.stop();
    for (const left of [folder, server.dataDir]) rmSync(left, { recursive: true, force: true });
  });

  it('migrates to the same schema as the newest, without drift, down to nothing and up again', async () => {
    const newest = await createTestDatabase();
    const { applied } = await migrate({ url: db.url });
    const source = await db.dataSource();
    const schema = await introspect(source);
    expect(schema).toEqual(await introspect(await newest.dataSource()));
    expect((await source.driver.createSchemaBuilder().log()).upQueries).toEqual([]);
    expect(await revertMigrations({ url: db.url })).toBe(applied.length);
    await migrate({ url: db.url });
    expect(await introspect(source)).toEqual(schema);
    await newest.drop();
  });
});
