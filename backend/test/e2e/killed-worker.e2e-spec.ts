import type { DataSource } from 'typeorm';
import { affected, queryOne, queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { Installation, type ProductProcess } from '../support/installation';
import { LiveWatcher } from '../support/live-watcher';
import { MachineJobs, runsOn, tracesOn, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';

/** A dead worker is noticed within a minute: a lease of 20 s and the next of the sweeps. */
const NOTICED_WITHIN_MS = 60_000;

describe('a worker that is killed while it analyses', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let workers: ProductProcess[];
  let watcher: LiveWatcher;
  const ids = new Map<string, string>();
  let retried: RealMachine;
  let closed: RealMachine;

  const id = ({ name }: RealMachine): string => ids.get(name) ?? '';
  const workerOf = async ({ id: jobId }: Job): Promise<ProductProcess> => {
    const row = await queryOne<{ worker_id: string }>(dataSource, 'SELECT worker_id FROM jobs WHERE id = $1', [jobId]);
    const worker = workers.find(({ pid }) => row?.worker_id.split(':').includes(String(pid)));
    if (worker === undefined) throw new Error(`no worker of this test holds the job: ${String(row?.worker_id)}`);
    return worker;
  };
  /** Hangs in the middle of the refresh, with lines in its log. */
  const inTheMiddle = async (machine: RealMachine): Promise<Job> => {
    const job = await jobs.analyse(id(machine));
    await eventually(
      () => jobs.log(job.id),
      (lines) => lines.some(({ text }) => text.includes('/repo base InRelease')),
    );
    return job;
  };

  beforeAll(async () => {
    [retried, closed] = realMachines() as [RealMachine, RealMachine];
    for (const { name } of [retried, closed]) fleet('scenario', name, 'plain', 'security', 'repo-hang');
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    const server = await installation.start('api');
    api = await installation.administrator(server);
    jobs = new MachineJobs(api);
    for (const machine of [retried, closed]) ids.set(machine.name, await api.enrol(machine));
    workers = [await installation.start('worker'), await installation.start('worker')];
  }, 300_000);
  afterAll(async () => {
    watcher.close();
    for (const { name } of [retried, closed]) fleet('scenario', name, 'clean');
    await installation.stop();
    await database.drop();
  }, 120_000);

  it('leaves nothing alive on the machine, and its job is tried again by another to the right result', async () => {
    const job = await inTheMiddle(retried);
    watcher = new LiveWatcher(api, job.id);
    await eventually(
      () => watcher.lastSeq,
      (seq) => seq > 0,
    );
    const [before] = runsOn(retried);
    expect(before).toBeDefined();
    await (await workerOf(job)).end('SIGKILL');
    await eventually(
      () => runsOn(retried),
      (runs) => !runs.includes(before ?? ''),
      NOTICED_WITHIN_MS,
    );
    fleet('scenario', retried.name, 'plain', 'security');
    const attempted = await eventually(
      () => jobs.job(job.id),
      ({ attempt }) => attempt === 2,
      NOTICED_WITHIN_MS,
    );
    expect(attempted.errorKind).toBeNull();
    expect(await jobs.ended(job)).toMatchObject({ status: 'ok', attempt: 2 });
    expect(await jobs.tile(id(retried))).toMatchObject({
      need: 'security',
      apt: { updatesCount: 2, securityCount: 1 },
    });
  }, 240_000);

  it('its live log has no gap and no repeat, for whoever watched and for whoever reads it later', async () => {
    const all = await jobs.log(watcher.jobId);
    await eventually(
      () => watcher.lastSeq,
      (seq) => seq >= (all.at(-1)?.seq ?? 0),
    );
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_line, index) => index + 1));
    expect(watcher.lines).toEqual(all);
    expect(all.map(({ text }) => text)).toContain('Attempt 2 of 3.');
  });

  it('has one outcome: one snapshot, one end in the history', async () => {
    const snapshots = await queryRows(dataSource, 'SELECT id FROM snapshots WHERE source_job_id = $1', [watcher.jobId]);
    const ends = await queryRows(
      dataSource,
      `SELECT id FROM machine_events WHERE job_id = $1 AND event_type LIKE 'job\\_%'`,
      [watcher.jobId],
    );
    expect([snapshots.length, ends.length]).toEqual([1, 1]);
    expect(await queryRows(dataSource, 'SELECT 1 FROM machine_locks')).toEqual([]);
    await eventually(
      () => tracesOn(retried),
      (traces) => traces.length === 0,
    );
  });

  it('closes a job that has no attempt left, with the class and what to do', async () => {
    const job = await inTheMiddle(closed);
    await affected(dataSource, 'UPDATE jobs SET max_attempts = 1 WHERE id = $1', [job.id]);
    const worker = await workerOf(job);
    await worker.end('SIGKILL');
    // Somebody has to be there to notice.
    await installation.start('worker');
    const end = await jobs.ended(job, NOTICED_WITHIN_MS);
    expect(end).toMatchObject({ status: 'error', errorKind: 'worker_lost', attempt: 1, snapshotId: null });
    expect(end.errorAction).toBeTruthy();
    expect(await jobs.tile(id(closed))).toMatchObject({ need: 'failed', apt: { updatesCount: null } });
    await eventually(
      () => tracesOn(closed),
      (traces) => traces.length === 0,
    );
  }, 240_000);
});
