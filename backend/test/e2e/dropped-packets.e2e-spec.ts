import type { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { Installation } from '../support/installation';
import type { LiveLine } from '../support/live-watcher';
import { MachineNetwork } from '../support/machine-network';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from '../support/real-machines';
import { Upgrades } from '../support/upgrades';

type NotedLine = LiveLine & { readonly stream: string };
type PhasedJob = Job & { readonly phase: string | null };

const PACKAGE = 'fleet-slow';
/** How long its script takes: long enough to be at work when the silence begins. */
const SECONDS = 20;
const machines = [...realMachines().slice(0, 1), ...systemdMachines().slice(1, 2)];

/** Packets that vanish in a network namespace, both ways, while a maintainer script works on the machine. */
describe.each(machines)('an upgrade of $name whose packets vanish', (machine: RealMachine) => {
  let network: MachineNetwork;
  let database: TestDatabase;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let upgrades: Upgrades;
  let id: string;

  const shell = (command: string): string => fleet('exec', machine.name, 'sh', '-c', command).trim();
  const scriptLog = (): string[] => shell('cat /var/log/fleet-slow.log').split('\n');
  const log = (job: Job): Promise<NotedLine[]> => jobs.log(job.id) as Promise<NotedLine[]>;
  const noted = (job: Job, words: string): Promise<NotedLine[]> =>
    eventually(
      () => log(job),
      (lines) => lines.some(({ text }) => text.includes(words)),
      120_000,
    );

  beforeAll(async () => {
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'slow-script');
    // The namespace reaches no package repository: what will be installed is there already.
    shell(
      `echo ${String(SECONDS)} >/etc/fleet-slow.seconds; apt-get -q update && apt-get -q -y --download-only upgrade`,
    );
    network = MachineNetwork.open(machine);
    database = await createTestDatabase();
    installation = new Installation(database.url);
    api = await installation.administrator(await installation.start('api'));
    for (let count = 0; count < 2; count++) await installation.start('worker');
    jobs = new MachineJobs(api);
    upgrades = new Upgrades(api, await database.dataSource());
    id = await api.enrol(network.reached);
  }, 300_000);
  afterAll(async () => {
    await installation.stop();
    network.close();
    fleet('reset', machine.name);
    await database.drop();
  }, 120_000);

  it('goes on on the machine, is told as unknown, and is adopted once packets arrive again', async () => {
    const request = await upgrades.plan(id, { mode: 'upgrade' });
    const job = await api.post<Job>(`/requests/${request.id}/confirm`, { digest: request.planDigest, accepted: [] });
    await noted(job, 'step 3 of');
    network.dropPackets();
    const since = Date.now();
    const unknown = await eventually(
      () => api.get<PhasedJob>(`/jobs/${job.id}`),
      ({ phase }) => phase === 'reconciling',
      60_000,
    );
    expect(Date.now() - since).toBeLessThan(60_000);
    expect(unknown).toMatchObject({ status: 'running', errorKind: null });
    await eventually(scriptLog, (steps) => steps.at(-1) === 'finished', 60_000);
    await noted(job, 'What became of the run is not known.');
    // Nobody decides what nobody saw, and nobody else gets the machine.
    expect(await api.get<PhasedJob>(`/jobs/${job.id}`)).toMatchObject({ status: 'running', phase: 'reconciling' });
    const other = await api.post<Job>(`/machines/${id}/actions/apt_update_analyze`, { parameters: { refresh: false } });
    expect(await api.get<PhasedJob>(`/jobs/${other.id}`)).toMatchObject({ status: 'queued' });
    const { here, there } = network.vanished();
    expect([here > 0, there > 0]).toEqual([true, true]);

    network.passPackets();
    expect(await jobs.ended(job, 170_000)).toMatchObject({ status: 'ok', attempt: 1, errorKind: null });
    // It has no lists of its own time there, and says so.
    expect(await jobs.ended(other)).toMatchObject({ status: 'warning', errorKind: null });
    expect(await upgrades.applied(job.id)).toEqual([{ operation: 'upgraded', name: PACKAGE, to_version: '1.1' }]);
    expect(scriptLog()).toHaveLength(SECONDS + 1);
    const printed = (await log(job)).filter(({ stream }) => stream === 'out').map(({ text }) => text);
    const steps = printed.filter((line) => line.includes(' step ')).map((line) => Number(/step (\d+)/.exec(line)?.[1]));
    expect(steps).toEqual(Array.from({ length: SECONDS }, (_step, index) => index + 1));
    expect(await noted(job, 'The run was found on the machine.')).not.toHaveLength(0);
  }, 400_000);
});
