import { at } from '../support/at';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import type { Job } from '../support/machine-jobs';
import { MachineNetwork } from '../support/machine-network';
import { fleet, fleetBeside, type RealMachine } from '../support/real-machines';
import { SLOW_PACKAGE, SlowUpgrades, type NotedLine } from '../support/slow-upgrades';

type PhasedJob = Job & { readonly phase: string | null };

/** How long its script takes: long enough to be at work when the silence begins. */
const SECONDS = 20;

/** Packets that vanish in network namespaces, both ways, while maintainer scripts work on machines of every kind. */
describe('an upgrade whose packets vanish', () => {
  const networks = new Map<string, MachineNetwork>();
  let machines: EnrolledMachines;
  let upgrades: SlowUpgrades;

  const networkOf = ({ name }: RealMachine): MachineNetwork => {
    const network = networks.get(name);
    if (network === undefined) throw new Error(`${name} has no network of its own`);
    return network;
  };
  const scriptLog = ({ name }: RealMachine): string[] =>
    fleet('exec', name, 'cat', '/var/log/fleet-slow.log').trim().split('\n');
  const phaseOf = ({ id }: Job): Promise<PhasedJob> => machines.api.get<PhasedJob>(`/jobs/${id}`);

  beforeAll(async () => {
    machines = await EnrolledMachines.open({
      workers: 2,
      // The machine is fresh when it gets its network, and stays as it is.
      reach: (machine) => {
        networks.set(machine.name, MachineNetwork.open(machine));
        return networkOf(machine).reached;
      },
    });
    upgrades = new SlowUpgrades(machines);
    // The namespaces reach no package repository: what will be installed is there already.
    await machines.everywhere(async ({ machine: { name } }) => {
      await fleetBeside('scenario', name, 'slow-script');
      await fleetBeside(
        'exec',
        name,
        'sh',
        '-c',
        `echo ${String(SECONDS)} >/etc/fleet-slow.seconds; apt-get -q update && apt-get -q -y --download-only upgrade`,
      );
    });
  }, 300_000);
  afterAll(async () => {
    for (const network of networks.values()) network.close();
    await machines.close();
  }, 120_000);

  it('goes on on the machine, is told as unknown within a minute, and is adopted once packets arrive again', async () => {
    const changes = await upgrades.confirmed();
    await upgrades.noted(changes, 'step 3 of');
    for (const { machine } of machines.all) networkOf(machine).dropPackets();
    const since = Date.now();
    await machines.everywhere(async (_one, index) => {
      const unknown = await eventually(
        () => phaseOf(at(changes, index)),
        ({ phase }) => phase === 'reconciling',
        60_000,
      );
      expect(Date.now() - since).toBeLessThan(60_000);
      expect(unknown).toMatchObject({ status: 'running', errorKind: null });
    });
    const others = await machines.everywhere(async ({ machine, id }, index) => {
      await eventually(
        () => scriptLog(machine),
        (steps) => steps.at(-1) === 'finished',
        60_000,
        500,
      );
      // Nobody decides what nobody saw, and nobody else gets the machine.
      expect(await phaseOf(at(changes, index))).toMatchObject({ status: 'running', phase: 'reconciling' });
      const parameters = { refresh: false };
      const other = await machines.api.post<Job>(`/machines/${id}/actions/apt_update_analyze`, { parameters });
      expect(await phaseOf(other)).toMatchObject({ status: 'queued' });
      const { here, there } = networkOf(machine).vanished();
      expect([here > 0, there > 0]).toEqual([true, true]);
      return other;
    });
    await upgrades.noted(changes, 'What became of the run is not known.');

    for (const { machine } of machines.all) networkOf(machine).passPackets();
    await upgrades.judge(changes);
    await upgrades.noted(changes, 'The run was found on the machine.');
    await machines.everywhere(async ({ machine }, index) => {
      // It has no lists of its own time there, and says so.
      expect(await machines.jobs.ended(at(others, index))).toMatchObject({ status: 'warning', errorKind: null });
      expect(scriptLog(machine)).toHaveLength(SECONDS + 1);
      const log = (await machines.jobs.log(at(changes, index).id)) as NotedLine[];
      const steps = log.filter(({ stream, text }) => stream === 'out' && text.startsWith(`${SLOW_PACKAGE}: step `));
      expect(steps.map(({ text }) => Number(/step (\d+)/.exec(text)?.[1]))).toEqual(
        Array.from({ length: SECONDS }, (_step, index) => index + 1),
      );
    });
  }, 400_000);
});
