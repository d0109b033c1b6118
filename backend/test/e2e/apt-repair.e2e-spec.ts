import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import type { Changes } from '../support/changes';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import type { Job, MachineJobs } from '../support/machine-jobs';
import { fleet, fleetBeside, wrapCommand, type RealMachine } from '../support/real-machines';
import { workerOf } from '../support/workers';

interface RepairResult {
  readonly whole: boolean | null;
  readonly errors: readonly { readonly kind: string }[];
}

/** States that dpkg and apt cannot leave by themselves, repaired as confirmed, on real machines of all kinds at once. */
describe('a repair', () => {
  let machines: EnrolledMachines;
  let dataSource: DataSource;
  let api: ApiClient;
  let jobs: MachineJobs;
  let changes: Changes;

  beforeAll(async () => {
    machines = await EnrolledMachines.open({ workers: 2 });
    ({ dataSource, api, jobs, changes } = machines);
  }, 300_000);
  afterAll(() => machines.close(), 120_000);

  const inState = async (state: string): Promise<void> => {
    await machines.renew();
    await machines.everywhere(({ machine }) => fleetBeside('scenario', machine.name, state));
  };
  /** What dpkg itself finds wrong on the machine. */
  const audit = ({ name }: RealMachine): string => fleet('exec', name, 'dpkg', '--audit').trim();
  const statusOf = ({ name }: RealMachine, pack: string): string =>
    fleet('exec', name, 'sh', '-c', `dpkg-query -W -f '\${db:Status-Abbrev}' ${pack} || true`).trim();
  const resultOf = async ({ id }: Job): Promise<RepairResult> => {
    const { result } = await api.get<{ result: { document: RepairResult } }>(`/executions/${id}`);
    return result.document;
  };
  const kindsOf = async (machineId: string): Promise<string[]> => {
    const { errors } = await api.get<{ errors: { kind: string }[] }>(`/machines/${machineId}/apt`);
    return errors.map(({ kind }) => kind);
  };

  it('is the declared remedy of what an analysis finds, and takes it away', async () => {
    await inState('half-configured');
    await machines.everywhere(async ({ machine, id }) => {
      expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'error' });
      const [found = ''] = await kindsOf(id);
      const actions = await api.get<{ name: string; remedies: string[] }[]>('/actions');
      expect(actions.find(({ name }) => name === 'apt_repair')?.remedies).toContain(found);

      const request = await changes.plan(id, 'apt_repair');
      expect(request).toMatchObject({ blocked: false, plan: { consequences: [], details: { unreadable: null } } });
      expect(request.plan.lines).toContain('configure fleet-plain 1.1');
      const job = await changes.run(request);
      expect(job).toMatchObject({ status: 'ok', errorKind: null });
      expect(await resultOf(job)).toMatchObject({ whole: true, errors: [] });
      expect(audit(machine)).toBe('');
      expect(statusOf(machine, 'fleet-plain')).toBe('ii');
      await eventually(
        () => kindsOf(id),
        (kinds) => !kinds.includes(found),
        60_000,
      );
    });
  });

  it('of unmet dependencies removes only what was accepted', async () => {
    await inState('unmet-dependency');
    await machines.everywhere(async ({ machine, id }) => {
      const request = await changes.plan(id, 'apt_repair');
      expect(request.plan.consequences.map(({ code }) => code)).toEqual(['removals']);
      const { id: requestId, planDigest } = request;
      await expect(api.post(`/requests/${requestId}/confirm`, { digest: planDigest, accepted: [] })).rejects.toThrow(
        'consequences_not_accepted',
      );
      expect(statusOf(machine, 'fleet-broken')).toBe('ii');
      const job = await changes.run(request);
      expect(job).toMatchObject({ status: 'ok' });
      expect(await resultOf(job)).toMatchObject({ whole: true });
      expect(statusOf(machine, 'fleet-broken')).not.toBe('ii');
    });
  });

  it('that does not work is no success: the look afterwards says so', async () => {
    await inState('failing-script');
    await machines.everywhere(async ({ machine, id }) => {
      fleet('exec', machine.name, 'sh', '-c', 'apt-get -qq update; apt-get -y -qq upgrade >/dev/null 2>&1 || true');
      expect(audit(machine)).toContain('fleet-failing');
      const job = await changes.run(await changes.plan(id, 'apt_repair'));
      expect(job).toMatchObject({ status: 'error', errorKind: 'maintainer_script_failed' });
      expect(await resultOf(job)).toMatchObject({ whole: false });
      const stored = await queryRows<{ kind: string }>(
        dataSource,
        'SELECT kind FROM apt_errors WHERE execution_id = $1',
        [job.id],
      );
      expect(stored.map(({ kind }) => kind)).toContain('maintainer_script_failed');
    });
  });

  it('ends where configuring has left more to do than was confirmed', async () => {
    await inState('half-configured');
    await machines.everywhere(async ({ machine, id }) => {
      const request = await changes.plan(id, 'apt_repair');
      const breaksMore =
        'case " $* " in *" --configure "*) /usr/bin/dpkg --remove --force-depends fleet-lib1 >/dev/null 2>&1 ;; esac';
      wrapCommand(machine, 'dpkg', breaksMore);
      const job = await changes.run(request);
      expect(job).toMatchObject({ status: 'error', errorKind: 'repair_differs' });
      expect(await resultOf(job)).toMatchObject({ whole: false });
      // What was confirmed is done; what was not is left to another plan.
      expect(statusOf(machine, 'fleet-plain')).toBe('ii');
      expect(statusOf(machine, 'fleet-lib1')).not.toBe('ii');
      const again = await changes.plan(id, 'apt_repair');
      expect(await changes.run(again)).toMatchObject({ status: 'ok' });
    });
  });

  it('removes and installs nothing where apt itself, once it has its locks, would do more than was confirmed', async () => {
    await inState('unmet-dependency');
    await machines.everywhere(async ({ machine, id }) => {
      const request = await changes.plan(id, 'apt_repair');
      const betweenLookAndDeed =
        'case " $* " in *" -s "*) ;; *" --fix-broken "*) dpkg --remove --force-depends fleet-lib1 >/dev/null 2>&1 ;; esac';
      wrapCommand(machine, 'apt-get', betweenLookAndDeed);
      expect(await changes.run(request)).toMatchObject({ status: 'error', errorKind: 'repair_differs' });
      expect(statusOf(machine, 'fleet-broken')).toBe('ii');
      expect(statusOf(machine, 'fleet-lib1')).not.toBe('ii');
    });
  });

  it('changes nothing when somebody else has repaired it', async () => {
    await inState('half-configured');
    await machines.everywhere(async ({ machine, id }) => {
      const request = await changes.plan(id, 'apt_repair');
      fleet('exec', machine.name, 'dpkg', '--configure', '-a');
      expect(await changes.run(request)).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(await changes.tried(id, 'apt_repair')).toMatchObject({ status: 'ok', requestId: null });
    });
  });

  it('of a dpkg run that was cut off goes on when its worker is killed: one effect, the right result', async () => {
    await inState('interrupted');
    const configured = ({ name }: RealMachine): number =>
      Number(fleet('exec', name, 'sh', '-c', "grep -c ' configure fleet-slow:' /var/log/dpkg.log || true"));
    const before = await machines.everywhere(({ machine }) => configured(machine));
    const repairs = await machines.everywhere(async ({ id }) => {
      const request = await changes.plan(id, 'apt_repair');
      expect(request.plan.lines).toEqual(expect.arrayContaining(['journal finish', 'configure fleet-slow 1.1']));
      return request;
    });
    const confirmed = await Promise.all(repairs.map((request) => changes.confirm(request)));
    await machines.everywhere(async (_one, index) => {
      const { id } = at(confirmed, index);
      await eventually(
        () => jobs.log(id),
        (lines) => lines.some(({ text }) => text.includes('Setting up fleet-slow')),
      );
      await eventually(
        () => api.get<{ steps: { name: string; percent: number | null; subject: string | null }[] }>(`/jobs/${id}`),
        ({ steps }) =>
          steps.some(({ name, percent, subject }) => name === 'configure' && percent === 0 && subject === 'fleet-slow'),
        5_000,
      );
    });
    const holders = await Promise.all(confirmed.map((job) => workerOf(dataSource, machines.workers, job)));
    await Promise.all([...new Set(holders)].map((worker) => worker.end('SIGKILL')));
    await machines.addWorker();
    await machines.everywhere(async ({ machine }, index) => {
      const job = at(confirmed, index);
      expect(await jobs.ended(job, 150_000)).toMatchObject({ status: 'ok', attempt: 1, errorKind: null });
      expect(await resultOf(job)).toMatchObject({ whole: true });
      expect(configured(machine)).toBe(at(before, index) + 1);
      expect(audit(machine)).toBe('');
    });
  }, 300_000);
});
