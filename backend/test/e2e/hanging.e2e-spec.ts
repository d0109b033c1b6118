import type { DataSource } from 'typeorm';
import { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { Installation } from '../support/installation';
import { cleared, limitJobs, MachineJobs, runsOn, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';

const HANGING = 5;
/** One place more than machines that hang: all healthy ones go through it, one after the other. */
const PLACES = HANGING + 1;
/** Each distribution of the hanging server costs the refresh another 20 s. */
const HANGING_SOURCES = ['plain', 'held', 'pinned', 'phased', 'removal'].map((name) => `hang/${name}`);

describe('five machines with a hanging repository', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let hanging: RealMachine[];
  let healthy: RealMachine[];
  const ids = new Map<string, string>();
  const started: Job[] = [];

  const id = ({ name }: RealMachine): string => ids.get(name) ?? '';
  const statuses = (of: readonly Job[]): Promise<string[]> =>
    Promise.all(of.map(async (job) => (await jobs.job(job.id)).status));

  beforeAll(async () => {
    const machines = realMachines();
    hanging = machines.slice(0, HANGING);
    healthy = machines.slice(HANGING);
    expect([hanging.length, healthy.length > 1]).toEqual([HANGING, true]);
    for (const { name } of healthy) fleet('scenario', name, 'plain');
    for (const { name } of hanging) fleet('sources', name, 'base', ...HANGING_SOURCES);
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    const server = await installation.start('api');
    api = await installation.administrator(server);
    jobs = new MachineJobs(api);
    for (const machine of machines) ids.set(machine.name, await api.enrol(machine));
    await installation.start('worker', { WORKER_CONCURRENCY: String(PLACES) });
  }, 300_000);
  afterAll(async () => {
    for (const { name } of hanging) fleet('scenario', name, 'clean');
    await installation.stop();
    await database.drop();
  }, 120_000);

  it('delay no healthy one: all of those end while the five still hang', async () => {
    for (const machine of hanging) started.push(await jobs.analyse(id(machine)));
    for (const machine of hanging)
      await eventually(
        () => runsOn(machine),
        (runs) => runs.length > 0,
      );
    const others = await Promise.all(healthy.map((machine) => jobs.analyse(id(machine))));
    for (const job of others) expect(await jobs.ended(job)).toMatchObject({ status: 'ok', errorKind: null });
    expect(await statuses(started)).toEqual(started.map(() => 'running'));
  }, 180_000);

  it('leave nothing alive when their runs are cancelled', async () => {
    for (const job of started) await api.post(`/jobs/${job.id}/cancel`);
    for (const job of started) expect(await jobs.ended(job)).toMatchObject({ status: 'cancelled', snapshotId: null });
    for (const machine of hanging) await cleared(machine);
  }, 180_000);

  it('leave nothing alive when their runs are out of time', async () => {
    await limitJobs(dataSource, 12);
    const late = await Promise.all(hanging.map((machine) => jobs.analyse(id(machine))));
    for (const job of late)
      expect(await jobs.ended(job)).toMatchObject({ status: 'error', errorKind: 'timeout_total', attempt: 1 });
    for (const machine of hanging) await cleared(machine);
  }, 180_000);
});
