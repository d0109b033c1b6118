import { Logger } from '@nestjs/common';
import { answer, fakeAction } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { addMachines, addNetwork, askAll } from '../../../../test/support/queue-tests';
import { until } from '../../../../test/support/ssh-wait';
import { affected } from '../../../kernel/database/rows';

let database: TestDatabase;
let p: JobsProcess;

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  database = await createTestDatabase();
  p = await JobsProcess.open(database.url, [fakeAction()]);
  p.remote.otherwise(() => answer({ look: '' }));
});

afterEach(async () => {
  await p.close();
  await database.drop();
});

/** Whoever decides about these machines holds them until `work` is done. */
async function holding<T>(machineIds: readonly string[], work: () => Promise<T>): Promise<T> {
  const decider = p.dataSource.createQueryRunner();
  await decider.startTransaction();
  try {
    await decider.query('SELECT id FROM machines WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [
      machineIds,
    ]);
    return await work();
  } finally {
    await decider.rollbackTransaction();
    await decider.release();
  }
}

/** Takes as a worker does; whoever would wait for somebody fails. */
async function take(free = 10, cut: number[] = []): Promise<string[]> {
  const limits = { free, fleet: 100, onCut: (ms: number) => void cut.push(ms) };
  const claims = await p.transactions.run(async (tx) => {
    await affected(tx.manager, `SET LOCAL lock_timeout = '2s'`, []);
    return p.claims.take('worker', limits);
  });
  return claims.map(({ jobId }) => jobId);
}

describe('a machine that somebody holds while workers take jobs', () => {
  it('keeps no job of another machine waiting, and is taken at its place once it is free', async () => {
    const ids = await addMachines(p, 3);
    const [first, ...others] = await askAll(p, ids);
    const cut: number[] = [];
    await holding(ids.slice(0, 1), async () => {
      expect((await take(10, cut)).sort()).toEqual([...others].sort());
      expect(cut).toEqual([250]);
      expect(await p.job(first ?? '')).toMatchObject({ status: 'queued', phase: 'dispatched' });
    });
    const later = await askAll(p, await addMachines(p, 1));
    expect(await take(1)).toEqual([first]);
    expect(await take()).toEqual(later);
  });

  it('neither do many of them that stand before all others in the queue, with limits of networks or without', async () => {
    for (const network of [undefined, await addNetwork(p, 100)]) {
      const ids = await addMachines(p, 12, network);
      const jobs = await askAll(p, ids);
      await holding(ids.slice(0, 10), async () => {
        expect((await take(4)).sort()).toEqual(jobs.slice(10).sort());
      });
      expect((await take(20)).sort()).toEqual(jobs.slice(0, 10).sort());
    }
  });

  it('is looked at again by the worker itself, without any news', async () => {
    const [machineId = ''] = await addMachines(p, 1);
    const [jobId = ''] = await askAll(p, [machineId]);
    const looked = jest.spyOn(p.queue, 'leave');
    await holding([machineId], async () => {
      p.work({ sweepEveryMs: 600_000 });
      await until('it looks twice', () => looked.mock.calls.filter(([, left]) => left.length > 0).length > 1);
    });
    expect(await p.ended(jobId)).toMatchObject({ status: 'ok', attempt: 1 });
  });
});
