import { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import { SUITES } from '../support/kinds';
import type { Job } from '../support/machine-jobs';
import { fleet, type RealMachine } from '../support/real-machines';
import { prepare, versionOf } from '../support/upgrades';

interface Target {
  readonly machineId: string;
  readonly machineName: string;
  readonly status: string;
  readonly jobId: string | null;
  readonly executionId: string | null;
  readonly runStatus: string | null;
  readonly errorKind: string | null;
}

/** What is read of a request for several machines. */
interface Several {
  readonly id: string;
  readonly status: string;
  readonly planning: number;
  readonly machines: number;
  readonly leftOut: number;
  readonly planDigest: string | null;
  readonly approval: { readonly fourEyes: boolean; readonly why: string | null };
  readonly several: {
    readonly targets: readonly Target[];
    readonly effects: readonly { readonly line: string; readonly machineIds: readonly string[] }[];
  };
}

const SECURITY = { mode: 'upgrade', scope: 'security' };
const ALL = { mode: 'upgrade', scope: 'all' };
const ANY = {
  actions: [],
  risks: [],
  requesters: [],
  tagIds: [],
  minMachines: null,
  removals: false,
  newPackages: false,
  origin: null,
};

/** One change asked for on two machines: planned, decided by whom the rules say, carried out on each for itself. */
describe('a request for several machines', () => {
  let pair: EnrolledMachines;
  let ada: ApiClient;
  let bea: ApiClient;
  let ids: string[];
  let machines: RealMachine[];

  beforeAll(async () => {
    pair = await EnrolledMachines.open({ kinds: SUITES });
    ada = pair.api;
    bea = await colleague();
    ids = pair.all.map(({ id }) => id);
    machines = pair.all.map(({ machine }) => machine);
  }, 300_000);
  afterAll(() => pair.close(), 120_000);

  /** Another administrator, in a session of her own. */
  async function colleague(): Promise<ApiClient> {
    const user = { username: 'bea', displayName: 'Bea', role: 'administrator' };
    const { link } = await ada.post<{ link: { url: string } }>('/users', user);
    const api = new ApiClient(ada.origin);
    const token = link.url.split('#token=')[1] ?? '';
    await api.post('/links/accept', { token, username: 'bea', password: ApiClient.PASSWORD });
    return api;
  }

  const read = (id: string): Promise<Several> => ada.get<Several>(`/requests/${id}`);
  async function planned(parameters: object): Promise<Several> {
    const { id } = await ada.post<Several>('/actions/apt_upgrade/plan', { machineIds: ids, parameters });
    return eventually(
      () => read(id),
      ({ planning }) => planning === 0,
      120_000,
    );
  }
  const confirm = (api: ApiClient, { id, planDigest }: Several) =>
    api.send<{ code?: string }>('POST', `/requests/${id}/confirm-all`, { digest: planDigest, accepted: [] });
  const carriedOut = (id: string): Promise<Several> =>
    eventually(
      () => read(id),
      ({ status }) => status === 'executed',
      170_000,
    );
  const ends = ({ several }: Several): string[] =>
    several.targets.map(({ machineName, status, runStatus, errorKind }) =>
      [machineName, status, runStatus ?? '-', errorKind ?? '-'].join(' '),
    );
  const all = (end: string): string[] => machines.map(({ name }) => `${name} ${end}`);

  it('upgrades both by one confirmation', async () => {
    for (const machine of machines) prepare(machine, 'plain', 'security');
    const request = await planned(ALL);
    expect(request).toMatchObject({ status: 'pending', machines: 2, leftOut: 0 });
    const plain = request.several.effects.find(({ line }) => line.startsWith('upgrade fleet-plain'));
    expect([...(plain?.machineIds ?? [])].sort()).toEqual([...ids].sort());
    expect((await confirm(ada, request)).status).toBe(202);
    // The same person again changes nothing.
    expect((await confirm(ada, request)).status).toBe(202);
    const done = await carriedOut(request.id);
    expect(ends(done)).toEqual(all('executed ok -'));
    for (const machine of machines) expect(versionOf(machine, 'fleet-plain')).toBe('1.1');
    const jobs = await ada.get<{ items: (Job & { kind: string })[] }>('/jobs?limit=200');
    expect(jobs.items.filter(({ kind }) => kind === 'apt_upgrade')).toHaveLength(2);
  });

  it('fails where a machine has drifted meanwhile, and there alone', async () => {
    const [drifted, steady] = [at(machines, 0), at(machines, 1)];
    for (const machine of machines) {
      fleet('reset', machine.name);
      prepare(machine, 'plain', 'security');
    }
    const request = await planned(ALL);
    fleet('exec', drifted.name, 'apt-mark', 'hold', 'fleet-plain');
    expect((await confirm(ada, request)).status).toBe(202);
    const done = await carriedOut(request.id);
    expect(ends(done)).toEqual([`${drifted.name} executed error plan_drifted`, `${steady.name} executed ok -`]);
    expect([versionOf(drifted, 'fleet-plain'), versionOf(steady, 'fleet-plain')]).toEqual(['1.0', '1.1']);
  });

  it('leaves out where nothing is to be done, with the reason', async () => {
    const [fresh, done] = [at(machines, 0), at(machines, 1)];
    fleet('reset', fresh.name);
    prepare(fresh, 'security');
    fleet('reset', done.name);
    fleet('exec', done.name, 'apt-get', '-q', 'update');
    const request = await planned(SECURITY);
    expect(request).toMatchObject({ machines: 1, leftOut: 1 });
    const left = request.several.targets.find(({ machineName }) => machineName === done.name);
    expect(left).toMatchObject({ status: 'skipped', reason: expect.stringContaining('security') as string });
  });

  it('needs four eyes where a rule says so: whoever asked is refused, a colleague is not', async () => {
    await ada.post('/approval-rules', {
      name: 'Two machines at once',
      enabled: true,
      demand: 'four_eyes',
      conditions: { ...ANY, minMachines: 2 },
    });
    for (const machine of machines) {
      fleet('reset', machine.name);
      prepare(machine, 'security');
    }
    const request = await planned(SECURITY);
    expect(request.approval).toMatchObject({
      fourEyes: true,
      why: 'Somebody else than whoever asked has to confirm it, by the rule Two machines at once.',
    });
    const refused = await confirm(ada, request);
    expect([refused.status, refused.body.code]).toEqual([403, 'four_eyes']);
    expect((await confirm(bea, request)).status).toBe(202);
    expect((await confirm(ada, request)).status).toBe(403);
    const done = await carriedOut(request.id);
    expect(ends(done)).toEqual(all('executed ok -'));
    // On one machine the rule says nothing.
    const { machine: first, id } = at(pair.all, 0);
    fleet('reset', first.name);
    prepare(first, 'security');
    const { changes } = pair;
    expect(await changes.run(await changes.plan(id, 'apt_upgrade', SECURITY))).toMatchObject({ status: 'ok' });
  });
});
