import { Logger } from '@nestjs/common';
import { answer, fakeAction, gate } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { addMachines, addNetwork, askAll, RunWatch } from '../../../../test/support/queue-tests';
import { until } from '../../../../test/support/ssh-wait';
import { affected, queryRows } from '../../../kernel/database/rows';
import { SshError } from '../../../kernel/ssh/ssh-error';
import { StartRate } from './start-room';

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

/** When the present attempts of these jobs began, by the database's clock, in seconds and in order. */
async function starts(p: JobsProcess, jobIds: readonly string[]): Promise<number[]> {
  const rows = await queryRows<{ at: number }>(
    p.dataSource,
    `SELECT extract(epoch FROM l.created_at)::float8 AS at FROM machine_locks l WHERE l.job_id = ANY($1::uuid[]) ORDER BY 1`,
    [jobIds],
  );
  return rows.map(({ at }) => at);
}

/** The most by which any stretch of time holds more starts than the rate allows in it; the burst at most. */
function excess(times: readonly number[], rate: number): number {
  let most = 0;
  times.forEach((from, first) => {
    times.slice(first).forEach((to, more) => {
      most = Math.max(most, more + 1 - rate * (to - from));
    });
  });
  return most;
}

describe('the rate of starts', () => {
  it('allows a burst after a quiet time, then one after each pause', () => {
    const first = new StartRate(4, 0, 10);
    expect(first.allowed).toBe(4);
    for (let n = 0; n < 4; n += 1) first.take();
    expect(first.nextMs()).toBe(250);
    expect(new StartRate(4, 1, 10)).toMatchObject({ allowed: 0 });
    expect(new StartRate(4, 0.9, 10).nextMs()).toBe(150);
    const patient = new StartRate(4, 0, 3);
    for (let n = 0; n < 3; n += 1) patient.take();
    expect(patient.nextMs()).toBeNull();
  });

  it('is kept by two workers together, and not fallen short of', async () => {
    const [p, q] = [await start(), await start()];
    const ids = await addMachines(p, 60);
    const watch = new RunWatch(ids);
    for (const each of [p, q]) watch.on(each);
    const jobs = await askAll(p, ids);
    const rate = 20;
    const began = performance.now();
    // Nothing ends, and no sweep comes: each look after the first is one at the moment of the next start.
    for (const each of [p, q]) {
      each.work({ concurrency: 40, fleetConcurrency: 100, startRate: rate, sweepEveryMs: 600_000 });
    }
    await until('all run', () => watch.now === 60, 30_000);
    const took = performance.now() - began;
    const times = await starts(p, jobs);
    expect(times).toHaveLength(60);
    expect(excess(times, rate)).toBeLessThanOrEqual(rate + 1);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1.9);
    expect(took).toBeLessThan(15_000);
    watch.open();
    for (const id of jobs) expect(await p.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
  }, 60_000);

  it('counts a taken job once, and nothing that was not begun', async () => {
    const p = await start();
    const ids = await addMachines(p, 3);
    await askAll(p, ids);
    const cut: number[] = [];
    const limits = { free: 10, fleet: 10, startRate: 1, onCut: (ms: number) => void cut.push(ms) };
    expect(await p.claims.take('worker', limits)).toHaveLength(1);
    expect(await p.claims.take('worker', limits)).toEqual([]);
    expect(cut).toHaveLength(2);
    for (const ms of cut) expect(ms).toBeLessThanOrEqual(1_000);
    await until('a second has passed', async () => (await p.claims.take('worker', limits)).length === 1);
    expect(await p.claims.take('worker', { ...limits, free: 0 })).toEqual([]);
    expect(await p.claims.take('worker', { free: 10, fleet: 10 })).toHaveLength(1);
  });

  it('waits for no clock to catch up that was ahead while something began, and is right again', async () => {
    const p = await start();
    await askAll(p, await addMachines(p, 2));
    await affected(p.dataSource, `UPDATE work_pace SET paid_until = clock_timestamp() + interval '2 hours'`, []);
    const limits = { free: 10, fleet: 10, startRate: 1 };
    expect(await p.claims.take('worker', limits)).toHaveLength(1);
    expect(await p.claims.take('worker', limits)).toEqual([]);
  });
});

describe('two hundred machines that lose their connection at the same moment', () => {
  it('are visited again one after the other, by all limits, and all end right', async () => {
    const [p, q] = [await start(), await start()];
    const narrow = await addMachines(p, 40, await addNetwork(p, 5));
    const wide = await addMachines(p, 160);
    const lost = gate();
    const visits = new Map<string, number>();
    const again: number[] = [];
    const narrowNow = { now: 0, most: 0 };
    let away = 0;
    for (const each of [p, q]) {
      each.remote.otherwise(async ({ machineId }) => {
        const slow = narrow.includes(machineId);
        narrowNow.now += slow ? 1 : 0;
        narrowNow.most = Math.max(narrowNow.most, narrowNow.now);
        const visit = (visits.get(machineId) ?? 0) + 1;
        visits.set(machineId, visit);
        try {
          if (visit === 1) {
            away += 1;
            await lost.opened;
            throw new SshError('connection_lost', 'run');
          }
          again.push(performance.now());
          return answer({ look: '' });
        } finally {
          narrowNow.now -= slow ? 1 : 0;
        }
      });
    }
    const jobs = await askAll(p, [...wide, ...narrow]);
    for (const each of [p, q]) {
      each.work({ concurrency: 100, fleetConcurrency: 200, startRate: 100, chance: Math.random });
    }
    await until('all that have a place are being visited', () => away === 165, 30_000);
    lost.open();
    for (const id of jobs) expect(await p.ended(id, 60_000)).toMatchObject({ status: 'ok', attempt: 2 });
    expect(narrowNow.most).toBe(5);
    expect([...visits.values()]).toEqual(Array.from({ length: 200 }, () => 2));
    // They were lost in one moment; those that come back come over the half of the pause by which it is spread.
    const spreadMs = (again[159] ?? 0) - (again[0] ?? 0);
    expect(spreadMs).toBeGreaterThan(700);
  }, 120_000);
});
