import type { DataSource } from 'typeorm';
import { affected } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { dailyElsewhen } from '../support/daily';
import { eventually } from '../support/eventually';
import { Installation } from '../support/installation';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines } from '../support/real-machines';
import { inventoryOf, prepare, Upgrades, versionOf, type UpgradeRequest } from '../support/upgrades';

interface Occurrence {
  readonly id: string;
  readonly status: string;
  readonly dueAt: string;
  readonly finishedAt: string | null;
  readonly okCount: number;
  readonly warningCount: number;
}

interface Begun extends Occurrence {
  readonly runningCount: number;
  readonly cancelledCount: number;
}

interface Target {
  readonly machineId: string;
  readonly status: string;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
  readonly jobId: string | null;
  readonly requestId: string | null;
  readonly windowName: string | null;
  readonly resumeAt: string | null;
}

interface Schedule {
  readonly id: string;
  readonly nextRunAt: string;
}

interface Entry {
  readonly requests: number;
  readonly request: { readonly occurrenceId: string | null };
}

interface Grouped {
  readonly id: string;
  readonly planDigest: string;
  readonly consequences: readonly { readonly code: string }[];
}

/** Names of the packages whose state or version is another, in order. */
function differing(before: string, after: string): string[] {
  const [then, now] = [before.split('\n'), after.split('\n')];
  const lines = [...then.filter((line) => !now.includes(line)), ...now.filter((line) => !then.includes(line))];
  const names = lines.map((line) => line.slice(3).trim().split(' ')[0]?.split(':')[0] ?? '');
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** Schedules that change machines at night, on real machines: what their policy allows, and nothing else. */
describe('a nightly schedule', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let upgrades: Upgrades;
  const machines = realMachines().slice(0, 2);
  const ids: string[] = [];

  beforeAll(async () => {
    expect(machines).toHaveLength(2);
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    // Requests are served by one process; two others look for what is due.
    const server = await installation.start('api');
    await installation.start('worker');
    await installation.start('worker');
    api = await installation.administrator(server);
    upgrades = new Upgrades(api, dataSource);
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
  beforeEach(() => {
    for (const { name } of machines) fleet('reset', name);
  });

  const schedule = (parameters: object, policy: object, more: object = {}): Promise<Schedule> =>
    api.post<Schedule>('/schedules', {
      name: 'Nightly upgrades',
      ...dailyElsewhen(),
      scope: { machineIds: ids },
      actions: [{ action: 'apt_upgrade', parameters }, { action: 'apt_update_analyze' }],
      policy: { archives: 'any', removals: false, newPackages: false, ...policy },
      acknowledged: ['all_machines'],
      ...more,
    });

  /** The night comes. @returns its occurrence once it is over, with its machines */
  async function atNight({ id, nextRunAt }: Schedule): Promise<{ occurrence: Occurrence; targets: Target[] }> {
    expect(Date.parse(nextRunAt)).toBeGreaterThan(Date.now());
    await affected(dataSource, `UPDATE schedules SET next_run_at = date_trunc('minute', now()) WHERE id = $1`, [id]);
    const { items } = await eventually(
      () => api.get<{ items: Occurrence[] }>(`/schedules/${id}/occurrences`),
      ({ items: [newest] }) => newest !== undefined && newest.finishedAt !== null,
      170_000,
    );
    expect(items).toHaveLength(1);
    const [occurrence] = items;
    if (occurrence === undefined) throw new Error('there is no occurrence');
    const targets = await api.get<{ items: Target[] }>(`/schedule-occurrences/${occurrence.id}/targets`);
    return { occurrence, targets: targets.items };
  }

  it('of security alone installs exactly that, by its policy, and looks again afterwards', async () => {
    for (const machine of machines) prepare(machine, 'plain', 'security', 'pair-security');
    const before = machines.map(inventoryOf);
    const nightly = await schedule({ mode: 'upgrade', scope: 'security' }, { archives: 'security' });
    const { occurrence, targets } = await atNight(nightly);
    expect(targets.map(({ status, errorMessage }) => [status, errorMessage])).toEqual([
      ['ok', null],
      ['ok', null],
    ]);
    expect(occurrence).toMatchObject({ status: 'ok', okCount: 2 });
    for (const [index, machine] of machines.entries()) {
      const versions = ['fleet-guard', 'fleet-pair', 'fleet-pair-data', 'fleet-plain'].map((name) =>
        versionOf(machine, name),
      );
      expect(versions).toEqual([expect.stringMatching(/^1\.0-1\+deb/), '1.0+fix1', '1.0+fix1', '1.0']);
      expect(differing(before[index] ?? '', inventoryOf(machine))).toEqual([
        'fleet-guard',
        'fleet-pair',
        'fleet-pair-data',
      ]);
      const target = targets.find(({ machineId }) => machineId === ids[index]);
      expect(await upgrades.request(target?.requestId ?? '')).toMatchObject({
        status: 'executed',
        requestedBy: { type: 'schedule', name: 'Nightly upgrades' },
        decidedBy: 'The policy of Nightly upgrades.',
        said: { decidedBy: [{ code: 'jobs.policy_of', params: { schedule: 'Nightly upgrades' } }] },
      });
      // The last action of the list: it is known that nothing of security is left.
      expect(await api.get(`/machines/${ids[index] ?? ''}`)).toMatchObject({ apt: { securityCount: 0 } });
    }
  });

  it('turns a plan with a removal into a request for a person, and changes nothing meanwhile', async () => {
    const [removing, plain] = machines;
    if (removing === undefined || plain === undefined) throw new Error('two machines are needed');
    prepare(removing, 'removal');
    prepare(plain, 'plain');
    const before = inventoryOf(removing);
    const nightly = await schedule({ mode: 'dist_upgrade', scope: 'all' }, {});
    const { occurrence, targets } = await atNight(nightly);
    expect(occurrence).toMatchObject({ status: 'warning', okCount: 1, warningCount: 1 });
    expect(versionOf(plain, 'fleet-plain')).toBe('1.1');
    const left = targets.find(({ machineId }) => machineId === ids[0]);
    expect(left).toMatchObject({
      status: 'warning',
      errorKind: 'approval_needed',
      errorMessage: expect.stringContaining('It removes fleet-old') as string,
    });
    expect(inventoryOf(removing)).toBe(before);
    const request = await upgrades.request(left?.requestId ?? '');
    expect(request).toMatchObject({ status: 'pending', requestedBy: { type: 'schedule', name: 'Nightly upgrades' } });
    expect(request).toMatchObject({ personReason: 'It removes fleet-old.' });
    expect(await upgrades.run(request)).toMatchObject({ status: 'ok' });
    expect(inventoryOf(removing)).not.toContain('ii  fleet-old');
  });

  it('changes nothing by a policy that was edited in the database, until somebody confirms it again', async () => {
    const [removing] = machines;
    if (removing === undefined) throw new Error('a machine is needed');
    prepare(removing, 'removal');
    const before = inventoryOf(removing);
    const scope = { scope: { machineIds: ids.slice(0, 1) } };
    const nightly = await schedule({ mode: 'dist_upgrade', scope: 'all' }, { archives: 'security' }, scope);
    const more = `'{"archives": "any", "removals": true, "new_packages": true, "accepted": ["removals"]}'`;
    await dataSource.query(`UPDATE schedules SET policy_json = policy_json || ${more} WHERE id = $1`, [nightly.id]);
    const { targets } = await atNight(nightly);
    const [target] = targets;
    expect(target).toMatchObject({ status: 'warning', errorKind: 'approval_needed' });
    expect(inventoryOf(removing)).toBe(before);
    expect(await upgrades.request(target?.requestId ?? '')).toMatchObject({
      status: 'pending',
      personReason: expect.stringContaining('is not what was confirmed') as string,
    });
    expect(await api.get(`/schedules/${nightly.id}`)).toMatchObject({ policyAltered: true });
    await api.post(`/requests/${target?.requestId ?? ''}/reject`, {});
  });

  it('of security alone removes nothing for the sake of other archives, though its mode may', async () => {
    for (const machine of machines) prepare(machine, 'removal', 'security');
    const before = machines.map(inventoryOf);
    const nightly = await schedule({ mode: 'dist_upgrade', scope: 'security' }, { archives: 'security' });
    const { occurrence } = await atNight(nightly);
    expect(occurrence).toMatchObject({ status: 'ok', okCount: 2 });
    for (const [index, machine] of machines.entries()) {
      expect(differing(before[index] ?? '', inventoryOf(machine))).toEqual(['fleet-guard']);
    }
  });

  it('leaves what all of its machines need beyond its policy as one entry of the inbox, and it is confirmed together', async () => {
    for (const machine of machines) prepare(machine, 'removal', 'security');
    const before = machines.map(inventoryOf);
    const nightly = await schedule({ mode: 'dist_upgrade', scope: 'all' }, { archives: 'security' });
    const { occurrence, targets } = await atNight(nightly);
    expect(occurrence).toMatchObject({ status: 'warning', okCount: 0, warningCount: 2 });
    for (const { errorMessage } of targets) expect(errorMessage).toContain('It removes fleet-old');
    expect(machines.map(inventoryOf)).toEqual(before);
    const inbox = await api.get<{ items: Entry[]; total: number }>('/request-inbox');
    expect(inbox).toMatchObject({
      total: 2,
      items: [{ requests: 2, request: { occurrenceId: occurrence.id, requestedBy: { name: 'Nightly upgrades' } } }],
    });
    const group = await api.get<{ items: Grouped[] }>(`/request-inbox/${occurrence.id}/apt_upgrade`);
    const requests = group.items.map(({ id, planDigest, consequences }) => {
      return { id, digest: planDigest, accepted: consequences.map(({ code }) => code) };
    });
    const [first, second] = requests;
    const wrong = [
      { ...first, accepted: [] },
      { ...second, digest: '0'.repeat(64) },
    ];
    expect(await api.post('/request-inbox/confirm', { requests: wrong })).toMatchObject({
      decided: 0,
      results: [{ code: 'consequences_not_accepted' }, { code: 'digest_differs' }],
    });
    const { results } = await api.post<{ results: { jobId: string }[] }>('/request-inbox/confirm', { requests });
    for (const { jobId } of results) expect(await upgrades.ended(jobId)).toMatchObject({ status: 'ok' });
    for (const [index, machine] of machines.entries()) {
      const changed = ['fleet-guard', 'fleet-old', 'fleet-swap'];
      expect(differing(before[index] ?? '', inventoryOf(machine))).toEqual(changed);
      expect(inventoryOf(machine)).not.toContain('ii  fleet-old');
    }
    expect(await api.get('/request-inbox')).toMatchObject({ total: 0, items: [] });
  });

  it('goes on without a machine whose window is closed, fetches its packages meanwhile, and changes it when it opens', async () => {
    const [bound, free] = machines;
    if (bound === undefined || free === undefined) throw new Error('two machines are needed');
    for (const machine of machines) prepare(machine, 'plain');
    const then = new Date(Date.now() + 5 * 3_600_000);
    const opens = { cron: `${String(then.getUTCMinutes())} ${String(then.getUTCHours())} * * *`, timezone: 'UTC' };
    const of = { name: 'Nights', enabled: true, scope: 'machine', machineId: ids[0], durationMinutes: 60 };
    const window = await api.post<{ id: string; updatedAt: string }>('/maintenance-windows', { ...of, ...opens });
    const { id } = await schedule({ mode: 'upgrade', scope: 'all' }, {}, { concurrency: 1 });
    await affected(dataSource, `UPDATE schedules SET next_run_at = date_trunc('minute', now()) WHERE id = $1`, [id]);
    const targets = async (): Promise<(Target | undefined)[]> => {
      const { items } = await api.get<{ items: Occurrence[] }>(`/schedules/${id}/occurrences`);
      if (items[0] === undefined) return [];
      const found = await api.get<{ items: Target[] }>(`/schedule-occurrences/${items[0].id}/targets`);
      return ids.map((machineId) => found.items.find((target) => target.machineId === machineId));
    };
    const [held, done] = await eventually(
      targets,
      ([first, second]) => first?.status === 'queued' && first.resumeAt !== null && second?.status === 'ok',
      170_000,
    );
    expect(held).toMatchObject({ windowName: 'Nights' });
    expect(done?.requestId).not.toBeNull();
    expect([versionOf(bound, 'fleet-plain'), versionOf(free, 'fleet-plain')]).toEqual(['1.0', '1.1']);
    expect(await api.get(`/jobs/${held?.jobId ?? ''}`)).toMatchObject({ kind: 'apt_download', status: 'ok' });
    expect(fleet('exec', bound.name, 'ls', '/var/cache/apt/archives')).toContain('fleet-plain_1.1');
    const { items: before } = await api.get<{ items: Pick<UpgradeRequest, 'status' | 'planDigest'>[] }>(
      `/requests?machineId=${ids[0] ?? ''}&limit=1`,
    );
    expect(before[0]?.status).toBe('expired');
    const seen = encodeURIComponent(window.updatedAt);
    const removed = await api.send('DELETE', `/maintenance-windows/${window.id}?seen=${seen}`);
    expect(removed.status).toBe(204);
    const [changed] = await eventually(targets, ([first]) => first?.status === 'ok', 170_000);
    expect(versionOf(bound, 'fleet-plain')).toBe('1.1');
    // What was fetched beforehand is what the plan speaks of, and makes no other plan of it.
    expect((await upgrades.request(changed?.requestId ?? '')).planDigest).toBe(before[0]?.planDigest);
  }, 300_000);

  it('is begun by hand, and ended by hand', async () => {
    const { id } = await api.post<Schedule>('/schedules', {
      name: 'Analysis by hand',
      enabled: false,
      cron: '0 3 * * *',
      timezone: 'UTC',
      scope: { machineIds: ids },
      concurrency: 1,
      actions: [{ action: 'machine_probe' }],
      acknowledged: ['all_machines'],
    });
    const begun = await api.post<Occurrence>(`/schedules/${id}/run`);
    const now = () => api.get<Begun>(`/schedule-occurrences/${begun.id}`);
    await eventually(now, ({ runningCount }) => runningCount === 1, 60_000);
    await api.post<Occurrence>(`/schedule-occurrences/${begun.id}/cancel`, { reason: 'only a rehearsal' });
    const ended = await eventually(now, ({ finishedAt }) => finishedAt !== null, 60_000);
    expect(ended).toMatchObject({ trigger: 'person', startedBy: 'ada', machinesCount: 2 });
    expect(ended.cancelledCount).toBeGreaterThan(0);
  });
});
