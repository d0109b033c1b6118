import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { Changes } from '../support/changes';
import { Installation } from '../support/installation';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { aptServer, fleet, realMachines, wrapCommand, type RealMachine } from '../support/real-machines';
import { prepare, versionOf } from '../support/upgrades';

interface Access {
  readonly path: string;
  readonly proxied: boolean;
  readonly proxyLogin: 'none' | 'right' | 'wrong';
  readonly status: number;
}

/** Of the requests that came in during a run. */
interface Seen {
  /** Its class of error, or how it ended. */
  readonly job: string;
  readonly files: ('lists' | 'archives')[];
  readonly proxied: boolean[];
  readonly logins: string[];
}

/** The fleet's repository server is a proxy as well; this is the login that it takes. */
const USER = 'fleet';
const PASSWORD = 'p@ss/wörd';
const WRONG_PASSWORD = 'n0t/the@word';

const SPY = String.raw`
  {
    printf '%s ' "$0" "$@"; echo
    cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n'
    ls -l /run/system-update-*/proxy.conf 2>/dev/null
  } >>/var/tmp/spied`;

describe('the proxy that apt uses on a machine', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let changes: Changes;
  let machines: RealMachine[];
  const ids: string[] = [];

  const accesses = (): Access[] =>
    readFileSync(path.join(aptServer().folder, 'access.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Access);
  /** How the requests for files came in while something ran. */
  const seenBy = async (run: () => Promise<Job>): Promise<Seen> => {
    const before = accesses().length;
    const { status, errorKind } = await run();
    const seen = accesses().slice(before);
    return {
      job: errorKind ?? status,
      files: [...new Set(seen.map((access) => (access.path.endsWith('.deb') ? 'archives' : 'lists')))],
      proxied: [...new Set(seen.map(({ proxied }) => proxied))],
      logins: [...new Set(seen.map(({ proxyLogin }) => proxyLogin))],
    };
  };
  const analysed = async (id: string): Promise<Pick<Seen, 'job' | 'proxied' | 'logins'>> => {
    const { job, proxied, logins } = await seenBy(async () => jobs.ended(await jobs.analyse(id)));
    return { job, proxied, logins };
  };
  const download = async (id: string): Promise<Job> =>
    jobs.ended(await api.post<Job>(`/machines/${id}/actions/apt_download`, { parameters: {} }));
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
    changes = new Changes(api, jobs);
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
      expect(await analysed(id())).toEqual({ job: 'ok', proxied: [false], logins: ['none'] });
    });

    it('custom: goes through the given proxy, with the login', async () => {
      await setProxy(id(), custom(PASSWORD));
      expect(await analysed(id())).toEqual({ job: 'ok', proxied: [true], logins: ['right'] });
    });

    it('system: uses the proxy that the machine itself names', async () => {
      fleet('scenario', machines[index]?.name ?? '', 'plain', 'proxy');
      await setProxy(id(), { mode: 'system' });
      expect(await analysed(id())).toEqual({ job: 'ok', proxied: [true], logins: ['none'] });
    });

    it('none: goes direct although the machine names a proxy', async () => {
      await setProxy(id(), { mode: 'none' });
      expect(await analysed(id())).toEqual({ job: 'ok', proxied: [false], logins: ['none'] });
    });

    it('custom: wins over the proxy that the machine names; a refused login is named, and the old lists are stale', async () => {
      await setProxy(id(), custom(WRONG_PASSWORD));
      expect(await analysed(id())).toMatchObject({ proxied: [true], logins: ['wrong'] });
      const state = await api.get<{ stale: boolean; errors: { kind: string }[] }>(`/machines/${id()}/apt`);
      expect(state.stale).toBe(true);
      expect(state.errors.map(({ kind }) => kind)).toContain('proxy_auth');
    });

    describe('for what an upgrade needs', () => {
      const machine = (): RealMachine => at(machines, index);
      const archives = (proxied: boolean, logins: string): Seen => ({
        job: 'ok',
        files: ['archives'],
        proxied: [proxied],
        logins: [logins],
      });

      it('custom: the plan asks nobody, the download goes through it, and the run that follows has all it needs', async () => {
        prepare(machine(), 'plain');
        await setProxy(id(), custom(PASSWORD));
        expect(await seenBy(() => changes.tried(id(), 'apt_upgrade'))).toEqual({
          job: 'ok',
          files: [],
          proxied: [],
          logins: [],
        });
        expect(await seenBy(() => download(id()))).toEqual(archives(true, 'right'));
        const request = await changes.plan(id(), 'apt_upgrade');
        expect(await seenBy(() => changes.run(request))).toEqual({ job: 'ok', files: [], proxied: [], logins: [] });
        expect(versionOf(machine(), 'fleet-plain')).toBe('1.1');
      }, 240_000);

      it('custom: a run that has to fetch goes through it; nobody sees the login, and nothing of it stays', async () => {
        fleet('reset', machine().name);
        prepare(machine(), 'plain');
        // What runs besides apt while it runs, and the environment of each, as everybody on the machine may see it.
        wrapCommand(machine(), 'apt-get', SPY);
        const request = await changes.plan(id(), 'apt_upgrade');
        expect(await seenBy(() => changes.run(request))).toEqual(archives(true, 'right'));
        expect(versionOf(machine(), 'fleet-plain')).toBe('1.1');
        const spied = fleet('exec', machine().name, 'cat', '/var/tmp/spied');
        expect(spied).toContain('--download-only');
        expect(spied).toMatch(/ -c \/run\/system-update-upgrade\.\w+\/proxy\.conf /);
        expect(spied).toMatch(/^-rw------- 1 root root /m);
        expect(spied).not.toContain(encodeURIComponent(PASSWORD));
        expect(spied).not.toContain(PASSWORD);
      }, 240_000);

      it('custom: a refused login ends the download and the run with its class, before anything is changed', async () => {
        fleet('reset', machine().name);
        prepare(machine(), 'plain');
        await setProxy(id(), custom(WRONG_PASSWORD));
        const refused = { job: 'proxy_auth', files: ['archives'], proxied: [true], logins: ['wrong'] };
        expect(await seenBy(() => download(id()))).toEqual(refused);
        const request = await changes.plan(id(), 'apt_upgrade');
        expect(await seenBy(() => changes.run(request))).toMatchObject(refused);
        expect(versionOf(machine(), 'fleet-plain')).toBe('1.0');
      }, 240_000);

      it('system and none: through the proxy that the machine names, and around it', async () => {
        prepare(machine(), 'plain', 'proxy');
        await setProxy(id(), { mode: 'system' });
        expect(await seenBy(() => download(id()))).toEqual(archives(true, 'none'));
        fleet('exec', machine().name, 'apt-get', 'clean');
        await setProxy(id(), { mode: 'none' });
        const request = await changes.plan(id(), 'apt_upgrade');
        expect(await seenBy(() => changes.run(request))).toEqual(archives(false, 'none'));
      }, 240_000);

      it('a repair brings what is missing through it', async () => {
        fleet('reset', machine().name);
        prepare(machine(), 'new-dependency');
        const unpack = 'cd /var/tmp && apt-get -q download fleet-newdep && dpkg --unpack fleet-newdep_*.deb';
        fleet('exec', machine().name, 'sh', '-c', unpack);
        await setProxy(id(), custom(PASSWORD));
        const request = await changes.plan(id(), 'apt_repair');
        expect(await seenBy(() => changes.run(request))).toEqual(archives(true, 'right'));
        expect(versionOf(machine(), 'fleet-lib2')).toBe('2.0');
      }, 240_000);
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
