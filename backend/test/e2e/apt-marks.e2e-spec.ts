import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import type { Changes } from '../support/changes';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import { KINDS } from '../support/kinds';
import type { MachineJobs } from '../support/machine-jobs';
import { fleet, type RealMachine } from '../support/real-machines';

interface MarksPlan {
  readonly packages: readonly { readonly name: string; readonly version: string | null; readonly held: boolean }[];
  readonly marks: readonly string[];
}

interface Hold {
  readonly name: string;
  readonly ours: boolean;
  readonly setBy: string | null;
  readonly note: string | null;
  readonly expiresAt: string | null;
  readonly expired: boolean;
}

/** Marks of packages from plan to proof, on real machines of all kinds. */
describe('a hold', () => {
  let machines: EnrolledMachines;
  let dataSource: DataSource;
  let api: ApiClient;
  let jobs: MachineJobs;
  let changes: Changes;

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
    ({ dataSource, api, jobs, changes } = machines);
    for (const { machine, id } of machines.all) {
      fleet('scenario', machine.name, 'plain');
      fleet('exec', machine.name, 'apt-get', '-q', 'update');
      expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
    }
  }, 300_000);
  afterAll(() => machines.close(), 120_000);

  const held = ({ name }: RealMachine): string[] =>
    fleet('exec', name, 'apt-mark', 'showhold')
      .split('\n')
      .filter((line) => line !== '');
  /** What the product tells of the machine's holds, once the analysis that follows a run has ended. */
  const holds = async (id: string, names: readonly string[]): Promise<Hold[]> => {
    const { holds: known } = await eventually(
      () => api.get<{ holds: Hold[] }>(`/machines/${id}/apt`),
      (state) => state.holds.map(({ name }) => name).join() === names.join(),
      60_000,
    );
    return known;
  };

  describe.each(KINDS)('on %s', (kind) => {
    const machine = (): RealMachine => machines.of(kind).machine;
    const id = (): string => machines.of(kind).id;

    it('is set as confirmed, remembered with its note and day, and read back from the machine', async () => {
      fleet('exec', machine().name, 'apt-mark', 'hold', 'fleet-held');
      const request = await changes.plan<MarksPlan>(id(), 'apt_hold', {
        packages: ['fleet-plain'],
        note: 'Waits for 1.2',
        expires_at: '2099-01-01T00:00:00Z',
      });
      expect(request).toMatchObject({ status: 'pending', blocked: false, plan: { details: { unreadable: null } } });
      expect(request.plan.lines).toEqual(
        ['action apt_hold', 'hold fleet-plain 1.0', `machine ${id()}`, 'marked fleet-held'].sort(),
      );
      expect(request.plan.details.document).toMatchObject({
        packages: [{ name: 'fleet-plain', version: '1.0', held: false }],
        marks: ['fleet-held'],
      });
      const ended = await changes.run(request);
      expect(ended).toMatchObject({ status: 'ok', errorKind: null });
      expect(held(machine())).toEqual(['fleet-held', 'fleet-plain']);
      expect(await changes.request(request.id)).toMatchObject({ status: 'executed', executionId: ended.id });
      const [found, ours] = await holds(id(), ['fleet-held', 'fleet-plain']);
      expect(found).toMatchObject({ ours: false, note: null, setBy: null });
      expect(ours).toMatchObject({
        ours: true,
        note: 'Waits for 1.2',
        expiresAt: '2099-01-01T00:00:00.000Z',
        expired: false,
        setBy: expect.any(String) as string,
      });
    });

    it('whose day has passed stays, and is told as such', async () => {
      await queryRows(dataSource, `UPDATE apt_holds SET expires_at = '2026-01-01T00:00:00Z' WHERE machine_id = $1`, [
        id(),
      ]);
      expect(await jobs.ended(await jobs.analyse(id()))).toMatchObject({ status: 'ok' });
      expect((await holds(id(), ['fleet-held', 'fleet-plain']))[1]).toMatchObject({ ours: true, expired: true });
      expect(held(machine())).toContain('fleet-plain');
    });

    it('changes nothing when somebody else changed a mark after it was confirmed', async () => {
      const request = await changes.plan(id(), 'apt_unhold', { packages: ['fleet-plain'] });
      fleet('exec', machine().name, 'apt-mark', 'unhold', 'fleet-held');
      expect(await changes.run(request)).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(held(machine())).toEqual(['fleet-plain']);
      expect((await holds(id(), ['fleet-plain']))[0]).toMatchObject({ ours: true });
    });

    it('waits for the lock of dpkg, and is lifted with all that was remembered of it', async () => {
      fleet('scenario', machine().name, 'lock-frontend');
      const request = await changes.plan(id(), 'apt_hold', { packages: ['fleet-guard'] });
      expect(request.plan.checks).toContainEqual(expect.objectContaining({ code: 'locks', verdict: 'warning' }));
      const job = await changes.confirm(request);
      await eventually(
        () => api.get<{ step: string | null }>(`/jobs/${job.id}`),
        ({ step }) => step === 'mark',
      );
      expect(held(machine())).toEqual(['fleet-plain']);
      fleet('scenario', machine().name, 'clean');
      expect(await jobs.ended(job)).toMatchObject({ status: 'ok' });
      expect(held(machine())).toEqual(['fleet-guard', 'fleet-plain']);
      const lifted = await changes.plan(id(), 'apt_unhold', { packages: ['fleet-guard', 'fleet-plain'] });
      expect(await changes.run(lifted)).toMatchObject({ status: 'ok' });
      expect(held(machine())).toEqual([]);
      await holds(id(), []);
      expect(await queryRows(dataSource, 'SELECT name FROM apt_holds WHERE machine_id = $1', [id()])).toEqual([]);
    });

    it.each([
      [['fleet-nothere'], 'package_not_installed'],
      [['fleet-plain', 'fleet-lib2'], 'package_not_installed'],
    ])('of %j is no plan: %s', async (packages, errorKind) => {
      expect(await changes.tried(id(), 'apt_hold', { packages })).toMatchObject({ status: 'error', errorKind });
    });

    it.each(['a b', '-o', 'x;reboot', '$(id)', 'Fleet', 'fleet-plain\n'])('of the name %j is refused', async (name) => {
      const parameters = { packages: [name] };
      await expect(api.post(`/machines/${id()}/actions/apt_hold_plan`, { parameters })).rejects.toThrow('400');
    });
  });

  it.each([
    ['a day that has passed', { packages: ['fleet-plain'], expires_at: '2020-01-01' }, 'parameters.expires_at'],
    ['a day that there is not', { packages: ['fleet-plain'], expires_at: '2099-02-30' }, 'parameters.expires_at'],
    ['a name twice', { packages: ['fleet-plain', 'fleet-plain'] }, 'parameters.packages'],
  ])('is refused at once with %s, however it is asked for', async (_name, parameters, field) => {
    const { id } = at(machines.all, 0);
    const named = new RegExp(`400 [^]*"${field.replace('.', '\\.')}"`);
    await expect(api.post(`/machines/${id}/actions/apt_hold_plan`, { parameters })).rejects.toThrow(named);
    await expect(api.post('/actions/apt_hold/plan', { machineIds: [id], parameters })).rejects.toThrow(named);
  });
});
