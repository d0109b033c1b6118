import { Logger } from '@nestjs/common';
import { fakeAction, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { systemActor } from '../../../kernel/auth/actor';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { LEASE_SECONDS } from './claims';
import { FenceLostError, type Ending } from './outcomes';

let database: TestDatabase;
const open: JobsProcess[] = [];
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
  for (const process of open.splice(0)) await process.close();
  await database.drop();
});

async function start(): Promise<JobsProcess> {
  const process = await JobsProcess.open(database.url, [fakeAction(), counting]);
  open.push(process);
  return process;
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
    const { id } = await p.enqueue(machineId, { action: 'counting_reading' });
    const old = await p.takeOne('paused worker');
    await p.expire(id);
    await p.sweepUntil('it is given back', async () => (await p.job(id)).status === 'queued');
    const next = await p.takeOne('second worker');
    expect(Number(next.fence)).toBeGreaterThan(Number(old.fence));
    expect(next).toMatchObject({ jobId: id, attempt: 2 });

    // The paused worker wakes up: no renewal, no line, no result.
    expect(await p.claims.renew('paused worker', [old])).toEqual({ lost: [id], cancelled: [], forced: [] });
    const line = { stream: 'out' as const, section: null, lines: ['too late'] };
    const { jobId, fence, lastSeq } = old;
    expect(await p.logs.write({ jobId, fence, lastSeq, chunks: [line], at: new Date() })).toBeNull();
    await expect(p.outcomes.write(old, ok, facts)).rejects.toThrow(FenceLostError);
    await expect(p.outcomes.write(old, { kind: 'cancelled' }, facts)).rejects.toThrow(FenceLostError);
    expect(stored).toBe(0);
    expect(await p.count('snapshots')).toBe(0);
    expect(await queryRows(p.dataSource, 'SELECT 1 FROM job_log_chunks')).toEqual([]);
    expect(await p.job(id)).toMatchObject({ status: 'running', attempt: 2 });
    const lock = await queryOne(p.dataSource, 'SELECT holder, fence FROM machine_locks WHERE machine_id = $1', [
      machineId,
    ]);
    expect(lock).toEqual({ holder: 'second worker', fence: next.fence });

    await p.outcomes.write(next, ok, facts);
    expect(await p.job(id)).toMatchObject({ status: 'ok' });
    expect(await p.count('snapshots')).toBe(1);
  }, 60_000);

  it('is not kept for the dead until a clock catches up that was ahead, and is kept for the living', async () => {
    const p = await start();
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId, { action: 'counting_reading' });
    const claim = await p.takeOne('worker');
    const ahead = `UPDATE machine_locks SET renewed_at = now() + interval '2 hours', expires_at = now() + interval '2 hours'`;
    await affected(p.dataSource, ahead, []);
    await p.sweeper.sweep();
    const left = 'SELECT extract(epoch FROM expires_at - now())::float8 AS seconds FROM machine_locks';
    expect((await queryOne<{ seconds: number }>(p.dataSource, left))?.seconds).toBeLessThanOrEqual(LEASE_SECONDS);
    expect(await p.claims.renew('worker', [claim])).toEqual({ lost: [], cancelled: [], forced: [] });
    expect(await p.job(id)).toMatchObject({ status: 'running', attempt: 1 });
  });

  it('rolls back all of a result when it is lost while the result is stored', async () => {
    const p = await start();
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId);
    const claim = await p.takeOne('worker');
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
    expect(await p.count('snapshots')).toBe(0);
    expect(await p.job(id)).toMatchObject({ status: 'running' });
  });

  it('recognises an end that it wrote already, as after an unclear commit', async () => {
    const p = await start();
    const machineId = await p.machine();
    await p.enqueue(machineId, { action: 'counting_reading' });
    const claim = await p.takeOne('worker');
    await p.outcomes.write(claim, ok, facts);
    await p.outcomes.write(claim, ok, facts);
    expect(await p.count('snapshots')).toBe(1);
    expect(stored).toBe(1);
    expect(p.events.published).toHaveLength(1);
  });

  it('writes lines once although the answer to the first write was lost', async () => {
    const p = await start();
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId);
    const { jobId, fence, lastSeq } = await p.takeOne('worker');
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
    const { id } = await p.enqueue(machineId);
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
    expect(await p.job(id)).toMatchObject({ status: 'running', attempt: 1 });
  });

  it('goes back to wait, without spending an attempt, while somebody else holds the machine', async () => {
    const p = await start();
    const machineId = await p.machine();
    const { id: holderJob } = await p.enqueue(machineId, { action: 'counting_reading' });
    await p.service.cancel(holderJob, systemActor);
    const { id } = await p.enqueue(machineId);
    const hold = `INSERT INTO machine_locks (machine_id, job_id, lock_kind, holder, fence, created_at, renewed_at, expires_at)
      VALUES ($1, $2, 'exclusive', 'somebody', nextval('machine_lock_fence'), now(), now(), clock_timestamp() + interval '1 minute')`;
    await affected(p.dataSource, hold, [machineId, holderJob]);
    expect(await p.claims.take('worker', { free: 5, fleet: 50 })).toEqual([]);
    expect(await p.job(id)).toMatchObject({ status: 'queued', phase: 'waiting', attempt: 0 });
    await p.sweeper.sweep();
    expect(await p.job(id)).toMatchObject({ phase: 'waiting' });
    await p.expire(holderJob);
    await p.sweeper.sweep();
    expect(await p.takeOne('worker')).toMatchObject({ jobId: id, attempt: 1 });
  });

  it('makes a token anew that was lost from the queue', async () => {
    const p = await start();
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId);
    await affected(p.dataSource, 'DELETE FROM pgboss.job', []);
    expect(await p.claims.take('worker', { free: 5, fleet: 50 })).toEqual([]);
    await p.sweeper.sweep();
    expect(await p.takeOne('worker')).toMatchObject({ jobId: id });
  });
});
