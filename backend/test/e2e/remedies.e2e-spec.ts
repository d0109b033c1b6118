import { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { Changes } from '../support/changes';
import { MachineJobs } from '../support/machine-jobs';
import { startProduct, type Product } from '../support/product';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';

interface ErrorKind {
  readonly kind: string;
  readonly action: string | null;
  readonly verifiedBy: string;
}

interface Standing {
  readonly verdict: string;
  readonly lookedAt: string | null;
}

/** What the machine is in, the class of error, and the action that is named for it; null: the cause is taken away by hand. */
const FAULTS: readonly (readonly [string, string, 'apt_repair' | 'apt_update_analyze' | null])[] = [
  ['repo-index-hash', 'repo_hash_mismatch', 'apt_update_analyze'],
  ['repo-401', 'repo_401', null],
  ['repo-404', 'repo_404', null],
  ['repo-key-expired', 'repo_key_expired', null],
  ['half-configured', 'dpkg_interrupted', 'apt_repair'],
  ['unmet-dependency', 'unmet_dependencies', 'apt_repair'],
];

describe('remedies', () => {
  let product: Product;
  let api: ApiClient;
  let jobs: MachineJobs;
  let changes: Changes;
  let kinds: readonly ErrorKind[];
  let machines: RealMachine[];
  const ids: string[] = [];

  beforeAll(async () => {
    machines = realMachines().slice(0, 2);
    product = await startProduct();
    api = await ApiClient.administrator(product);
    jobs = new MachineJobs(api);
    changes = new Changes(api, jobs);
    for (const machine of machines) {
      fleet('reset', machine.name);
      fleet('scenario', machine.name, 'plain');
      ids.push(await api.enrol(machine));
    }
    kinds = await api.get<ErrorKind[]>('/error-kinds');
  }, 300_000);
  afterAll(async () => {
    for (const { name } of machines) fleet('reset', name);
    await product.stop();
  }, 120_000);

  const analyse = async (id: string) => jobs.ended(await jobs.analyse(id));
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
      // What changes packages is shown on the second machine, which nothing else needs afterwards.
      const index = action === 'apt_repair' ? 1 : 0;
      const [machine, id] = [at(machines, index), at(ids, index)];
      const before = new Date();
      fleet('scenario', machine.name, 'plain', state);
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
        fleet('scenario', machine.name, 'plain');
      }
      await analyse(id);
      const after = await standing(id, kind, since);
      expect(after.verdict).toBe('gone');
      expect(new Date(after.lookedAt ?? 0) > since).toBe(true);
    },
  );

  // Each look waits a minute for the lock, so there is one.
  it('a lock of the lists is told to be there, and gone once whoever held it let it go', async () => {
    const [machine, id] = [at(machines, 0), at(ids, 0)];
    const before = new Date();
    fleet('scenario', machine.name, 'plain', 'lock-lists');
    await analyse(id);
    expect(await standing(id, 'apt_lock_busy', before)).toMatchObject({ verdict: 'there' });
    const since = new Date();
    fleet('scenario', machine.name, 'plain');
    await analyse(id);
    expect(await standing(id, 'apt_lock_busy', since)).toMatchObject({ verdict: 'gone' });
  });

  it.each([
    ['file-conflict', 'file_conflict'],
    ['failing-preinst', 'maintainer_script_failed'],
    ['repo-deb-hash', 'repo_hash_mismatch'],
    ['repo-deb-missing', 'deb_404'],
    ['repo-deb-401', 'repo_401'],
  ])('what an upgrade meets in "%s" (%s) is not called gone by the analysis that follows it', async (state, kind) => {
    const [machine, id] = [at(machines, 0), at(ids, 0)];
    fleet('reset', machine.name);
    fleet('scenario', machine.name, state);
    await analyse(id);
    const upgrade = async () => changes.run(await changes.plan(id, 'apt_upgrade', { mode: 'upgrade' }));
    const failed = await upgrade();
    expect(failed).toMatchObject({ status: 'error', errorKind: kind });
    const { finishedAt } = await api.get<{ finishedAt: string }>(`/jobs/${failed.id}`);
    const since = new Date(finishedAt);
    await analyse(id);
    expect(await standing(id, kind, since, 'apt_upgrade')).toEqual(
      expect.objectContaining({ verdict: 'not_looked', lookedAt: null }),
    );
    expect(await upgrade()).toMatchObject({ status: 'error', errorKind: kind });
    expect(await standing(id, kind, since, 'apt_upgrade')).toMatchObject({ verdict: 'there' });
  });

  it('room is told by the next upgrade, and by nothing that measures less', async () => {
    const [machine, id] = [at(machines, 0), at(ids, 0)];
    const upgrade = async (...meanwhile: string[]) => {
      fleet('scenario', machine.name, 'large');
      await analyse(id);
      const plan = await changes.plan(id, 'apt_upgrade', { mode: 'upgrade' });
      fleet('scenario', machine.name, 'large', ...meanwhile);
      return changes.run(plan);
    };
    const before = new Date();
    expect(await upgrade('no-space')).toMatchObject({ status: 'error', errorKind: 'no_space' });
    expect(await standing(id, 'no_space', before, 'apt_upgrade')).toMatchObject({ verdict: 'there' });
    const since = new Date();
    expect(await upgrade()).toMatchObject({ status: 'ok' });
    expect(await standing(id, 'no_space', since, 'apt_upgrade')).toMatchObject({ verdict: 'gone' });
  });

  it.each([
    ['no class', `by=apt_upgrade&since=${new Date(0).toISOString()}`],
    ['no action that met it', `kinds=repo_404&since=${new Date(0).toISOString()}`],
    ['a class that there is not', `kinds=no_such_thing&by=apt_upgrade&since=${new Date(0).toISOString()}`],
    ['no time', 'kinds=repo_404&by=apt_upgrade'],
    ['a time that is none', 'kinds=repo_404&by=apt_upgrade&since=yesterday'],
  ])('refuses %s', async (_what, query) => {
    await expect(api.get(`/machines/${at(ids, 0)}/apt/error-standings?${query}`)).rejects.toThrow('invalid');
  });
});
