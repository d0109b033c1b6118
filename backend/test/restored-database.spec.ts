import { writeFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { SystemClock } from '../src/kernel/clock';
import { ensureInstallation } from '../src/kernel/database/installation';
import { affected, queryRows } from '../src/kernel/database/rows';
import type { JobRecord } from '../src/modules/jobs/job-record';
import { SshDetachedRunner } from '../src/modules/jobs/worker/detached-runner';
import { at } from './support/at';
import { anyPerson } from './support/deciders';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from './support/jobs-fakes';
import { JobsProcess } from './support/jobs-process';
import { LocalMachine } from './support/local-machine';
import { createTestDatabase, type TestDatabase } from './support/postgres';

const RESTORED = { status: 'cancelled', errorKind: 'database_restored', phase: null };

describe('a database that was restored from a backup', () => {
  let machine: LocalMachine;
  let databases: TestDatabase[];
  let processes: JobsProcess[];

  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(async () => {
    machine = new LocalMachine();
    writeFileSync(machine.file('change.sh'), `step act\necho changed >>${machine.file('changes')}\n`);
    processes = [];
    databases = [await createTestDatabase()];
  });
  afterEach(async () => {
    for (const process of processes) await process.close();
    for (const database of databases) await database.drop();
    machine.remove();
  });

  async function open(database: TestDatabase): Promise<JobsProcess> {
    const change = { ...fakeChange(), script: () => ({ file: machine.file('change.sh') }) };
    const p = await JobsProcess.open(database.url, [fakeAction(), change]);
    p.contracts.register(CHANGE_PLAN_CONTRACT);
    p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
    p.detached.real = new SshDetachedRunner(machine.connections, p.dataSource, new SystemClock());
    processes.push(p);
    return p;
  }
  async function close(p: JobsProcess): Promise<void> {
    processes.splice(processes.indexOf(p), 1);
    await p.close();
  }
  /** @returns a database as this one is now; its processes are closed */
  async function backup(of: TestDatabase): Promise<TestDatabase> {
    const copy = await of.copy();
    databases.push(copy);
    return copy;
  }
  async function planned(p: JobsProcess, machineId: string) {
    const plan = await p.ended((await p.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
    const id = plan.requestId ?? '';
    return { id, digest: (await p.requestsReader.find(id))?.planDigest ?? '', accepted: [] };
  }
  async function change(p: JobsProcess, machineId: string): Promise<JobRecord> {
    const plan = await planned(p, machineId);
    return p.ended((await p.requests.confirm(plan.id, plan, anyPerson)).id);
  }
  const changes = (): number => machine.read('changes').split('\n').length - 1;

  it('is refused by a machine that it changed since, until it begins a new epoch; so is then the database that it was made of', async () => {
    let lost = await open(at(databases, 0));
    const id = await lost.machine('web-1');
    lost.work();
    expect(await change(lost, id)).toMatchObject({ status: 'ok' });
    await close(lost);
    const kept = await backup(at(databases, 0));
    lost = await open(at(databases, 0));
    lost.work();
    for (let count = 0; count < 3; count += 1) expect(await change(lost, id)).toMatchObject({ status: 'ok' });

    const restored = await open(kept);
    restored.work();
    const refused = await change(restored, id);
    expect(refused).toMatchObject({ status: 'error', errorKind: 'fence_refused' });
    expect(refused.errorAction).toMatch(/restored from a backup, run the command «restored»/);
    expect(changes()).toBe(4);

    const { epoch } = await restored.restoredWork.begin();
    expect(await change(restored, id)).toMatchObject({ status: 'ok' });
    expect(changes()).toBe(5);
    expect(await change(lost, id)).toMatchObject({ status: 'error', errorKind: 'fence_refused' });
    // Once more is no fault.
    expect((await restored.restoredWork.begin()).epoch).toBeGreaterThan(epoch);
    expect(await change(restored, id)).toMatchObject({ status: 'ok' });
    expect(
      await queryRows(
        restored.dataSource,
        `SELECT actor_type, outcome, details_json FROM audit_log WHERE action = 'installation.restored' ORDER BY at LIMIT 1`,
      ),
    ).toEqual([
      {
        actor_type: 'system',
        outcome: 'ok',
        details_json: { schema_version: 1, previous_epoch: 1, epoch, ended: 0, looked_for: 0 },
      },
    ]);
  });

  it('ranks above what was restored from the same backup before', async () => {
    const first = await open(at(databases, 0));
    const id = await first.machine('web-1');
    await ensureInstallation(first.dataSource, new Date());
    await close(first);
    const again = await backup(at(databases, 0));
    const before = await open(at(databases, 0));
    before.work();
    await before.restoredWork.begin();
    for (let count = 0; count < 2; count += 1) expect(await change(before, id)).toMatchObject({ status: 'ok' });
    // By then a second has passed: nobody restores faster.
    const after = await open(again);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await after.restoredWork.begin();
    after.work();
    expect(await change(after, id)).toMatchObject({ status: 'ok' });
  });

  it('begins nothing that waited in it, and only looks for what it has as running', async () => {
    const before = await open(at(databases, 0));
    const [idle, busy] = [await before.machine('web-1'), await before.machine('web-2')];
    const worker = before.work();
    const [waiting, running] = [await planned(before, idle), await planned(before, busy)];
    await worker.stop();
    const queued = await before.requests.confirm(waiting.id, waiting, anyPerson);
    const taken = await before.requests.confirm(running.id, running, anyPerson);
    const reading = await before.enqueue(idle, { parameters: { number: 1 } });
    await affected(
      before.dataSource,
      `UPDATE jobs SET status = 'running', phase = 'starting', boss_job_id = NULL, attempt = 1, fence = 1, started_at = now() WHERE id = $1`,
      [taken.id],
    );
    await close(before);

    const restored = await open(await backup(at(databases, 0)));
    expect(await restored.restoredWork.begin()).toMatchObject({ ended: 1, lookedFor: 1 });
    expect(await restored.job(queued.id)).toMatchObject(RESTORED);
    expect(await restored.requestsReader.find(waiting.id)).toMatchObject({ status: 'expired' });
    restored.work();
    expect(await restored.ended(taken.id)).toMatchObject({ status: 'error', errorKind: 'run_vanished' });
    expect(await restored.ended(reading.id)).toMatchObject({ status: 'ok' });
    expect(() => changes()).toThrow('ENOENT');
  });

  it('begins no epoch while a worker is at a job', async () => {
    const p = await open(at(databases, 0));
    const id = await p.machine('web-1');
    const { id: jobId } = await p.enqueue(id);
    await affected(
      p.dataSource,
      `INSERT INTO machine_locks (machine_id, job_id, lock_kind, holder, fence, created_at, renewed_at, expires_at)
       VALUES ($1, $2, 'exclusive', 'worker', 1, now(), now(), now() + interval '20 seconds')`,
      [id, jobId],
    );
    await expect(p.restoredWork.begin()).rejects.toThrow(/^Workers are at 1 jobs of this database\. Stop all/);
    expect(await ensureInstallation(p.dataSource, new Date())).toMatchObject({ epoch: 1 });
  });
});
