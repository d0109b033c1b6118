import type { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import type { Changes } from '../support/changes';
import { EnrolledMachines } from '../support/enrolled-machines';
import type { MachineJobs } from '../support/machine-jobs';
import { fleetBeside, wrapCommand } from '../support/real-machines';

interface ErrorKind {
  readonly kind: string;
  readonly action: string | null;
  readonly verifiedBy: string;
}

interface Standing {
  readonly verdict: string;
  readonly lookedAt: string | null;
}

/** What the machines are in, the class of error, and the action that is named for it; null: the cause is taken away by hand. */
const FAULTS: readonly (readonly [string, string, 'apt_repair' | 'apt_update_analyze' | null])[] = [
  ['repo-index-hash', 'repo_hash_mismatch', 'apt_update_analyze'],
  ['repo-401', 'repo_401', null],
  ['repo-404', 'repo_404', null],
  ['repo-key-expired', 'repo_key_expired', null],
  ['half-configured', 'dpkg_interrupted', 'apt_repair'],
  ['unmet-dependency', 'unmet_dependencies', 'apt_repair'],
];

describe('remedies on machines of every kind', () => {
  let machines: EnrolledMachines;
  let api: ApiClient;
  let jobs: MachineJobs;
  let changes: Changes;
  let kinds: readonly ErrorKind[];

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
    ({ api, jobs, changes } = machines);
    kinds = await api.get<ErrorKind[]>('/error-kinds');
  }, 300_000);
  beforeEach(() => machines.renew(), 60_000);
  afterAll(() => machines.close(), 120_000);

  const analyse = async (id: string) => jobs.ended(await jobs.analyse(id));
  const upgrade = async (id: string) => changes.run(await changes.plan(id, 'apt_upgrade', { mode: 'upgrade' }));
  async function standing(id: string, kind: string, since: Date, by = 'apt_update_analyze'): Promise<Standing> {
    return at(
      await api.get<Standing[]>(
        `/machines/${id}/apt/error-standings?kinds=${kind}&by=${by}&since=${since.toISOString()}`,
      ),
      0,
    );
  }

  it.each(FAULTS)(
    'what "%s" breaks (%s) is told to be there, and gone after its remedy',
    async (state, kind, action) => {
      const known = kinds.find((one) => one.kind === kind);
      expect(known).toMatchObject({ action, verifiedBy: 'apt_update_analyze' });
      await machines.everywhere(async ({ machine: { name }, id }) => {
        const before = new Date();
        await fleetBeside('scenario', name, 'plain', state);
        await analyse(id);
        expect(await standing(id, kind, before)).toMatchObject({ verdict: 'there' });
        const since = new Date();
        expect(await standing(id, kind, since)).toEqual(
          expect.objectContaining({ verdict: 'not_looked', lookedAt: null }),
        );
        // Looked at again without the remedy, it is there again.
        await analyse(id);
        expect(await standing(id, kind, since)).toMatchObject({ verdict: 'there' });
        if (action === 'apt_repair') {
          expect(await changes.run(await changes.plan(id, action))).toMatchObject({ status: 'ok' });
        } else {
          await fleetBeside('scenario', name, 'plain');
        }
        await analyse(id);
        const after = await standing(id, kind, since);
        expect(after.verdict).toBe('gone');
        expect(new Date(after.lookedAt ?? 0) > since).toBe(true);
      });
    },
  );

  // Each look waits a minute for the lock, so there is one.
  it('a lock of the lists is told to be there, and gone once whoever held it let it go', async () => {
    await machines.everywhere(async ({ machine: { name }, id }) => {
      const before = new Date();
      await fleetBeside('scenario', name, 'plain', 'lock-lists');
      await analyse(id);
      expect(await standing(id, 'apt_lock_busy', before)).toMatchObject({ verdict: 'there' });
      const since = new Date();
      await fleetBeside('scenario', name, 'plain');
      await analyse(id);
      expect(await standing(id, 'apt_lock_busy', since)).toMatchObject({ verdict: 'gone' });
    });
  });

  const mendedByPublisher = (name: string) => fleetBeside('scenario', name, 'plain');
  const mendedOnMachine = (name: string) => fleetBeside('exec', name, 'touch', '/etc/fleet-failing.ok');
  it.each([
    ['file-conflict', 'file_conflict', mendedByPublisher],
    ['failing-preinst', 'maintainer_script_failed', mendedOnMachine],
    ['repo-deb-hash', 'repo_hash_mismatch', mendedByPublisher],
    ['repo-deb-missing', 'deb_404', mendedByPublisher],
    ['repo-deb-401', 'repo_401', mendedByPublisher],
  ])(
    'what an upgrade meets in "%s" (%s) is not called gone by the analysis that follows it, but by an upgrade that does not meet it',
    async (state, kind, mended) => {
      await machines.everywhere(async ({ machine, id }) => {
        await fleetBeside('scenario', machine.name, state);
        await analyse(id);
        const failed = await upgrade(id);
        expect(failed).toMatchObject({ status: 'error', errorKind: kind });
        const { finishedAt } = await api.get<{ finishedAt: string }>(`/jobs/${failed.id}`);
        const since = new Date(finishedAt);
        await analyse(id);
        expect(await standing(id, kind, since, 'apt_upgrade')).toEqual(
          expect.objectContaining({ verdict: 'not_looked', lookedAt: null }),
        );
        expect(await upgrade(id)).toMatchObject({ status: 'error', errorKind: kind });
        expect(await standing(id, kind, since, 'apt_upgrade')).toMatchObject({ verdict: 'there' });
        await mended(machine.name);
        await analyse(id);
        expect(await upgrade(id)).toMatchObject({ status: 'ok' });
        expect(await standing(id, kind, since, 'apt_upgrade')).toMatchObject({ verdict: 'gone' });
      });
    },
  );

  it.each([
    ['large', 'no-space', 'no_space'],
    ['plain', 'lock-frontend', 'apt_lock_busy'],
    ['plain', 'lock-dpkg', 'apt_lock_busy'],
  ])('of an upgrade in "%s", what "%s" breaks (%s) is told by the next one', async (state, fault, kind) => {
    await machines.everywhere(async ({ machine, id }) => {
      // Waiting two minutes for a lock proves no more than waiting a second.
      wrapCommand(machine, 'apt-get', 'set -- "$@" -o DPkg::Lock::Timeout=1');
      const upgradeIn = async (...meanwhile: string[]) => {
        await fleetBeside('scenario', machine.name, state);
        await analyse(id);
        const plan = await changes.plan(id, 'apt_upgrade', { mode: 'upgrade' });
        await fleetBeside('scenario', machine.name, state, ...meanwhile);
        return changes.run(plan);
      };
      const before = new Date();
      expect(await upgradeIn(fault)).toMatchObject({ status: 'error', errorKind: kind });
      expect(await standing(id, kind, before, 'apt_upgrade')).toMatchObject({ verdict: 'there' });
      const since = new Date();
      expect(await upgradeIn()).toMatchObject({ status: 'ok' });
      expect(await standing(id, kind, since, 'apt_upgrade')).toMatchObject({ verdict: 'gone' });
    });
  });

  it('a script that fails is told to be there as long as the repair meets it, and gone once it does not', async () => {
    const kind = 'maintainer_script_failed';
    expect(kinds.find((one) => one.kind === kind)).toMatchObject({ action: 'apt_repair' });
    await machines.everywhere(async ({ machine: { name }, id }) => {
      await fleetBeside('scenario', name, 'failing-script');
      await analyse(id);
      const since = new Date();
      expect(await upgrade(id)).toMatchObject({ status: 'error', errorKind: kind });
      const repair = async () => changes.run(await changes.plan(id, 'apt_repair'));
      expect(await repair()).toMatchObject({ status: 'error', errorKind: kind });
      await analyse(id);
      expect(await standing(id, kind, since, 'apt_upgrade')).toMatchObject({ verdict: 'there' });
      await fleetBeside('exec', name, 'touch', '/etc/fleet-failing.ok');
      expect(await repair()).toMatchObject({ status: 'ok' });
      await analyse(id);
      expect(await standing(id, kind, since, 'apt_upgrade')).toMatchObject({ verdict: 'gone' });
    });
  });

  it.each([
    ['no class', `by=apt_upgrade&since=${new Date(0).toISOString()}`],
    ['no action that met it', `kinds=repo_404&since=${new Date(0).toISOString()}`],
    ['a class that there is not', `kinds=no_such_thing&by=apt_upgrade&since=${new Date(0).toISOString()}`],
    ['no time', 'kinds=repo_404&by=apt_upgrade'],
    ['a time that is none', 'kinds=repo_404&by=apt_upgrade&since=yesterday'],
  ])('refuses %s', async (_what, query) => {
    await expect(api.get(`/machines/${at(machines.all, 0).id}/apt/error-standings?${query}`)).rejects.toThrow(
      'invalid',
    );
  });
});
