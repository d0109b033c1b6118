import { Logger } from '@nestjs/common';
import { answer, fakeAction, gate, hang, READING, type Gate } from '../../../../test/support/jobs-fakes';
import { startWorkerProcess, type WorkerProcess } from '../../../../test/support/jobs-children';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import type { JobRecord } from '../job-record';
import type { Claim } from './claims';
import { FenceLostError, type Ending } from './outcomes';

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

async function enqueue(process: JobsProcess, machineId: string, action = READING): Promise<string> {
  return (await process.service.enqueue({ machineId, action, requestedBy: systemActor })).job.id;
}

async function job(process: JobsProcess, id: string): Promise<JobRecord> {
  const found = await process.reader.find(id);
  if (found === null) throw new Error('the job is gone');
  return found;
}

const isRunning = (process: JobsProcess, id: string) => async () => (await job(process, id)).status === 'running';

async function ended(process: JobsProcess, id: string, limitMs = 10_000): Promise<JobRecord> {
  const over = async () => !['queued', 'running'].includes((await job(process, id)).status);
  await until(`job ${id} ends`, over, limitMs);
  return job(process, id);
}

async function expire(process: JobsProcess, jobId: string): Promise<void> {
  const sql = `UPDATE machine_locks SET expires_at = clock_timestamp() - interval '1 second' WHERE job_id = $1`;
  expect(await affected(process.dataSource, sql, [jobId])).toBe(1);
}

/** What a real sweep does every ten seconds; a fresh database server must first have been up for as long as a lease. */
async function sweepUntil(process: JobsProcess, what: string, condition: () => Promise<boolean>): Promise<void> {
  const sweep = async () => {
    await process.sweeper.sweep();
    return condition();
  };
  await until(what, sweep, 40_000);
}

async function snapshots(process: JobsProcess): Promise<number> {
  return (await queryRows(process.dataSource, 'SELECT 1 FROM snapshots')).length;
}

async function takeOne(process: JobsProcess, worker: string): Promise<Claim> {
  const [claim] = await process.claims.take(worker, { free: 1, fleet: 50 });
  if (claim === undefined) throw new Error('there was nothing to take');
  return claim;
}

describe('the fence', () => {
  const ok: Ending = {
    kind: 'collected',
    outcome: counting.collect({ sections: new Map() } as never, {} as never) as never,
  };
  const facts = { steps: [], result: {} };

  it('lets a worker that lost it write nothing, and leaves everything to the next', async () => {
    const p = await start();
    const machineId = await p.machine();
    const id = await enqueue(p, machineId, 'counting_reading');
    const old = await takeOne(p, 'paused worker');
    await expire(p, id);
    await sweepUntil(p, 'it is given back', async () => (await job(p, id)).status === 'queued');
    const next = await takeOne(p, 'second worker');
    expect(Number(next.fence)).toBeGreaterThan(Number(old.fence));
    expect(next).toMatchObject({ jobId: id, attempt: 2 });

    // The paused worker wakes up: no renewal, no line, no result.
    expect(await p.claims.renew('paused worker', [old])).toEqual({ lost: [id], cancelled: [] });
    const line = { stream: 'out' as const, section: null, lines: ['too late'] };
    const { jobId, fence, lastSeq } = old;
    expect(await p.logs.write({ jobId, fence, lastSeq, chunks: [line], at: new Date() })).toBeNull();
    await expect(p.outcomes.write(old, ok, facts)).rejects.toThrow(FenceLostError);
    await expect(p.outcomes.write(old, { kind: 'cancelled' }, facts)).rejects.toThrow(FenceLostError);
    expect(stored).toBe(0);
    expect(await snapshots(p)).toBe(0);
    expect(await queryRows(p.dataSource, 'SELECT 1 FROM job_log_chunks')).toEqual([]);
    expect(await job(p, id)).toMatchObject({ status: 'running', attempt: 2 });
    const lock = await queryOne(p.dataSource, 'SELECT holder, fence FROM machine_locks WHERE machine_id = $1', [
      machineId,
    ]);
    expect(lock).toEqual({ holder: 'second worker', fence: next.fence });

    await p.outcomes.write(next, ok, facts);
    expect(await job(p, id)).toMatchObject({ status: 'ok' });
    expect(await snapshots(p)).toBe(1);
  }, 60_000);

  it('rolls back all of a result when it is lost while the result is stored', async () => {
    const p = await start();
    const machineId = await p.machine();
    const id = await enqueue(p, machineId);
    const claim = await takeOne(p, 'worker');
    const losing: Ending = {
      kind: 'collected',
      outcome: {
        status: 'ok',
        document: { kind: READING, status: 'ok', payload: {}, important: {} },
        // Another hand takes the lock away in the very same transaction: the most that can happen here.
        store: async (tx) => {
          await affected(
            tx.manager,
            `UPDATE machine_locks SET fence = nextval('machine_lock_fence') WHERE job_id = $1`,
            [id],
          );
        },
      },
    };
    await expect(p.outcomes.write(claim, losing, facts)).rejects.toThrow(FenceLostError);
    expect(await snapshots(p)).toBe(0);
    expect(await job(p, id)).toMatchObject({ status: 'running' });
  });

  it('recognises an end that it wrote already, as after an unclear commit', async () => {
    const p = await start();
    const machineId = await p.machine();
    await enqueue(p, machineId, 'counting_reading');
    const claim = await takeOne(p, 'worker');
    await p.outcomes.write(claim, ok, facts);
    await p.outcomes.write(claim, ok, facts);
    expect(await snapshots(p)).toBe(1);
    expect(stored).toBe(1);
    expect(p.events.published).toHaveLength(1);
  });

  it('writes lines once although the answer to the first write was lost', async () => {
    const p = await start();
    const machineId = await p.machine();
    const id = await enqueue(p, machineId);
    const { jobId, fence, lastSeq } = await takeOne(p, 'worker');
    const write = {
      jobId,
      fence,
      lastSeq,
      chunks: [{ stream: 'out' as const, section: 'look', lines: ['a', 'b'] }],
      at: new Date(),
    };
    expect(await p.logs.write(write)).toBe(2);
    expect(await p.logs.write(write)).toBe(2);
    expect((await p.logs.read(id, 0, 10))?.lines.map(({ seq, text }) => [seq, text])).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });
});

