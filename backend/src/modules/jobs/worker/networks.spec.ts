import { Logger } from '@nestjs/common';
import { fakeAction } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { addMachines, addNetwork, askAll, RunWatch } from '../../../../test/support/queue-tests';
import { until } from '../../../../test/support/ssh-wait';
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

const waitingTokens = async (p: JobsProcess, jobId: string): Promise<string | null> => {
  const sql = `SELECT t.group_id FROM jobs j JOIN pgboss.job t ON t.id = j.boss_job_id WHERE j.id = $1`;
  return (await queryOne<{ group_id: string | null }>(p.dataSource, sql, [jobId]))?.group_id ?? null;
};

describe('the limit of a network', () => {
  it('is never exceeded by two workers with fifty machines, and keeps nobody else waiting', async () => {
    const [p, q] = [await start(), await start()];
    const near = await addMachines(p, 50, await addNetwork(p, 3));
    const far = await addMachines(p, 5, await addNetwork(p, 5));
    const free = await addMachines(p, 5, null);
    const [slow, other] = [new RunWatch(near), new RunWatch([...far, ...free])];
    for (const each of [p, q]) {
      slow.on(each);
      other.on(each);
    }
    // Those of the slow network are asked for first: their tokens lie at the head of the queue.
    const jobs = await askAll(p, near);
    jobs.push(...(await askAll(p, [...far, ...free])));
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
    const networkId = await addNetwork(p, 1);
    const ids = await addMachines(p, 12, networkId);
    const jobs: string[] = [];
    for (const id of ids) jobs.push((await p.enqueue(id)).id);
    const taken: string[] = [];
    while (taken.length < jobs.length) {
      // All tokens are looked at, and one is taken.
      const claims = await p.claims.take('worker', { free: 20, fleet: 50 });
      expect(claims).toHaveLength(1);
      taken.push(...claims.map(({ jobId }) => jobId));
      await affected(p.dataSource, `UPDATE jobs SET status = 'ok', phase = NULL WHERE id = $1`, [taken.at(-1)]);
    }
    expect(taken).toEqual(jobs);
  }, 30_000);

  it('counts a change that is taken over, and none that waits for it', async () => {
    const p = await start();
    const [first, second] = await addMachines(p, 2, await addNetwork(p, 1));
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
    const narrow = await addNetwork(p, 1);
    const ids = await addMachines(p, 3, narrow);
    const jobs = await askAll(p, ids);
    await p.takeOne('worker');
    expect(await p.claims.take('worker', { free: 5, fleet: 50 })).toEqual([]);
    const wide = await addNetwork(p, 9);
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
