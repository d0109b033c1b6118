import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../src/kernel/database/migrate';
import { loadConfig } from '../src/kernel/config/config';
import { newId } from '../src/kernel/database/ids';
import { parseKeyring } from '../src/kernel/secrets/keyring';
import { openKeyring } from '../src/kernel/secrets/keyring-check';
import { insertMachine, insertRow } from './support/insert-row';
import { createTestDatabase, type TestDatabase } from './support/postgres';
import { forkTypeScript } from './support/typescript-process';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const source = path.resolve(__dirname, '../src');

/** Runs the program, or a command of it, to its end. Nothing of this process's own settings reaches it. */
async function run(program: 'main' | 'cli', env: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<Ended> {
  const none = {
    DATABASE_URL: undefined,
    DATA_DIR: undefined,
    HOST: undefined,
    PORT: undefined,
    PUBLIC_URL: undefined,
  };
  const child = forkTypeScript(path.join(source, `${program}.ts`), args, { piped: true, env: { ...none, ...env } });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => (printed[stream] += chunk.toString('utf8')));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...printed };
}

/** A process of its own reads the whole program's TypeScript first. */
jest.setTimeout(120_000);

describe('a start that is refused says why, once and without a stack', () => {
  let database: TestDatabase;
  let folder: string;
  let settings: NodeJS.ProcessEnv;

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'su-start-'));
    settings = { DATABASE_URL: database.url, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'info' };
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  it('for settings, all of them together', async () => {
    const wrong = { HOST: '0.0.0.0', PORT: 'abc', TRUSTED_PROXIES: 'notanaddress', ENCRYPTION_KEYS: 'zz' };
    const { code, stdout, stderr } = await run('main', { ...settings, ...wrong });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([
      'The configuration is wrong:',
      '  - PORT must be a whole number from 0 to 65535, not "abc"',
      '  - TRUSTED_PROXIES must be IP addresses or networks such as 10.0.0.0/8, separated by commas, not "notanaddress"',
      expect.stringMatching(/^ {2}- ENCRYPTION_KEYS must be "id:base64 of 32 bytes"/),
      '  - PUBLIC_URL: set the https:// address that people type, since HOST is not loopback',
    ]);
  });

  it('for a keyring that cannot be read, the server and its commands alike', async () => {
    const dataDir = path.join(folder, 'broken');
    mkdirSync(path.join(dataDir, 'keys'), { recursive: true });
    writeFileSync(path.join(dataDir, 'keys', 'keyring'), 'zz\n');
    const ended = [
      await run('main', { ...settings, DATA_DIR: dataDir }),
      await run('main', { ...settings, DATA_DIR: dataDir, ROLE: 'worker' }),
      await run('cli', { ...settings, DATA_DIR: dataDir }, ['setup-link']),
    ];
    const said = `The keyring ${dataDir}/keys/keyring cannot be used: Key 1 of the keyring is not "id:base64 of 32 bytes".\n`;
    expect(ended).toEqual(ended.map(() => ({ code: 1, stdout: '', stderr: said })));
  });

  it.each([
    [
      'not migrated',
      undefined,
      /^The database is not yet of this program's version \(\d+ steps to go\)\. Migrate it first/,
    ],
    [
      'of a newer version',
      `INSERT INTO schema_migrations (timestamp, name) VALUES (1999999999999, 'Tomorrow1999999999999')`,
      /^The database was migrated by a newer version of this program \(Tomorrow1999999999999\)\. Start that version\.$/,
    ],
    [
      'whose queue is of a newer version',
      'UPDATE pgboss.version SET version = version + 5',
      /^The database was migrated by a newer version of this program \(the queue's tables: \d+\)\. Start that version\.$/,
    ],
  ])('for a database that is %s', async (_what, change, sentence) => {
    const other = await createTestDatabase({ migrated: change !== undefined });
    try {
      if (change !== undefined) {
        await migrate({ url: other.url });
        await (await other.dataSource()).query(change);
      }
      const { code, stderr } = await run('main', { ...settings, DATABASE_URL: other.url });
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(code).toBe(1);
    } finally {
      await other.drop();
    }
  });

  /** The server and its migration alike. */
  async function expectRefusals(change: (url: URL) => void, sentence: RegExp): Promise<void> {
    const url = new URL(database.url);
    change(url);
    const env = { ...settings, DATABASE_URL: url.href };
    for (const ended of await Promise.all([run('main', env), run('cli', env, ['migrate'])])) {
      expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(sentence) as string });
      expect(ended.stderr.trimEnd()).not.toContain('\n');
    }
  }

  it.each<[string, (url: URL) => void, RegExp]>([
    [
      'is not there',
      (url) => (url.pathname = '/nosuch'),
      /^The database is not there \(database "nosuch" does not exist\)\. Create it,/,
    ],
    [
      'knows no such user',
      (url) => (url.username = 'nobody-of-ours'),
      /^The database refuses the sign-in \([^\n]+\)\. Check user and password/,
    ],
  ])('for a database that %s, the server and its migration alike', async (_what, change, sentence) => {
    await expectRefusals(change, sentence);
  });

  // It is waited for, as one that starts at the same time; so both are waited for together.
  it('for a database that does not answer, and for one whose name is not known', async () => {
    await Promise.all([
      expectRefusals((url) => (url.port = '9'), /^The database does not answer \([^\n]+\)\. Check DATABASE_URL/),
      expectRefusals(
        (url) => (url.hostname = 'nosuch.invalid'),
        /^The database does not answer \(getaddrinfo E\w+ nosuch\.invalid\)\. Check DATABASE_URL/,
      ),
    ]);
  });

  it('for an address that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, stdout, stderr } = await run('main', { ...settings, ROLE: 'api', PORT: String(port) });
    taken.close();
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `127.0.0.1:${String(port)} cannot be listened on (EADDRINUSE): choose another HOST or PORT.\n`,
    });
  });

  it('for a lost keyring, naming the key', async () => {
    const dataSource = await database.dataSource();
    const machineId = await insertMachine(dataSource);
    const now = new Date();
    await insertRow(dataSource, 'machine_credentials', {
      machine_id: machineId,
      auth_method: 'password',
      sudo_mode: 'none',
      enc_password: `suenc:1:lost-key:${'A'.repeat(16)}:${'A'.repeat(40)}`,
      created_at: now,
      updated_at: now,
    });
    const { code, stdout, stderr } = await run('main', { ...settings, DATA_DIR: path.join(folder, newId()) });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Encryption key "lost-key" is missing: [^\n]*no new key was made\.\n$/);
    await dataSource.query('DELETE FROM machines WHERE id = $1', [machineId]);
  });

  it('for another key under the id of the one that secrets were stored with, and not for one damaged secret', async () => {
    const dataSource = await database.dataSource();
    const keyring = (byte: number) => `k1:${Buffer.alloc(32, byte).toString('base64')}`;
    const rowId = await insertMachine(dataSource);
    const place = { table: 'machines', rowId, column: 'enc_apt_proxy_password' };
    const envelope = parseKeyring(keyring(1)).encrypt(place, 'a proxy password');
    const store = (id: string) =>
      dataSource.query('UPDATE machines SET enc_apt_proxy_password = $2 WHERE id = $1', [id, envelope]);
    await store(rowId);
    // An envelope in a foreign row opens with no key.
    await store(await insertMachine(dataSource));
    const start = (byte: number) =>
      openKeyring(loadConfig({ ...settings, ENCRYPTION_KEYS: keyring(byte) }), dataSource);
    expect((await start(1)).decrypt(place, envelope)).toBe('a proxy password');
    await expect(start(2)).rejects.toThrow(/^Encryption key "k1" does not open the secrets/);

    const { code, stdout, stderr } = await run('main', { ...settings, ENCRYPTION_KEYS: keyring(2) });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Encryption key "k1" does not open [^\n]*nothing was changed\.\n$/);
  });
});