describe('delivery', () => {
  it('has one effect when a token is doubled and two workers take both at once', async () => {
    const [p, q] = [await start(), await start()];
    const machineId = await p.machine();
    const id = await enqueue(p, machineId);
    const token = await queryOne<{ boss_job_id: string }>(p.dataSource, 'SELECT boss_job_id FROM jobs WHERE id = $1', [
      id,
    ]);
    await affected(p.dataSource, `DELETE FROM pgboss.job WHERE id = $1`, [token?.boss_job_id]);
    await p.transactions.run(async (tx) => {
      // Two tokens for one job: its own and a stray.
      await p.queue.put(tx, [
        { id: token?.boss_job_id ?? '', jobId: id, priority: 0 },
        { id: '0193c3a0-0000-7000-8000-00000000dead', jobId: id, priority: 0 },
      ]);
    });
    const taken = await Promise.all(
      [p, q].map((process, n) => process.claims.take(`worker ${String(n)}`, { free: 1, fleet: 50 })),
    );
    expect(taken.flat()).toHaveLength(1);
    expect(await p.claims.take('worker 3', { free: 5, fleet: 50 })).toEqual([]);
    expect(await job(p, id)).toMatchObject({ status: 'running', attempt: 1 });
  });

  it('goes back to wait, without spending an attempt, while somebody else holds the machine', async () => {
    const p = await start();
    const machineId = await p.machine();
    const holderJob = await enqueue(p, machineId, 'counting_reading');
    await p.service.cancel(holderJob, systemActor);
    const id = await enqueue(p, machineId);
    const hold = `INSERT INTO machine_locks (machine_id, job_id, lock_kind, holder, fence, created_at, renewed_at, expires_at)
      VALUES ($1, $2, 'exclusive', 'somebody', nextval('machine_lock_fence'), now(), now(), clock_timestamp() + interval '1 minute')`;
    await affected(p.dataSource, hold, [machineId, holderJob]);
    expect(await p.claims.take('worker', { free: 5, fleet: 50 })).toEqual([]);
    expect(await job(p, id)).toMatchObject({ status: 'queued', phase: 'waiting', attempt: 0 });
    await p.sweeper.sweep();
    expect(await job(p, id)).toMatchObject({ phase: 'waiting' });
    await expire(p, holderJob);
    await p.sweeper.sweep();
    expect(await takeOne(p, 'worker')).toMatchObject({ jobId: id, attempt: 1 });
  });

  it('makes a token anew that was lost from the queue', async () => {
    const p = await start();
    const machineId = await p.machine();
    const id = await enqueue(p, machineId);
    await affected(p.dataSource, 'DELETE FROM pgboss.job', []);
    expect(await p.claims.take('worker', { free: 5, fleet: 50 })).toEqual([]);
    await p.sweeper.sweep();
    expect(await takeOne(p, 'worker')).toMatchObject({ jobId: id });
  });
});

