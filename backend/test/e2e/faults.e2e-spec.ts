import { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { startProduct, type Product } from '../support/product';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';

interface Job {
  readonly id: string;
  readonly status: string;
  readonly errorKind: string | null;
  readonly errorAction: string | null;
  readonly snapshotId: string | null;
}
interface Tile {
  readonly need: string;
  readonly status: string;
  readonly apt: {
    readonly updatesCount: number | null;
    readonly stale: boolean;
    readonly lastAnalyzeAt: string | null;
  };
}

const ended = (job: Job): boolean => job.status !== 'queued' && job.status !== 'running';

describe('machines that misbehave', () => {
  let product: Product;
  let api: ApiClient;
  let machines: RealMachine[];
  const ids: string[] = [];

  const machine = (index: number): RealMachine => {
    const found = machines[index];
    if (found === undefined) throw new Error('the fleet is too small');
    return found;
  };
  const id = (index: number): string => ids[index] ?? '';
  const start = (index: number): Promise<Job> => api.post<Job>(`/machines/${id(index)}/actions/apt_update_analyze`);
  const end = (job: Job, limitMs?: number): Promise<Job> =>
    eventually(() => api.get<Job>(`/jobs/${job.id}`), ended, limitMs);
  const tile = (index: number): Promise<Tile> => api.get<Tile>(`/machines/${id(index)}`);
  const aptProcesses = (index: number): string =>
    fleet(
      'exec',
      machine(index).name,
      'sh',
      '-c',
      'cat /proc/[0-9]*/comm 2>/dev/null | grep -c "^apt-get$" || true',
    ).trim();

  beforeAll(async () => {
    machines = realMachines();
    for (const { name } of machines) fleet('scenario', name, 'plain');
    product = await startProduct();
    api = await ApiClient.administrator(product);
    for (const one of machines) ids.push(await api.enrol(one));
  }, 300_000);
  afterAll(() => product.stop());

  it('shows nothing as measured before a first analysis', async () => {
    expect(await tile(0)).toMatchObject({ need: 'unknown', apt: { updatesCount: null, lastAnalyzeAt: null } });
  });

  it('analyses a healthy machine, and keeps its counts as stale when its repositories are gone', async () => {
    expect(await end(await start(0))).toMatchObject({ status: 'ok' });
    const before = await tile(0);
    expect(before).toMatchObject({ need: 'updates', apt: { updatesCount: 1, stale: false } });
    fleet('scenario', machine(0).name, 'plain', 'repo-404');
    const job = await end(await start(0));
    expect(job.snapshotId).not.toBeNull();
    const after = await tile(0);
    expect(after.apt).toMatchObject({ updatesCount: 1, stale: true });
    const { errors, repositories } = await api.get<{
      errors: { kind: string }[];
      repositories: { status: string; kind: string | null }[];
    }>(`/machines/${id(0)}/apt`);
    expect(errors.map(({ kind }) => kind)).toContain('repo_404');
    expect(repositories.filter(({ status }) => status === 'error')).toHaveLength(1);
    fleet('scenario', machine(0).name, 'plain');
  });

  it('lets a hanging repository delay nobody else, and leaves nothing of a cancelled run alive', async () => {
    fleet('scenario', machine(1).name, 'plain', 'repo-hang');
    const hanging = await start(1);
    await eventually(
      () => aptProcesses(1),
      (count) => count !== '0',
    );
    expect(await end(await start(2), 30_000)).toMatchObject({ status: 'ok' });
    expect((await api.get<Job>(`/jobs/${hanging.id}`)).status).toBe('running');
    await api.post(`/jobs/${hanging.id}/cancel`);
    expect(await end(hanging, 15_000)).toMatchObject({ status: 'cancelled', snapshotId: null });
    await eventually(
      () => aptProcesses(1),
      (count) => count === '0',
      15_000,
    );
    fleet('scenario', machine(1).name, 'plain');
  });

  it('classifies a machine that is off, stores no snapshot, and recovers', async () => {
    fleet('stop', machine(3).name);
    const job = await end(await start(3), 120_000);
    expect(job).toMatchObject({ status: 'error', errorKind: 'unreachable', snapshotId: null });
    expect(job.errorAction).toBeTruthy();
    expect(await tile(3)).toMatchObject({ need: 'unreachable', status: 'unreachable', apt: { updatesCount: null } });
    fleet('start', machine(3).name);
    expect(await end(await start(3))).toMatchObject({ status: 'ok' });
    expect(await tile(3)).toMatchObject({ need: 'updates', status: 'active' });
  }, 240_000);

  it('quarantines a machine whose host key changed and sends nothing to it until somebody decides', async () => {
    fleet('reset', '--new-identity', machine(2).name);
    const job = await end(await start(2));
    expect(job).toMatchObject({ status: 'error', errorKind: 'host_key_changed' });
    expect(await tile(2)).toMatchObject({ need: 'quarantined' });
    await expect(start(2)).rejects.toThrow('machine_quarantined');
    const logins = fleet(
      'exec',
      machine(2).name,
      'sh',
      '-c',
      'grep -c "Accepted\\|Failed" /var/log/sshd.log || true',
    ).trim();
    expect(logins).toBe('0');
  });
});
