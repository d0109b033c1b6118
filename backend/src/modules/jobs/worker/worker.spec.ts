import { Logger } from '@nestjs/common';
import { answer, fakeAction, gate, hang, READING, type Gate } from '../../../../test/support/jobs-fakes';
import { startWorkerProcess, type WorkerProcess } from '../../../../test/support/jobs-children';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { addMachines } from '../../../../test/support/queue-tests';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';

let database: TestDatabase;
const open: JobsProcess[] = [];
const children: WorkerProcess[] = [];
let stored = 0;

const counting = fakeAction({
  name: 'counting_reading',
  outcome: () => ({
    status: 'ok',
    document: { kind: READING, status: 'ok', payload: {}, important: {} },
    store: async (tx) => {
      stored += 1;
      await affected(tx.manager, `UPDATE machines SET name = 'written by store'`);
    },
  }),
});

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  database = await createTestDatabase();
  stored = 0;
});

afterEach(async () => {
  for (const child of children.splice(0)) await child.end('SIGKILL');
  for (const process of open.splice(0)) await process.close();
  await database.drop();
});

async function start(): Promise<JobsProcess> {
  const process = await JobsProcess.open(database.url, [fakeAction(), counting]);
  open.push(process);
  return process;
}

async function child(): Promise<WorkerProcess> {
  const started = await startWorkerProcess(database.url);
  children.push(started);
  return started;
}

describe('workers that stop', () => {
  it('gives a running job back on a stop, and spends no attempt', async () => {
    const [p, q] = [await start(), await start()];
    const machineId = await p.machine();
    p.remote.otherwise(hang);
    q.remote.otherwise(() => answer({ look: 'by the other' }));
    const worker = p.work();
    const { id } = await p.enqueue(machineId);
    await until('it runs', () => p.isRunning(id));
    await worker.stop();
    expect(await p.job(id)).toMatchObject({ status: 'queued', phase: 'dispatched', attempt: 0 });
    q.work();
    expect(await p.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
  });

  it('lets a running job end within the grace, and takes no other', async () => {
    const p = await start();
    const [first, second] = [await p.machine(), await p.machine()];
    const held: Gate = gate();
    p.remote.otherwise(async () => {
      await held.opened;
      return answer({ look: '' });
    });
    const worker = p.work({ graceMs: 10_000 });
    const { id } = await p.enqueue(first);
    await until('it runs', () => p.isRunning(id));
    const stopped = worker.stop();
    const { id: other } = await p.enqueue(second);
    held.open();
    await stopped;
    expect(await p.job(id)).toMatchObject({ status: 'ok' });
    expect(await p.job(other)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  it('drops what it reads once its lock is lost', async () => {
    const p = await start();
    const machineId = await p.machine();
    const held = gate();
    p.remote.otherwise(async () => {
      await held.opened;
      return answer({ look: '' });
    });
    const worker = p.work({ renewEveryMs: 50, sweepEveryMs: 60_000 });
    const { id } = await p.enqueue(machineId, { action: 'counting_reading' });
    await until('it runs', () => p.isRunning(id));
    await affected(
      p.dataSource,
      `UPDATE machine_locks SET holder = 'thief', fence = nextval('machine_lock_fence')`,
      [],
    );
    held.open();
    await until('the worker is rid of it', () => worker.running === 0);
    expect(stored).toBe(0);
    expect(await p.count('snapshots')).toBe(0);
    expect(await p.job(id)).toMatchObject({ status: 'running' });
  });

  it('is noticed within a minute of a SIGKILL, and its job runs elsewhere', async () => {
    const p = await start();
    const machineId = await p.machine();
    const doomed = await child();
    const { id } = await p.enqueue(machineId);
    await until('it runs there', () => doomed.began.includes(id));
    await until(
      'its line is read here',
      async () => (await p.logs.read(id, 0, 10))?.lines.some(({ stream }) => stream === 'out') === true,
    );
    await doomed.end('SIGKILL');
    const killedAt = performance.now();
    p.remote.otherwise(() => answer({ look: 'after all' }));
    p.work();
    const done = await p.ended(id, 60_000);
    expect(performance.now() - killedAt).toBeLessThan(60_000);
    expect(done).toMatchObject({ status: 'ok', attempt: 2 });
    const seqs = (await p.logs.read(id, 0, 100))?.lines.map(({ seq }) => seq) ?? [];
    expect(seqs).toEqual(seqs.map((_seq, index) => index + 1));
    expect(await p.count('snapshots')).toBe(1);
  }, 90_000);

  it('closes the job as worker_lost when that was its last attempt', async () => {
    const p = await start();
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId);
    for (const attempt of [1, 2]) {
      expect(await p.takeOne(`dead worker ${String(attempt)}`)).toMatchObject({ jobId: id, attempt });
      await p.expire(id);
      await p.sweepUntil('the sweep finds it', async () => (await p.job(id)).status !== 'running');
    }
    expect(await p.job(id)).toMatchObject({ status: 'error', errorKind: 'worker_lost', attempt: 2, step: null });
    expect(p.events.published.map(({ type }) => type)).toEqual(['job_failed']);
    expect(await queryRows(p.dataSource, 'SELECT 1 FROM machine_locks')).toEqual([]);
    const state = await queryOne(
      p.dataSource,
      'SELECT running_job_id, last_error_kind FROM machine_state WHERE machine_id = $1',
      [machineId],
    );
    expect(state).toEqual({ running_job_id: null, last_error_kind: 'worker_lost' });
  }, 60_000);

  it('takes the next as soon as places are free, without waiting for news, where more lay there than it had room for', async () => {
    const p = await start();
    const machineIds = await addMachines(p, 8);
    const held = gate();
    p.remote.otherwise(async () => {
      await held.opened;
      return answer({ look: '' });
    });
    await p.service.enqueueMany({ machineIds, action: READING, requestedBy: systemActor });
    const worker = p.work({ concurrency: 4, fleetConcurrency: 4, sweepEveryMs: 60_000 });
    await until('it is full', () => worker.running === 4);
    const ended = () => p.count('jobs', `status = 'ok'`);
    // No timer goes off any more: neither its own nor those by which the bus collects news.
    const timers = jest.spyOn(globalThis, 'setTimeout').mockReturnValue({} as NodeJS.Timeout);
    try {
      held.open();
      await until('all have ended', async () => (await ended()) === 8);
    } finally {
      timers.mockRestore();
    }
  });

  it('shares the work with another process, and hands it over on SIGTERM', async () => {
    const p = await start();
    const [a, b] = [await child(), await child()];
    const machines = await Promise.all(Array.from({ length: 8 }, () => p.machine()));
    const { jobs } = await p.service.enqueueMany({ machineIds: machines, action: READING, requestedBy: systemActor });
    await until('both are full', () => a.began.length === 2 && b.began.length === 2);
    await a.end('SIGTERM');
    b.finish();
    for (const { jobId } of jobs) expect(await p.ended(jobId, 20_000)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(await p.count('snapshots')).toBe(8);
  }, 60_000);
});
