import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { Installation } from '../support/installation';
import { MachineJobs } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { aptServer, fleet, realMachines, type RealMachine } from '../support/real-machines';

interface Access {
  readonly path: string;
  readonly proxied: boolean;
  readonly proxyLogin: 'none' | 'right' | 'wrong';
  readonly status: number;
}

/** The fleet's repository server is a proxy as well; this is the login that it takes. */
const USER = 'fleet';
const PASSWORD = 'p@ss/wörd';
const WRONG_PASSWORD = 'n0t/the@word';

describe('the proxy that apt uses on a machine', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let machines: RealMachine[];
  const ids: string[] = [];

  const accesses = (): Access[] =>
    readFileSync(path.join(aptServer().folder, 'access.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Access);
  /** Analyses, and tells how the requests for package lists came in meanwhile. */
  const lists = async (id: string): Promise<{ job: string; proxied: boolean[]; logins: string[] }> => {
    const before = accesses().length;
    const { status } = await jobs.ended(await jobs.analyse(id));
    const seen = accesses().slice(before);
    expect(seen.length).toBeGreaterThan(0);
    return {
      job: status,
      proxied: [...new Set(seen.map(({ proxied }) => proxied))],
      logins: [...new Set(seen.map(({ proxyLogin }) => proxyLogin))],
    };
  };
  const setProxy = (id: string, aptProxy: object): Promise<unknown> => api.patch(`/machines/${id}`, { aptProxy });
  const custom = (password: string | undefined) => ({
    mode: 'custom',
    url: `http://${USER}@${aptServer().address}`,
    ...(password === undefined ? {} : { password }),
  });

  beforeAll(async () => {
    // One of each suite: their versions of apt read configuration and addresses differently.
    machines = realMachines().slice(0, 2);
    expect(machines.map(({ suite }) => suite)).toEqual(['bookworm', 'trixie']);
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url, { LOG_LEVEL: 'trace' });
    const server = await installation.start('all');
    api = await installation.administrator(server);
    jobs = new MachineJobs(api);
    for (const machine of machines) ids.push(await api.enrol(machine));
  }, 300_000);
  afterAll(async () => {
    for (const { name } of machines) fleet('scenario', name, 'clean');
    await installation.stop();
    await database.drop();
  }, 120_000);

  describe.each([
    ['Debian 12', 0],
    ['Debian 13', 1],
  ])('on %s', (_suite, index) => {
    const id = (): string => ids[index] ?? '';

    it('system: goes direct where the machine names no proxy', async () => {
      fleet('scenario', machines[index]?.name ?? '', 'plain');
      expect(await lists(id())).toEqual({ job: 'ok', proxied: [false], logins: ['none'] });
    });

    it('custom: goes through the given proxy, with the login', async () => {
      await setProxy(id(), custom(PASSWORD));
      expect(await lists(id())).toEqual({ job: 'ok', proxied: [true], logins: ['right'] });
    });

    it('system: uses the proxy that the machine itself names', async () => {
      fleet('scenario', machines[index]?.name ?? '', 'plain', 'proxy');
      await setProxy(id(), { mode: 'system' });
      expect(await lists(id())).toEqual({ job: 'ok', proxied: [true], logins: ['none'] });
    });

    it('none: goes direct although the machine names a proxy', async () => {
      await setProxy(id(), { mode: 'none' });
      expect(await lists(id())).toEqual({ job: 'ok', proxied: [false], logins: ['none'] });
    });

    it('custom: wins over the proxy that the machine names; a refused login is named, and the old lists are stale', async () => {
      await setProxy(id(), custom(WRONG_PASSWORD));
      expect(await lists(id())).toMatchObject({ proxied: [true], logins: ['wrong'] });
      const state = await api.get<{ stale: boolean; errors: { kind: string }[] }>(`/machines/${id()}/apt`);
      expect(state.stale).toBe(true);
      expect(state.errors.map(({ kind }) => kind)).toContain('proxy_auth');
    });
  });

  it('its password is in no log line, document, event or job, nor anywhere else in clear', async () => {
    const forms = [PASSWORD, WRONG_PASSWORD].flatMap((password) => {
      const coded = encodeURIComponent(password);
      return [password, coded, Buffer.from(`${USER}:${password}`).toString('base64')];
    });
    const tables = await queryRows<{ name: string }>(
      dataSource,
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const sql = `SELECT 1 FROM ${name} t, unnest($1::text[]) AS form WHERE strpos(t::text, form) > 0 LIMIT 1`;
      if ((await queryRows(dataSource, sql, [forms])).length > 0) found.push(name);
    }
    expect(found).toEqual([]);
    for (const form of forms) expect(installation.output()).not.toContain(form);
    // The search finds what is there: the user's name stands in the machine's row.
    const [known] = await queryRows(dataSource, `SELECT 1 FROM machines t WHERE strpos(t::text, $1) > 0`, [`${USER}@`]);
    expect(known).toBeDefined();
    for (const machine of machines) {
      const grep = `grep -rlF -e '${encodeURIComponent(PASSWORD)}' /etc /run /tmp /var/lib/system-update 2>/dev/null || true`;
      expect(fleet('exec', machine.name, 'sh', '-c', grep)).toBe('');
    }
  });
});
