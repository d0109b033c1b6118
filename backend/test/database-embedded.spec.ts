import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from './support/eventually';
import { startPostgres } from '../../tools/postgres/embedded.cjs';

const program = join(__dirname, '..', '..', 'tools', 'postgres', 'embedded.cjs');

/** The server that `npm start` keeps a user's data in. */
describe('the embedded server, durable', () => {
  let folder: string;
  let dataDir: string;
  let launchers: ChildProcess[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'system-update-embedded-'));
    // Reachable for nobody, whom root's server runs as.
    dataDir = `${folder}-data`;
    launchers = [];
  });

  afterEach(() => {
    for (const launcher of launchers) launcher.kill('SIGKILL');
    for (const left of [folder, dataDir, `${dataDir}.password`, `${dataDir}.owner`]) {
      rmSync(left, { recursive: true, force: true });
    }
  });

  const options = () => ({ dataDir, durable: true, logFile: join(folder, 'server.log') });

  async function query(url: string, sql: string): Promise<unknown[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Another program that starts the server and stays; its URL when it is up. */
  async function launch(): Promise<{ launcher: ChildProcess; url: string }> {
    const code = `require(${JSON.stringify(program)}).startPostgres(${JSON.stringify(options())})
      .then((server) => { console.log(server.url); setInterval(() => undefined, 1000); })`;
    const launcher = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    launchers.push(launcher);
    const [line] = (await once(launcher.stdout, 'data')) as [Buffer];
    return { launcher, url: line.toString().trim() };
  }

  it('keeps its data, writes through to the disk, and asks for a password that only this user can read', async () => {
    const first = await startPostgres(options());
    await query(first.url, 'CREATE TABLE kept (value integer)');
    expect(await query(first.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    expect(await query(first.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    const open = new URL(first.url);
    open.password = 'wrong';
    await expect(query(open.toString(), 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(statSync(`${dataDir}.password`).mode & 0o777).toBe(0o600);
    await first.stop();
    await first.stop();

    const second = await startPostgres(options());
    expect(await query(second.url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 0 }]);
    await second.stop();
  });

  it('takes over from a launcher that was killed, without losing what it had committed', async () => {
    const { launcher, url } = await launch();
    await query(url, 'CREATE TABLE kept AS SELECT 7 AS value');
    const orphan = Number.parseInt(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8'), 10);
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');

    const next = await startPostgres(options());
    expect(next.pid).not.toBe(orphan);
    await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    expect(await query(next.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
    await next.stop();
  });

  it('leaves the server of a living program alone', async () => {
    const { launcher, url } = await launch();
    await expect(startPostgres(options())).rejects.toThrow(`in use by process ${String(launcher.pid)}`);
    expect(await query(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    await (await startPostgres(options())).stop();
  });

  it('is started again on the same port when it was killed, and keeps what was committed', async () => {
    const restarts: string[] = [];
    const ends: string[] = [];
    const server = await startPostgres({
      ...options(),
      onRestart: (how) => restarts.push(how),
      onEnd: (why) => ends.push(why),
    });
    const killed = server.pid;
    await query(server.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    process.kill(killed, 'SIGKILL');
    await eventually(
      () => restarts,
      (all) => all.length === 1,
    );
    expect(await query(server.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
    expect(server.pid).not.toBe(killed);
    await server.stop();
    await expect(query(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    expect([restarts, ends]).toEqual([['SIGKILL'], []]);
  });

  it('says why when it cannot be started again', async () => {
    const ends: string[] = [];
    const server = await startPostgres({ ...options(), onEnd: (why) => ends.push(why) });
    writeFileSync(join(dataDir, 'postgresql.auto.conf'), 'no_such_setting = on\n');
    process.kill(server.pid, 'SIGKILL');
    await eventually(
      () => ends,
      (all) => all.length === 1,
    );
    expect(ends[0]).toMatch(
      /^PostgreSQL ended by itself \(SIGKILL\) and cannot be started again: configuration file .* contains errors/,
    );
    await server.stop();
  });

  it('says why it does not start, with the end of its log', async () => {
    const running = await startPostgres(options());
    const other = {
      dataDir: `${folder}-other`,
      durable: false,
      logFile: join(folder, 'other.log'),
      port: running.port,
    };
    await expect(startPostgres(other)).rejects.toThrow(/did not start.*could not bind/s);
    rmSync(other.dataDir, { recursive: true, force: true });
    await running.stop();
  });

  it('can be discarded with all that it keeps, also where its folder only leads to its data', async () => {
    const server = await startPostgres(options());
    await server.discard();
    expect(
      [dataDir, server.dataDir, `${server.dataDir}.password`, `${server.dataDir}.owner`].filter((left) =>
        existsSync(left),
      ),
    ).toEqual([]);

    // mkdtemp closes this one to the user that root's server runs as.
    const closed = await startPostgres({ ...options(), dataDir: join(folder, 'data') });
    expect(existsSync(closed.dataDir)).toBe(true);
    await closed.discard();
    expect([closed.dataDir, `${closed.dataDir}.password`].filter((left) => existsSync(left))).toEqual([]);
  });
});
