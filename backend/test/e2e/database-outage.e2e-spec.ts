import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres, type RunningPostgres } from '../../../tools/postgres/embedded.cjs';
import { queryRows } from '../../src/kernel/database/rows';
import type { Answer, ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { eventually } from '../support/eventually';
import { Installation, type ProductProcess } from '../support/installation';
import { LiveWatcher } from '../support/live-watcher';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly action?: string;
}

const MACHINES_UNDER_LOAD = 3;

/** Asks without pause, keeps what was answered, and notes every answer that is neither good nor an honest 503. */
class Load {
  readonly accepted = new Set<string>();
  readonly strange: unknown[] = [];
  readonly refused = { GET: 0, POST: 0 };
  readonly served = { GET: 0, POST: 0 };
  private over = false;
  private readonly loops: Promise<void>[] = [];

  constructor(
    private readonly api: ApiClient,
    machineIds: readonly string[],
  ) {
    for (const id of machineIds)
      this.loops.push(this.loop('POST', `/machines/${id}/actions/apt_update_analyze`, { parameters: {} }));
    for (const read of ['/machines?limit=50', '/jobs', '/me']) this.loops.push(this.loop('GET', read));
  }

  async end(): Promise<void> {
    this.over = true;
    await Promise.all(this.loops);
  }

  private async loop(method: 'GET' | 'POST', address: string, body?: object): Promise<void> {
    while (!this.over) {
      const answer = await this.api.send<Problem & { id?: string }>(method, address, body);
      this.judge(method, address, answer);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private judge(method: 'GET' | 'POST', address: string, answer: Answer<Problem & { id?: string }>): void {
    const { status, contentType, body } = answer;
    if (status < 300) {
      this.served[method] += 1;
      if (method === 'POST') this.accepted.add(body.id ?? '');
      return;
    }
    this.refused[method] += 1;
    const honest =
      status === 503 &&
      contentType.startsWith('application/problem+json') &&
      body.code === 'database_unavailable' &&
      /^[A-Z].*\.$/.test(body.detail ?? '') &&
      /^[A-Z].*\.$/.test(body.action ?? '');
    if (!honest) this.strange.push({ address, ...answer });
  }
}

describe('PostgreSQL restarted while jobs run and requests come in', () => {
  let folder: string;
  let server: RunningPostgres;
  let database: TestDatabase;
  let installation: Installation;
  let processes: ProductProcess[];
  let api: ApiClient;
  let jobs: MachineJobs;
  let load: Load;
  let slow: RealMachine;
  let slowJob: Job;
  let watcher: LiveWatcher;

  const start = (port?: number): Promise<RunningPostgres> =>
    startPostgres({
      dataDir: path.join(folder, 'data'),
      durable: false,
      logFile: path.join(folder, 'log'),
      ...(port === undefined ? {} : { port }),
    });
  const health = async (which: 'live' | 'ready'): Promise<number> => (await api.send('GET', `/health/${which}`)).status;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'database-outage-'));
    server = await start();
    database = await createTestDatabase({ adminUrl: server.url });
    installation = new Installation(database.url);
    processes = [await installation.start('api'), await installation.start('worker')];
    api = await installation.administrator(at(processes, 0));
    jobs = new MachineJobs(api);
    const machines = realMachines();
    slow = at(machines, 0);
    for (const { name } of machines) fleet('scenario', name, 'plain');
    // Runs through the whole outage: each of these costs the refresh 20 s.
    fleet('sources', slow.name, 'base', 'hang/plain', 'hang/held', 'hang/pinned', 'hang/removal');
    const ids: string[] = [];
    for (const machine of machines) ids.push(await api.enrol(machine));
    slowJob = await jobs.running(await jobs.analyse(ids[0] ?? ''));
    watcher = new LiveWatcher(api, slowJob.id);
    await eventually(
      () => watcher.lastSeq,
      (seq) => seq > 0,
    );
    load = new Load(api, ids.slice(1, 1 + MACHINES_UNDER_LOAD));
  }, 300_000);
  afterAll(async () => {
    watcher.close();
    await load.end();
    fleet('scenario', slow.name, 'clean');
    await installation.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }, 180_000);

  it('answers 503 as a problem with a code and a sentence while it is away, and recovers by itself', async () => {
    const { port } = server;
    for (const outage of [1, 2]) {
      const before = { jobs: load.accepted.size, refused: { ...load.refused } };
      // Each machine has ended a job or two since, and has the next under way.
      await eventually(
        () => load.accepted.size,
        (size) => size > before.jobs + 2 * MACHINES_UNDER_LOAD,
      );
      await server.stop();
      await eventually(
        () => load.refused,
        ({ GET, POST }) => GET > before.refused.GET + 5 && POST > before.refused.POST + 5,
      );
      expect([await health('live'), await health('ready')]).toEqual([200, 503]);
      const during = { ...load.served };
      server = await start(port);
      await eventually(
        () => load.served,
        ({ GET, POST }) => GET > during.GET + 5 && POST > during.POST + 5,
      );
      await eventually(
        () => health('ready'),
        (status) => status === 200,
      );
      expect([outage, load.strange]).toEqual([outage, []]);
    }
    for (const { pid } of processes) expect(() => process.kill(pid, 0)).not.toThrow();
  }, 180_000);

  it('goes on with the jobs: none is lost, none is doubled', async () => {
    await load.end();
    for (const id of load.accepted) expect(await jobs.ended({ id })).toMatchObject({ status: 'ok' });
    const dataSource = await database.dataSource();
    const unfinished = `SELECT id FROM jobs WHERE status IN ('queued', 'running') AND id <> $1`;
    await eventually(
      () => queryRows(dataSource, unfinished, [slowJob.id]),
      (rows) => rows.length === 0,
    );
    const ends = await queryRows<{ status: string; snapshots: number; ends: number }>(
      dataSource,
      `SELECT j.id, j.status, j.attempt, (SELECT count(*)::int FROM snapshots s WHERE s.source_job_id = j.id) AS snapshots,
              (SELECT count(*)::int FROM machine_events e WHERE e.job_id = j.id AND e.event_type LIKE 'job\\_%') AS ends
         FROM jobs j WHERE j.id <> $1`,
      [slowJob.id],
    );
    expect(ends.filter((job) => job.status !== 'ok' || job.snapshots !== 1 || job.ends !== 1)).toEqual([]);
  }, 240_000);

  it('goes on with the run that was under way, and with its live log, on the sockets that were open', async () => {
    const end = await jobs.ended(slowJob, 150_000);
    expect(end).toMatchObject({ status: 'warning', attempt: 1 });
    const all = await jobs.log(slowJob.id);
    await eventually(
      () => watcher.lastSeq,
      (seq) => seq >= (all.at(-1)?.seq ?? 0),
    );
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_line, index) => index + 1));
    expect(watcher.lines).toEqual(all);
    expect(watcher.statuses.at(-1)).toBe(end.status);
  }, 180_000);
});
