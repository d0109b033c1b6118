import { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { Changes } from '../support/changes';
import { eventually } from '../support/eventually';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { startProduct, type Product } from '../support/product';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';
import { prepare, versionOf } from '../support/upgrades';

const PACKAGE = 'fleet-plain';
const MINUTES = 5;
/** So long the window stays open: a run of this machine fits in, by what it took before. */
const OPEN_FOR_MS = 30_000;

/** A maintenance window closes while apt waits on a real machine for the lock that another process holds. */
describe('a window that closes while a change waits on its machine', () => {
  let product: Product;
  let api: ApiClient;
  let jobs: MachineJobs;
  let changes: Changes;
  let machine: RealMachine;
  let id: string;

  beforeAll(async () => {
    machine = at(realMachines(), 0);
    product = await startProduct();
    api = await ApiClient.administrator(product);
    jobs = new MachineJobs(api);
    changes = new Changes(api, jobs);
    fleet('reset', machine.name);
    prepare(machine, 'plain');
    id = await api.enrol(machine);
    // What an upgrade takes here is known from now on.
    expect(await changes.run(await changes.plan(id, 'apt_upgrade', { mode: 'upgrade' }))).toMatchObject({
      status: 'ok',
    });
  }, 300_000);
  afterAll(async () => {
    fleet('reset', machine.name);
    await product.stop();
  }, 120_000);

  async function windowUntil(closes: Date): Promise<void> {
    const opensAt = new Date(closes.getTime() - MINUTES * 60_000).toISOString();
    const scope = { scope: 'machine', machineId: id };
    const times = { cron: '@once', opensAt, timezone: 'UTC', durationMinutes: MINUTES };
    await api.post('/maintenance-windows', { name: 'Tonight', enabled: true, ...scope, ...times });
  }
  /** Its script is at work on the machine. */
  const started = (job: Job): Promise<unknown> =>
    eventually(
      () => printed(job),
      (text) => text.includes('check: '),
      OPEN_FOR_MS,
    );
  const printed = async (job: Job): Promise<string> => (await jobs.log(job.id)).map(({ text }) => text).join('\n');

  it('ends the change before anything is changed, however long the lock is waited for', async () => {
    fleet('reset', machine.name);
    prepare(machine, 'plain');
    const before = versionOf(machine, PACKAGE);
    const plan = await changes.plan(id, 'apt_upgrade', { mode: 'upgrade' });
    fleet('scenario', machine.name, 'plain', 'lock-dpkg');
    const closes = new Date(Date.now() + OPEN_FOR_MS);
    await windowUntil(closes);
    const job = await changes.confirm(plan);
    await started(job);
    expect(Date.now()).toBeLessThan(closes.getTime());
    await eventually(
      () => Promise.resolve(Date.now()),
      (now) => now > closes.getTime() + 2_000,
      60_000,
    );
    fleet('scenario', machine.name, 'plain');
    expect(await jobs.ended(job, 170_000)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired' });
    expect(versionOf(machine, PACKAGE)).toBe(before);
    expect(await printed(job)).toContain('too late to end within the maintenance window');
  }, 300_000);

  it('lets it go on where the lock is free in time', async () => {
    fleet('scenario', machine.name, 'plain', 'lock-dpkg');
    await windowUntil(new Date(Date.now() + 4 * 60_000));
    fleet('scenario', machine.name, 'plain');
    const plan = await changes.plan(id, 'apt_upgrade', { mode: 'upgrade' });
    fleet('scenario', machine.name, 'plain', 'lock-dpkg');
    const job = await changes.confirm(plan);
    await started(job);
    fleet('scenario', machine.name, 'plain');
    expect(await jobs.ended(job, 170_000)).toMatchObject({ status: 'ok', errorKind: null });
    expect(versionOf(machine, PACKAGE)).toBe('1.1');
  }, 300_000);
});