describe('workers that stop', () => {
  it('gives a running job back on a stop, and spends no attempt', async () => {
    const [p, q] = [await start(), await start()];
    const machineId = await p.machine();
    p.remote.otherwise(hang);
    q.remote.otherwise(() => answer({ look: 'by the other' }));
    const worker = p.work();
    const id = await enqueue(p, machineId);
    await until('it runs', isRunning(p, id));
    await worker.stop();
    expect(await job(p, id)).toMatchObject({ status: 'queued', phase: 'dispatched', attempt: 0 });
    q.work();
    expect(await ended(p, id)).toMatchObject({ status: 'ok', attempt: 1 });
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
    const id = await enqueue(p, first);
    await until('it runs', isRunning(p, id));
    const stopped = worker.stop();
    const other = await enqueue(p, second);
    held.open();
    await stopped;
    expect(await job(p, id)).toMatchObject({ status: 'ok' });
    expect(await job(p, other)).toMatchObject({ status: 'queued', attempt: 0 });
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
    const id = await enqueue(p, machineId, 'counting_reading');
    await until('it runs', isRunning(p, id));
    await affected(
      p.dataSource,
      `UPDATE machine_locks SET holder = 'thief', fence = nextval('machine_lock_fence')`,
      [],
    );
    held.open();
    await until('the worker is rid of it', () => worker.running === 0);
    expect(stored).toBe(0);
    expect(await snapshots(p)).toBe(0);
    expect(await job(p, id)).toMatchObject({ status: 'running' });
  });

  it('is noticed within a minute of a SIGKILL, and its job runs elsewhere', async () => {
    const p = await start();
    const machineId = await p.machine();
    const doomed = await child();
    const id = await enqueue(p, machineId);
    await until('it runs there', () => doomed.began.includes(id));
    await until(
      'its line is read here',
      async () => (await p.logs.read(id, 0, 10))?.lines.some(({ stream }) => stream === 'out') === true,
    );
    await doomed.end('SIGKILL');
    const killedAt = performance.now();
    p.remote.otherwise(() => answer({ look: 'after all' }));
    p.work();
    const done = await ended(p, id, 60_000);
    expect(performance.now() - killedAt).toBeLessThan(60_000);
    expect(done).toMatchObject({ status: 'ok', attempt: 2 });
    const seqs = (await p.logs.read(id, 0, 100))?.lines.map(({ seq }) => seq) ?? [];
    expect(seqs).toEqual(seqs.map((_seq, index) => index + 1));
    expect(await snapshots(p)).toBe(1);
  }, 90_000);

  it('closes the job as worker_lost when that was its last attempt', async () => {
    const p = await start();
    const machineId = await p.machine();
    const id = await enqueue(p, machineId);
    for (const attempt of [1, 2]) {
      expect(await takeOne(p, `dead worker ${String(attempt)}`)).toMatchObject({ jobId: id, attempt });
      await expire(p, id);
      await sweepUntil(p, 'the sweep finds it', async () => (await job(p, id)).status !== 'running');
    }
    expect(await job(p, id)).toMatchObject({ status: 'error', errorKind: 'worker_lost', attempt: 2, step: null });
    expect(p.events.published.map(({ type }) => type)).toEqual(['job_failed']);
    expect(await queryRows(p.dataSource, 'SELECT 1 FROM machine_locks')).toEqual([]);
    const state = await queryOne(
      p.dataSource,
      'SELECT running_job_id, last_error_kind FROM machine_state WHERE machine_id = $1',
      [machineId],
    );
    expect(state).toEqual({ running_job_id: null, last_error_kind: 'worker_lost' });
  }, 60_000);

  it('shares the work with another process, and hands it over on SIGTERM', async () => {
    const p = await start();
    const [a, b] = [await child(), await child()];
    const machines = await Promise.all(Array.from({ length: 8 }, () => p.machine()));
    const { jobs } = await p.service.enqueueMany({ machineIds: machines, action: READING, requestedBy: systemActor });
    await until('both are full', () => a.began.length === 2 && b.began.length === 2);
    await a.end('SIGTERM');
    b.finish();
    for (const { jobId } of jobs) expect(await ended(p, jobId, 20_000)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(await snapshots(p)).toBe(8);
  }, 60_000);
});
