import type { ApiClient } from '../support/api-client';
import { Installation } from '../support/installation';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines } from '../support/real-machines';
import { inventoryOf, prepare, Upgrades, versionOf, type UpgradeRequest } from '../support/upgrades';

/** What an upgrade is about: everything, security alone, or chosen packages; and that it stays within its mode. */
describe('the scope of an upgrade', () => {
  let database: TestDatabase;
  let installation: Installation;
  let api: ApiClient;
  let upgrades: Upgrades;
  const machines = realMachines().slice(0, 2);
  const ids: string[] = [];

  beforeAll(async () => {
    expect(machines.map(({ suite }) => suite)).toEqual(['bookworm', 'trixie']);
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
    for (const { name } of machines) fleet('reset', name);
    await installation.stop();
    await database.drop();
  }, 120_000);

  const effects = ({ plan }: UpgradeRequest): string[] =>
    plan.details.document.packages.map(
      ({ operation, name, to_version }) => `${operation} ${name} ${to_version ?? '-'}`,
    );

  describe.each([
    ['bookworm', 'deb12u1'],
    ['trixie', 'deb13u1'],
  ])('on %s', (suite, fix) => {
    const index = machines.findIndex((one) => one.suite === suite);
    const [machine] = machines.slice(index);
    if (machine === undefined) throw new Error(`no machine of ${suite}`);
    const id = (): string => ids[index] ?? '';

    beforeEach(() => {
      fleet('reset', machine.name);
    });

    it('security takes the version of the security archive, though others have higher ones', async () => {
      prepare(machine, 'plain', 'security', 'pair-security', 'overtaking');
      const request = await upgrades.plan(id(), { mode: 'upgrade', scope: 'security' });
      expect(effects(request)).toEqual([
        `upgrade fleet-guard 1.0-1+${fix}`,
        'upgrade fleet-pair 1.0+fix1',
        'upgrade fleet-pair-data 1.0+fix1',
      ]);
      for (const planned of request.plan.details.document.packages)
        expect(planned).toMatchObject({
          security: true,
          download_bytes: expect.any(Number) as number,
          disk_bytes: expect.any(Number) as number,
        });
      expect(await upgrades.run(request)).toMatchObject({ status: 'ok', errorKind: null });
      expect(
        ['fleet-guard', 'fleet-pair', 'fleet-pair-data', 'fleet-plain'].map((name) => versionOf(machine, name)),
      ).toEqual([`1.0-1+${fix}`, '1.0+fix1', '1.0+fix1', '1.0']);
    });

    it('security does not lift what the administrator pinned', async () => {
      prepare(machine, 'security', 'pair-security');
      const pin = 'Package: fleet-guard\\nPin: version 1.0-1\\nPin-Priority: 990\\n';
      fleet('exec', machine.name, 'sh', '-c', `printf '${pin}' >/etc/apt/preferences.d/fleet-guard.pref`);
      const request = await upgrades.plan(id(), { mode: 'upgrade', scope: 'security' });
      expect(effects(request)).toEqual(['upgrade fleet-pair 1.0+fix1', 'upgrade fleet-pair-data 1.0+fix1']);
    });

    it.each([
      [
        'files one after the other, as apt reads them',
        { 'a-hold': ['release *', '-1'], 'b-mozilla': ['release o=Mozilla', '1000'] },
        ['fleet-pair 1.0+fix1', 'fleet-pair-data 1.0+fix1'],
      ],
      [
        'names that apt passes over are no pins',
        { 'old.pref.disabled': ['release *', '-1'], 'hold.save': ['release *', '-1'], 'a hold': ['release *', '-1'] },
        [`fleet-guard 1.0-1+${fix}`, 'fleet-pair 1.0+fix1', 'fleet-pair-data 1.0+fix1'],
      ],
    ])('security counts the pins that apt itself counts: %s', async (_case, files, upgraded) => {
      prepare(machine, 'security', 'pair-security');
      for (const [name, [pin = '', priority = '']] of Object.entries(files)) {
        const subject = pin.includes('Mozilla') ? '*' : 'fleet-guard';
        const text = `Package: ${subject}\nPin: ${pin}\nPin-Priority: ${priority}\n`;
        fleet('exec', machine.name, 'sh', '-c', 'printf %s "$1" >"/etc/apt/preferences.d/$2"', 'sh', text, name);
      }
      const byApt = fleet('exec', machine.name, 'sh', '-c', 'apt-get -s upgrade 2>/dev/null | sed -n "s/^Inst //p"');
      const names = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/ .*/, '')).sort();
      expect(names(byApt.trim().split('\n'))).toEqual(names(upgraded));
      const request = await upgrades.plan(id(), { mode: 'upgrade', scope: 'security' });
      expect(effects(request)).toEqual(upgraded.map((effect) => `upgrade ${effect}`));
    });

    it('chosen packages stay within their mode, and keep their marks', async () => {
      prepare(machine, 'plain', 'new-dependency', 'removal');
      fleet('exec', machine.name, 'apt-mark', 'auto', 'fleet-plain');
      const packages = ['fleet-plain', 'fleet-newdep', 'fleet-swap'];
      const inMode = (mode: string): Promise<UpgradeRequest> =>
        upgrades.plan(id(), { mode, scope: 'packages', packages });

      expect(effects(await inMode('upgrade_with_new'))).toEqual([
        'install fleet-lib2 2.0',
        'upgrade fleet-newdep 2.0',
        'upgrade fleet-plain 1.1',
      ]);
      expect(effects(await inMode('dist_upgrade'))).toContain('remove fleet-old -');

      // The newest plan is the one that can be confirmed.
      const narrow = await inMode('upgrade');
      expect(effects(narrow)).toEqual(['upgrade fleet-plain 1.1']);
      expect(narrow.plan.checks).toContainEqual(
        expect.objectContaining({
          code: 'chosen',
          verdict: 'warning',
          sentence: 'Chosen, but not changed in this mode: fleet-newdep, fleet-swap.',
        }),
      );
      expect(await upgrades.run(narrow)).toMatchObject({ status: 'ok', errorKind: null });
      expect(packages.map((name) => versionOf(machine, name))).toEqual(['1.1', '1.0', '1.0']);
      expect(fleet('exec', machine.name, 'apt-mark', 'showauto', 'fleet-plain').trim()).toBe('fleet-plain');
      expect(fleet('exec', machine.name, 'apt-mark', 'showmanual', 'fleet-newdep').trim()).toBe('fleet-newdep');
    });

    it.each(['fleet-plain-', 'fleet-plain+', 'fleet-pla.n', 'fleet-lib2', 'fleet-plain:nope'])(
      'refuses %s, which apt would read in its own way, and says so',
      async (name) => {
        prepare(machine, 'plain', 'new-dependency');
        const before = inventoryOf(machine);
        const job = await upgrades.planJob(id(), { mode: 'dist_upgrade', scope: 'packages', packages: [name] });
        expect(job).toMatchObject({ status: 'error', errorKind: 'package_not_installed', requestId: null });
        expect(job.errorMessage).toContain(name);
        expect(inventoryOf(machine)).toBe(before);
      },
    );
  });

  it.each([
    'fleet-*',
    '?installed',
    '~nfleet',
    'fleet-plain=1.1',
    'fleet-plain/stable',
    'standard^',
    '$(id)',
    '--purge',
    'a b',
  ])('takes no %s for a name', async (name) => {
    const answer = await api.send<{ code: string; detail: string }>(
      'POST',
      `/machines/${ids[0] ?? ''}/actions/apt_upgrade_plan`,
      { parameters: { scope: 'packages', packages: [name] } },
    );
    expect(answer).toMatchObject({ status: 400 });
    expect(JSON.stringify(answer.body)).toContain('packages');
  });
});
