import { queryRows } from '../../src/kernel/database/rows';
import { at } from '../support/at';
import { DatabaseGate, type GatedWrite } from '../support/database-gate';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import type { ProductProcess } from '../support/installation';
import { machinesOf } from '../support/kinds';
import type { Job } from '../support/machine-jobs';
import { SilentRelay } from '../support/silent-relay';
import { filesOf, SlowUpgrades } from '../support/slow-upgrades';

/** The database learns that the machine has begun. */
const TOLD_OF: GatedWrite = {
  table: 'jobs',
  event: 'UPDATE',
  when: 'OLD.contact_at IS NULL AND NEW.contact_at IS NOT NULL',
};
/** In the middle of the transaction that stores what the run came to. */
const STORED: GatedWrite = { table: 'apt_applied_packages', event: 'INSERT', when: 'true' };

/** Upgrades of machines of all kinds at once, whose worker is killed or stopped at exact moments: apt works once, and is told right. */
describe('an upgrade on every kind of machine', () => {
  const relays = new Map<string, SilentRelay>();
  let machines: EnrolledMachines;
  let upgrades: SlowUpgrades;
  let worker: ProductProcess;

  const relayOf = ({ name }: { readonly name: string }): SilentRelay => {
    const relay = relays.get(name);
    if (relay === undefined) throw new Error(`there is no way to ${name}`);
    return relay;
  };

  beforeAll(async () => {
    for (const { name, address, port } of machinesOf()) relays.set(name, await SilentRelay.to(address, port));
    machines = await EnrolledMachines.open({
      workers: 1,
      reach: (machine) => ({ ...machine, address: '127.0.0.1', port: relayOf(machine).port }),
    });
    upgrades = new SlowUpgrades(machines);
    worker = at(machines.workers, 0);
  }, 300_000);
  beforeEach(() => machines.renew('slow-script'), 60_000);
  afterAll(async () => {
    await machines.close();
    for (const relay of relays.values()) await relay.close();
  }, 120_000);

  const killed = async (): Promise<void> => {
    await worker.end('SIGKILL');
    worker = await machines.addWorker();
  };

  it('is begun by the next worker where the first is killed before it has reached the machine', async () => {
    const plans = await upgrades.plans();
    for (const relay of relays.values()) relay.fallSilent();
    const changes = await Promise.all(plans.map((plan) => machines.upgrades.confirm(plan)));
    for (const job of changes)
      expect(await machines.jobs.running(job)).toMatchObject({ status: 'running', attempt: 1 });
    await worker.end('SIGKILL');
    for (const [index, { machine }] of machines.all.entries()) {
      expect(filesOf(machine, at(changes, index))).toEqual([]);
      relayOf(machine).recover();
    }
    worker = await machines.addWorker();
    await upgrades.judge(changes);
  }, 300_000);

  it('is found and not begun again where the worker is killed before it has noted that it was begun', async () => {
    const gate = await DatabaseGate.close(machines.dataSource, TOLD_OF);
    const changes = await upgrades.confirmed();
    await gate.reached(changes.length);
    for (const [index, { machine }] of machines.all.entries())
      expect(filesOf(machine, at(changes, index))).toContain('process');
    await killed();
    await gate.remove();
    expect(
      await queryRows(machines.dataSource, 'SELECT DISTINCT contact_at, log_offset FROM jobs WHERE id = ANY($1)', [
        changes.map(({ id }) => id),
      ]),
    ).toEqual([{ contact_at: null, log_offset: '0' }]);
    await upgrades.judge(changes);
  }, 300_000);

  it('goes on where the worker is killed while it follows, and the next follows from the byte that is stored', async () => {
    const changes = await upgrades.atWork();
    await killed();
    await upgrades.judge(changes);
  }, 300_000);

  it('is collected by the next worker where the first is killed once the machine has finished and before it has seen that', async () => {
    const changes = await upgrades.atWork();
    process.kill(worker.pid, 'SIGSTOP');
    await upgrades.finished(changes);
    for (const job of changes) expect(await machines.jobs.job(job.id)).toMatchObject({ status: 'running' });
    await killed();
    await upgrades.judge(changes);
  }, 300_000);

  it('is told once where the worker is killed while it writes the result of what the machine has finished', async () => {
    const gate = await DatabaseGate.close(machines.dataSource, STORED);
    const changes = await upgrades.confirmed();
    await gate.reached(changes.length);
    for (const [index, { machine }] of machines.all.entries())
      expect(filesOf(machine, at(changes, index))).toContain('result');
    await killed();
    await gate.remove();
    for (const job of changes) expect(await machines.jobs.job(job.id)).toMatchObject({ status: 'running' });
    await upgrades.judge(changes);
  }, 300_000);

  it('belongs to the next worker once the first was stopped past its lease: it can write nothing when it goes on', async () => {
    const changes = await upgrades.atWork();
    const old = worker;
    process.kill(old.pid, 'SIGSTOP');
    try {
      worker = await machines.addWorker();
      await upgrades.judge(changes);
      await reported(changes);
      const stored = await everythingOf(changes);
      process.kill(old.pid, 'SIGCONT');
      // It has met what it held before once it is at work again.
      await worker.end('SIGTERM');
      worker = old;
      const job = await machines.jobs.ended(await machines.jobs.analyse(at(machines.all, 0).id));
      expect(await queryRows(machines.dataSource, 'SELECT worker_id FROM jobs WHERE id = $1', [job.id])).toEqual([
        { worker_id: expect.stringContaining(`:${String(old.pid)}:`) as string },
      ]);
      expect(await everythingOf(changes)).toEqual(stored);
    } finally {
      process.kill(old.pid, 'SIGCONT');
    }
  }, 240_000);

  /** Log and report are written after the end, by whoever comes first. */
  const reported = async (changes: readonly Job[]): Promise<void> => {
    for (const { id } of changes) {
      await eventually(
        () => machines.api.get<{ reportId: string | null }>(`/executions/${id}`),
        ({ reportId }) => reportId !== null,
      );
    }
  };
  /** Every row of a run. */
  const everythingOf = async (changes: readonly Job[]) => {
    const tables = {
      jobs: 'id',
      executions: 'job_id',
      job_log_chunks: 'job_id',
      machine_events: 'job_id',
      apt_applied_packages: 'execution_id',
    };
    const rows: unknown[] = [];
    for (const [table, column] of Object.entries(tables))
      rows.push(
        await queryRows(
          machines.dataSource,
          `SELECT to_jsonb(t) FROM ${table} t WHERE ${column} = ANY($1) ORDER BY 1`,
          [changes.map(({ id }) => id)],
        ),
      );
    return rows;
  };
});
