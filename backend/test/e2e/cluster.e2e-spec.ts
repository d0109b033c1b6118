import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { composition, compositionObstacle, type ComposedService } from '../support/composition';
import { eventually } from '../support/eventually';
import { Installation, type ProductProcess } from '../support/installation';
import { MachineJobs } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';
import { Upgrades, prepare, versionOf } from '../support/upgrades';

const root = path.resolve(__dirname, '..', '..', '..');

/** Of the profile `cluster`, what serves people and what works. */
function processesOf(services: readonly ComposedService[]): { apis: ComposedService[]; workers: ComposedService[] } {
  const byRole = Map.groupBy(services, ({ environment }) => environment['ROLE']);
  return { apis: byRole.get('api') ?? [], workers: byRole.get('worker') ?? [] };
}

const obstacle = compositionObstacle();
const tried = obstacle === null || process.env['CI'] === 'true';

(tried ? describe : describe.skip)(`the profile cluster of docker-compose.yml (${obstacle ?? 'in processes'})`, () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  const machines = realMachines().slice(0, 4);
  const ids: string[] = [];
  const running = new Map<string, ProductProcess>();
  let cookie = '';

  /** Starts a service with its own command and environment: only what a container has around it is put in its place. */
  async function start({ name, command, environment }: ComposedService): Promise<void> {
    const [node, ...words] = command;
    if (node !== 'node') throw new Error(`${name} is started by ${String(node)}`);
    const secret = (file: string | undefined): string => path.join(installation.dataDir, path.basename(file ?? ''));
    const settings = {
      ...environment,
      DATABASE_URL: undefined,
      DATABASE_URL_FILE: secret(environment['DATABASE_URL_FILE']),
      ENCRYPTION_KEYS_FILE: secret(environment['ENCRYPTION_KEYS_FILE']),
      // No proxy stands in front of these.
      PUBLIC_URL: undefined,
      TRUSTED_PROXIES: undefined,
    };
    const script = words.map((word) => (word.endsWith('.js') ? path.join(root, word) : word));
    running.set(name, await installation.start(environment['ROLE'] as 'api' | 'worker', settings, script));
  }

  async function restart(service: ComposedService): Promise<void> {
    const before = running.get(service.name);
    await before?.end('SIGTERM');
    expect({ name: service.name, exitCode: before?.exitCode() }).toEqual({ name: service.name, exitCode: 0 });
    await start(service);
  }

  /**
   * As a proxy does: asks the one, and the other where that one cannot be reached. Once more both: while the one kept its caller
   * waiting to the end, the other may have begun to stop.
   */
  async function ask<T>(apis: readonly ComposedService[], turn: number, method: string, url: string): Promise<T> {
    const failed: unknown[] = [];
    for (const { name } of [...apis, ...apis].map((_, other) => at(apis, (turn + other) % apis.length))) {
      const origin = running.get(name)?.origin ?? '';
      try {
        const client = new ApiClient(origin, cookie);
        const { status, body } = await client.send<T>(method, url, method === 'POST' ? {} : undefined);
        if (status < 400) return body;
        failed.push({ status, body });
      } catch (error) {
        // It stops at this moment, or is not there yet. (The errors of fetch are of Node's own classes.)
        if (!String(error).includes('fetch failed')) throw error;
        failed.push(String((error as Error).cause));
      }
    }
    throw new Error(`no API process answered: ${JSON.stringify(failed)}`);
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    const key = `k1:${randomBytes(32).toString('base64')}`;
    writeFileSync(path.join(installation.dataDir, 'database_url'), database.url, { mode: 0o600 });
    writeFileSync(path.join(installation.dataDir, 'encryption_keys'), key, { mode: 0o600 });
  });
  afterAll(async () => {
    for (const { name } of machines) fleet('reset', name);
    await installation.stop();
    await database.drop();
  }, 120_000);

  it('has two API processes, three workers, and a volume of its own for each kind of data', () => {
    const { services, volumes } = composition('cluster');
    const { apis, workers } = processesOf(services);
    expect([apis.length, workers.length]).toEqual([2, 3]);
    expect([...volumes].sort()).toEqual(['artifacts', 'database', 'logs', 'reports', 'wal']);
    for (const { name, volumes: mounted } of [...apis, ...workers]) {
      expect({ name, volumes: [...mounted].sort() }).toEqual({
        name,
        volumes: [
          '/etc/machine-id:/etc/machine-id:ro',
          'artifacts:/data:rw',
          'logs:/data/artifacts/runs:rw',
          'reports:/data/artifacts/reports:rw',
        ],
      });
    }
  });

  it('loses and doubles nothing while every process is restarted under load, one after the other', async () => {
    const { apis, workers } = processesOf(composition('cluster').services);
    for (const service of [...apis, ...workers]) await start(service);
    const first = running.get(apis[0]?.name ?? '');
    if (first === undefined) throw new Error('there is no API process');
    const administrator = await installation.administrator(first);
    ({ cookie } = administrator);
    for (const machine of machines) {
      fleet('reset', machine.name);
      prepare(machine, 'plain');
      ids.push(await administrator.enrol(machine));
    }
    const upgraded = machines.slice(0, 2);
    const upgrades = new Upgrades(administrator, dataSource);
    const plans = [];
    for (const at of upgraded.keys()) plans.push(await upgrades.plan(ids[at] ?? '', { mode: 'upgrade' }));

    const over = new AbortController();
    const asked = new Set<string>();
    const load = (async () => {
      for (let turn = 0; !over.signal.aborted; turn += 1) {
        const url = `/machines/${ids[turn % ids.length] ?? ''}/actions/${turn % 3 === 0 ? 'machine_probe' : 'apt_update_analyze'}`;
        asked.add((await ask<{ id: string }>(apis, turn, 'POST', url)).id);
      }
    })();
    const changes = await Promise.all(plans.map((plan) => upgrades.confirm(plan)));
    for (const service of [...workers, ...apis, ...workers]) await restart(service);
    over.abort();
    await load;

    const jobs = new MachineJobs(new ApiClient(running.get(apis[1]?.name ?? '')?.origin ?? '', cookie));
    const waiting = () =>
      queryRows<{ n: number }>(dataSource, `SELECT count(*)::int AS n FROM jobs WHERE status IN ('queued', 'running')`);
    await eventually(waiting, ([row]) => row?.n === 0, 170_000);
    for (const id of asked) expect(await jobs.job(id)).toMatchObject({ id, status: 'ok' });
    for (const { id } of changes) expect(await jobs.job(id)).toMatchObject({ status: 'ok', errorKind: null });
    expect(await everyJob()).toEqual([]);
    expect(await queryRows(dataSource, 'SELECT job_id FROM machine_locks')).toEqual([]);
    expect(upgraded.map((machine: RealMachine) => versionOf(machine, 'fleet-plain'))).toEqual(['1.1', '1.1']);
    expect(
      await queryRows(
        dataSource,
        `SELECT job_id FROM executions WHERE mode <> 'external' GROUP BY job_id HAVING count(*) <> 1`,
      ),
    ).toEqual([]);
  }, 900_000);

  /** Jobs that came to no result, or whose effect is not there exactly once. */
  const everyJob = () =>
    queryRows(
      dataSource,
      `SELECT j.id, j.kind, j.status, j.error_kind,
         (SELECT count(*)::int FROM snapshots s WHERE s.source_job_id = j.id) AS snapshots,
         (SELECT count(*)::int FROM machine_events e WHERE e.job_id = j.id AND e.event_type = 'job_finished') AS ends
       FROM jobs j
       WHERE j.status NOT IN ('ok', 'warning')
          OR (j.kind IN ('machine_probe', 'apt_update_analyze')
            AND (SELECT count(*) FROM snapshots s WHERE s.source_job_id = j.id) <> 1)
          OR (SELECT count(*) FROM machine_events e WHERE e.job_id = j.id AND e.event_type = 'job_finished') <> 1`,
    );
});
