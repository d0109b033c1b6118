import type { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { Installation } from '../support/installation';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from '../support/real-machines';
import { prepare, Upgrades, versionOf } from '../support/upgrades';

/** From plan to proof, on real machines: with systemd and without, on both suites. */
describe('an upgrade', () => {
  let database: TestDatabase;
  let installation: Installation;
  let api: ApiClient;
  let upgrades: Upgrades;
  let machines: RealMachine[];
  const ids: string[] = [];

  beforeAll(async () => {
    machines = [...realMachines().slice(0, 2), ...systemdMachines().slice(0, 2)];
    expect(machines.map(({ suite, variant }) => `${suite} ${variant}`.trim())).toEqual([
      'bookworm',
      'trixie',
      'bookworm systemd',
      'trixie systemd',
    ]);
    database = await createTestDatabase();
    installation = new Installation(database.url);
    const server = await installation.start('all');
    api = await installation.administrator(server);
    upgrades = new Upgrades(api, await database.dataSource());
    for (const machine of machines) {
      fleet('reset', machine.name);
      ids.push(await api.enrol(machine));
    }
  }, 300_000);
  afterAll(async () => {
    // What was upgraded, or left half configured, must not be the beginning of another test.
    for (const { name } of machines) fleet('reset', name);
    await installation.stop();
    await database.drop();
  }, 120_000);

  /** The page as a browser gets it, once it is written: a moment after the end. */
  const reportOf = async (executionId: string): Promise<string> => {
    const { reportId } = await eventually(
      () => api.get<{ reportId: string | null }>(`/executions/${executionId}`),
      (execution) => execution.reportId !== null,
    );
    return api.text(`/reports/${reportId ?? ''}`);
  };

  describe.each([
    ['Debian 12', 0],
    ['Debian 13', 1],
    ['Debian 12 with systemd', 2],
    ['Debian 13 with systemd', 3],
  ])('on %s', (_name, index) => {
    const machine = (): RealMachine => {
      const found = machines[index];
      if (found === undefined) throw new Error('there is no such machine');
      return found;
    };
    const id = (): string => ids[index] ?? '';

    it('does what was confirmed, and proves it', async () => {
      prepare(machine(), 'plain', 'security', 'new-dependency', 'removal');
      const request = await upgrades.plan(id(), { mode: 'dist_upgrade' });
      expect(request).toMatchObject({ status: 'pending', blocked: false, plan: { details: { unreadable: null } } });
      expect(request.plan.consequences.map(({ code }) => code)).toContain('removals');
      const ended = await upgrades.run(request);
      expect(ended).toMatchObject({ status: 'ok', errorKind: null });
      const done = await upgrades.request(request.id);
      expect(done).toMatchObject({ status: 'executed', executionId: ended.id });
      const words = { upgrade: 'upgraded', install: 'installed', remove: 'removed', downgrade: 'downgraded' } as const;
      const planned = request.plan.details.document.packages
        .map(({ operation, name, to_version }) => ({
          operation: words[operation as keyof typeof words],
          name,
          to_version,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(planned.length).toBeGreaterThan(4);
      expect(await upgrades.applied(done.executionId)).toEqual(planned);
      expect(versionOf(machine(), 'fleet-plain')).toBe('1.1');
      const report = await reportOf(done.executionId ?? '');
      for (const words of [machine().name, request.planDigest, 'ada', ...planned.map(({ name }) => name)]) {
        expect(report).toContain(words);
      }
    });

    it('changes nothing when the machine differs from what was confirmed', async () => {
      fleet('reset', machine().name);
      prepare(machine(), 'plain', 'security');
      const request = await upgrades.plan(id(), { mode: 'upgrade' });
      fleet('exec', machine().name, 'apt-mark', 'hold', 'fleet-plain');
      expect(await upgrades.run(request)).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(versionOf(machine(), 'fleet-plain')).toBe('1.0');
      expect(versionOf(machine(), 'fleet-guard')).toBe('1.0-1');
    });

    it('whose script fails names its package', async () => {
      prepare(machine(), 'failing-script');
      const request = await upgrades.plan(id(), { mode: 'upgrade' });
      const ended = await upgrades.run(request);
      expect(ended).toMatchObject({ status: 'error', errorKind: 'maintainer_script_failed' });
      expect(ended.errorMessage).toContain('fleet-failing');
      const errors = await upgrades.errors(ended.id);
      expect(errors.map(({ kind }) => kind)).toContain('maintainer_script_failed');
    });
  });
});
