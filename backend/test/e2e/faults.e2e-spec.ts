import { ApiClient } from '../support/api-client';
import { MachineJobs, type Job, type Tile } from '../support/machine-jobs';
import { startProduct, type Product } from '../support/product';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';

const NOTHING_MEASURED = {
  updatesCount: null,
  securityCount: null,
  keptBackCount: null,
  rebootRequired: null,
  lastAnalyzeAt: null,
};

describe('machines that misbehave', () => {
  let product: Product;
  let api: ApiClient;
  let jobs: MachineJobs;
  let machines: RealMachine[];
  const ids: string[] = [];

  const machine = (index: number): RealMachine => {
    const found = machines[index];
    if (found === undefined) throw new Error('the fleet is too small');
    return found;
  };
  const id = (index: number): string => ids[index] ?? '';
  const start = (index: number): Promise<Job> => jobs.analyse(id(index));
  const end = (job: Job, limitMs?: number): Promise<Job> => jobs.ended(job, limitMs);
  const tile = (index: number): Promise<Tile> => jobs.tile(id(index));

  beforeAll(async () => {
    machines = realMachines();
    for (const { name } of machines) fleet('scenario', name, 'plain');
    product = await startProduct();
    api = await ApiClient.administrator(product);
    jobs = new MachineJobs(api);
    for (const one of machines) ids.push(await api.enrol(one));
  }, 300_000);
  afterAll(() => product.stop());

  it('shows nothing as measured before a first analysis', async () => {
    expect(await tile(0)).toMatchObject({ need: 'unknown', apt: NOTHING_MEASURED });
  });

  it('shows nothing as measured after a first analysis that found no package list', async () => {
    const { name } = machine(4);
    fleet('scenario', name, 'lists-none');
    fleet('sources', name, 'no-such-distribution');
    const job = await end(await start(4));
    expect(job).toMatchObject({ status: 'error', errorKind: 'repo_404' });
    expect(job.snapshotId).not.toBeNull();
    expect(await tile(4)).toMatchObject({
      need: 'failed',
      apt: {
        updatesCount: null,
        securityCount: null,
        keptBackCount: null,
        lastAnalyzeAt: null,
        indexRefreshedAt: null,
      },
    });
    fleet('scenario', name, 'plain');
    expect(await end(await start(4))).toMatchObject({ status: 'ok' });
    expect(await tile(4)).toMatchObject({ need: 'updates', apt: { updatesCount: 1, stale: false } });
  });

  it('classifies a failure before any output and keeps no document of it', async () => {
    // On one address a machine is there once: this one is known by an account whose sudo asks for a password, and none is stored.
    await api.post(`/machines/${id(5)}/archive`);
    const asPlain = await api.enrol({ ...machine(5), name: 'no-root' }, 'plain');
    const job = await end(await jobs.analyse(asPlain));
    expect(job).toMatchObject({ status: 'error', errorKind: 'sudo_password', attempt: 1, snapshotId: null });
    expect(job.errorAction).toBeTruthy();
    expect(await jobs.tile(asPlain)).toMatchObject({ need: 'failed', apt: NOTHING_MEASURED });
  });

  it('analyses a healthy machine, and keeps its counts as stale, with their age, when its repositories are gone', async () => {
    expect(await end(await start(0))).toMatchObject({ status: 'ok' });
    const before = await tile(0);
    expect(before).toMatchObject({ need: 'updates', apt: { updatesCount: 1, stale: false } });
    fleet('scenario', machine(0).name, 'plain', 'repo-404');
    const job = await end(await start(0));
    expect(job.snapshotId).not.toBeNull();
    const after = await tile(0);
    expect(after.apt).toMatchObject({ updatesCount: 1, stale: true, indexRefreshedAt: before.apt.indexRefreshedAt });
    const { errors, repositories } = await api.get<{
      errors: { kind: string }[];
      repositories: { status: string; kind: string | null }[];
    }>(`/machines/${id(0)}/apt`);
    expect(errors.map(({ kind }) => kind)).toContain('repo_404');
    expect(repositories.filter(({ status }) => status === 'error')).toHaveLength(1);
    fleet('scenario', machine(0).name, 'plain');
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
