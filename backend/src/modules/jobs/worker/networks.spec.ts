import { Logger } from '@nestjs/common';
import { answer, fakeAction, gate, READING, type Gate } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne } from '../../../kernel/database/rows';

let database: TestDatabase;
const open: JobsProcess[] = [];

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const process of open.splice(0)) await process.close();
  await database.drop();
});

async function start(): Promise<JobsProcess> {
  const process = await JobsProcess.open(database.url, [fakeAction()]);
  open.push(process);
  return process;
}

async function network(p: JobsProcess, concurrency: number): Promise<string> {
  const id = newId();
  await affected(
    p.dataSource,
    `INSERT INTO networks (id, name, concurrency, created_at, updated_at) VALUES ($1::uuid, $1::text, $2, now(), now())`,
    [id, concurrency],
  );
  return id;
}

async function machines(p: JobsProcess, count: number, networkId: string | null): Promise<string[]> {
  const made: string[] = [];
  for (let n = 0; n < count; n += 1) made.push(await p.machine());
  await affected(p.dataSource, 'UPDATE machines SET network_id = $2 WHERE id = ANY($1::uuid[])', [made, networkId]);
  return made;
}

async function ask(p: JobsProcess, machineIds: readonly string[]): Promise<string[]> {
  const { jobs } = await p.service.enqueueMany({ machineIds, action: READING, requestedBy: systemActor });
  return jobs.map(({ jobId }) => jobId);
}

/** Counts the runs that are under way on some machines, in all processes. */
class Watch {
  readonly held = new Map<string, Gate>();
  now = 0;
  most = 0;
  ended = 0;

  constructor(machineIds: readonly string[]) {
    for (const id of machineIds) this.held.set(id, gate());
  }

  on(p: JobsProcess): void {
    for (const [machineId, { opened }] of this.held) {
      p.remote.on(machineId, async () => {
        this.now += 1;
        this.most = Math.max(this.most, this.now);
        await opened;
        this.now -= 1;
        this.ended += 1;
        return answer({ look: '' });
      });
    }
  }

  open(): void {
    for (const { open: release } of this.held.values()) release();
  }
}

const waitingTokens = async (p: JobsProcess, jobId: string): Promise<string | null> => {
  const sql = `SELECT t.group_id FROM jobs j JOIN pgboss.job t ON t.id = j.boss_job_id WHERE j.id = $1`;
  return (await queryOne<{ group_id: string | null }>(p.dataSource, sql, [jobId]))?.group_id ?? null;
};

describe('the limit of a network', () => {
  it('is never exceeded by two workers with fifty machines, and keeps nobody else waiting', async () => {
    const [p, q] = [await start(), await start()];
    const near = await machines(p, 50, await network(p, 3));
    const far = await machines(p, 5, await network(p, 5));
    const free = await machines(p, 5, null);
    const [slow, other] = [new Watch(near), new Watch([...far, ...free])];
    for (const each of [p, q]) {
      slow.on(each);
      other.on(each);
    }
    // Those of the slow network are asked for first: their tokens lie at the head of the queue.
    const jobs = await ask(p, near);
    jobs.push(...(await ask(p, [...far, ...free])));
    for (const each of [p, q]) each.work({ concurrency: 20, fleetConcurrency: 40 });
    await until('all of the others run', () => other.now === 10);
    await until('the slow network is full', () => slow.now === 3);
    other.open();
    await until('the others ended', () => other.ended === 10);
    expect(slow.most).toBe(3);
    slow.open();
    for (const id of jobs) expect(await p.ended(id, 30_000)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(slow.most).toBe(3);
  }, 60_000);

  it('lets the one that was asked for first begin first', async () => {
    const p = await start();
    const networkId = await network(p, 1);
    const ids = await machines(p, 12, networkId);
    const jobs: string[] = [];
    for (const id of ids) jobs.push((await p.enqueue(id)).id);
    const taken: string[] = [];
    for (const _each of jobs) {
      const { jobId } = await p.takeOne('worker');
      taken.push(jobId);
      expect(await p.claims.take('worker', { free: 20, fleet: 50 })).toEqual([]);
      await affected(p.dataSource, `UPDATE jobs SET status = 'ok', phase = NULL WHERE id = $1`, [jobId]);
    }
    expect(taken).toEqual(jobs);
  }, 30_000);

  it('counts a change that is taken over, and none that waits for it', async () => {
    const p = await start();
    const [first, second] = await machines(p, 2, await network(p, 1));
    const { id } = await p.enqueue(first ?? '');
    await p.takeOne('worker that dies');
    await affected(p.dataSource, `UPDATE jobs SET phase = 'reconciling', worker_id = NULL WHERE id = $1`, [id]);
    await p.enqueue(second ?? '');
    expect(await p.claims.take('worker', { free: 5, fleet: 50 })).toHaveLength(1);
    await affected(p.dataSource, `UPDATE jobs SET worker_id = 'another' WHERE id = $1`, [id]);
    await affected(p.dataSource, `UPDATE jobs SET status = 'ok' WHERE machine_id = $1`, [second]);
    await p.enqueue(second ?? '');
    expect(await p.claims.take('worker', { free: 5, fleet: 50 })).toEqual([]);
  });

  it('speaks of the machines that belong to it by now', async () => {
    const p = await start();
    const narrow = await network(p, 1);
    const ids = await machines(p, 3, narrow);
    const jobs = await ask(p, ids);
    await p.takeOne('worker');
    expect(await p.claims.take('worker', { free: 5, fleet: 50 })).toEqual([]);
    const wide = await network(p, 9);
    await p.transactions.run(async (tx) => {
      await affected(tx.manager, 'UPDATE machines SET network_id = $2 WHERE id = $1', [ids[2], wide]);
      await p.dispatcher.dispatchAnew(tx, ids);
    });
    expect(await waitingTokens(p, jobs[1] ?? '')).toBe(narrow);
    expect(await waitingTokens(p, jobs[2] ?? '')).toBe(wide);
    const [claim, ...more] = await p.claims.take('worker', { free: 5, fleet: 50 });
    expect(claim).toMatchObject({ jobId: jobs[2] });
    expect(more).toEqual([]);
  });
});
