import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import type { Changes } from '../support/changes';
import { EnrolledPair, PAIR_AND_SYSTEMD } from '../support/enrolled-pair';
import { eventually } from '../support/eventually';
import type { Job, MachineJobs } from '../support/machine-jobs';
import { fleet, wrapCommand, type RealMachine } from '../support/real-machines';
import { workerOf } from '../support/workers';

interface RepairResult {
  readonly whole: boolean | null;
  readonly errors: readonly { readonly kind: string }[];
}

/** States that dpkg and apt cannot leave by themselves, repaired as confirmed, on real machines of both suites and one with systemd. */
describe('a repair', () => {
  let pair: EnrolledPair;
  let dataSource: DataSource;
  let api: ApiClient;
  let jobs: MachineJobs;
  let changes: Changes;

  beforeAll(async () => {
    // One for each that is killed, and one that is left.
    pair = await EnrolledPair.open({ systemd: true, workers: PAIR_AND_SYSTEMD.length + 1 });
    ({ dataSource, api, jobs, changes } = pair);
  }, 300_000);
  afterAll(() => pair.close(), 120_000);

  const prepare = (machine: RealMachine, state: string): void => {
    fleet('reset', machine.name);
    fleet('scenario', machine.name, state);
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

  describe.each(PAIR_AND_SYSTEMD)('on %s', (_name, index) => {
    const machine = (): RealMachine => pair.at(index).machine;
    const id = (): string => pair.at(index).id;

    it('is the declared remedy of what an analysis finds, and takes it away', async () => {
      prepare(machine(), 'half-configured');
      expect(await jobs.ended(await jobs.analyse(id()))).toMatchObject({ status: 'error' });
      const [found = ''] = await kindsOf(id());
      const actions = await api.get<{ name: string; remedies: string[] }[]>('/actions');
      expect(actions.find(({ name }) => name === 'apt_repair')?.remedies).toContain(found);

      const request = await changes.plan(id(), 'apt_repair');
      expect(request).toMatchObject({ blocked: false, plan: { consequences: [], details: { unreadable: null } } });
      expect(request.plan.lines).toContain('configure fleet-plain 1.1');
      const job = await changes.run(request);
      expect(job).toMatchObject({ status: 'ok', errorKind: null });
      expect(await resultOf(job)).toMatchObject({ whole: true, errors: [] });
      expect(audit(machine())).toBe('');
      expect(statusOf(machine(), 'fleet-plain')).toBe('ii');
      await eventually(
        () => kindsOf(id()),
        (kinds) => !kinds.includes(found),
        60_000,
      );
    });

    it('of unmet dependencies removes only what was accepted', async () => {
      prepare(machine(), 'unmet-dependency');
      const request = await changes.plan(id(), 'apt_repair');
      expect(request.plan.consequences.map(({ code }) => code)).toEqual(['removals']);
      const { id: requestId, planDigest } = request;
      await expect(api.post(`/requests/${requestId}/confirm`, { digest: planDigest, accepted: [] })).rejects.toThrow(
        'consequences_not_accepted',
      );
      expect(statusOf(machine(), 'fleet-broken')).toBe('ii');
      const job = await changes.run(request);
      expect(job).toMatchObject({ status: 'ok' });
      expect(await resultOf(job)).toMatchObject({ whole: true });
      expect(statusOf(machine(), 'fleet-broken')).not.toBe('ii');
    });

    it('that does not work is no success: the look afterwards says so', async () => {
      prepare(machine(), 'failing-script');
      fleet('exec', machine().name, 'sh', '-c', 'apt-get -qq update; apt-get -y -qq upgrade >/dev/null 2>&1 || true');
      expect(audit(machine())).toContain('fleet-failing');
      const job = await changes.run(await changes.plan(id(), 'apt_repair'));
      expect(job).toMatchObject({ status: 'error', errorKind: 'maintainer_script_failed' });
      expect(await resultOf(job)).toMatchObject({ whole: false });
      const stored = await queryRows<{ kind: string }>(
        dataSource,
        'SELECT kind FROM apt_errors WHERE execution_id = $1',
        [job.id],
      );
      expect(stored.map(({ kind }) => kind)).toContain('maintainer_script_failed');
    });

    it('ends where configuring has left more to do than was confirmed', async () => {
      prepare(machine(), 'half-configured');
      const request = await changes.plan(id(), 'apt_repair');
      const breaksMore =
        'case " $* " in *" --configure "*) /usr/bin/dpkg --remove --force-depends fleet-lib1 >/dev/null 2>&1 ;; esac';
      wrapCommand(machine(), 'dpkg', breaksMore);
      const job = await changes.run(request);
      expect(job).toMatchObject({ status: 'error', errorKind: 'repair_differs' });
      expect(await resultOf(job)).toMatchObject({ whole: false });
      // What was confirmed is done; what was not is left to another plan.
      expect(statusOf(machine(), 'fleet-plain')).toBe('ii');
      expect(statusOf(machine(), 'fleet-lib1')).not.toBe('ii');
      const again = await changes.plan(id(), 'apt_repair');
      expect(await changes.run(again)).toMatchObject({ status: 'ok' });
    });

    it('removes and installs nothing where apt itself, once it has its locks, would do more than was confirmed', async () => {
      prepare(machine(), 'unmet-dependency');
      const request = await changes.plan(id(), 'apt_repair');
      const betweenLookAndDeed =
        'case " $* " in *" -s "*) ;; *" --fix-broken "*) dpkg --remove --force-depends fleet-lib1 >/dev/null 2>&1 ;; esac';
      wrapCommand(machine(), 'apt-get', betweenLookAndDeed);
      expect(await changes.run(request)).toMatchObject({ status: 'error', errorKind: 'repair_differs' });
      expect(statusOf(machine(), 'fleet-broken')).toBe('ii');
      expect(statusOf(machine(), 'fleet-lib1')).not.toBe('ii');
    });

    it('changes nothing when somebody else has repaired it', async () => {
      prepare(machine(), 'half-configured');
      const request = await changes.plan(id(), 'apt_repair');
      fleet('exec', machine().name, 'dpkg', '--configure', '-a');
      expect(await changes.run(request)).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(await changes.tried(id(), 'apt_repair')).toMatchObject({ status: 'ok', requestId: null });
    });

    it('of a dpkg run that was cut off goes on when its worker is killed: one effect, the right result', async () => {
      prepare(machine(), 'interrupted');
      const configured = (): number =>
        Number(fleet('exec', machine().name, 'sh', '-c', "grep -c ' configure fleet-slow:' /var/log/dpkg.log || true"));
      const before = configured();
      const request = await changes.plan(id(), 'apt_repair');
      expect(request.plan.lines).toEqual(expect.arrayContaining(['journal finish', 'configure fleet-slow 1.1']));
      const job = await changes.confirm(request);
      await eventually(
        () => jobs.log(job.id),
        (lines) => lines.some(({ text }) => text.includes('Setting up fleet-slow')),
      );
      await eventually(
        () => api.get<{ steps: { name: string; percent: number | null; subject: string | null }[] }>(`/jobs/${job.id}`),
        ({ steps }) =>
          steps.some(({ name, percent, subject }) => name === 'configure' && percent === 0 && subject === 'fleet-slow'),
        5_000,
      );
      await (await workerOf(dataSource, pair.workers, job)).end('SIGKILL');
      expect(await jobs.ended(job, 150_000)).toMatchObject({ status: 'ok', attempt: 1, errorKind: null });
      expect(await resultOf(job)).toMatchObject({ whole: true });
      expect(configured()).toBe(before + 1);
      expect(audit(machine())).toBe('');
    }, 300_000);
  });
});
