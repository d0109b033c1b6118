import { Logger } from '@nestjs/common';
import { answer, fakeAction, fakeChange, gate, READING } from '../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { addMachines, addWaiting } from '../../../test/support/queue-tests';
import { until } from '../../../test/support/ssh-wait';
import type { Actor } from '../../kernel/auth/actor';
import { affected, queryOne } from '../../kernel/database/rows';

let database: TestDatabase;
const open: JobsProcess[] = [];
const anna: Actor = { type: 'user', id: null, name: 'Anna' };
const nightly: Actor = { type: 'schedule', id: null, name: 'Nightly' };
/** One action for each kind of lock that actions of this program take. */
const kinds = ['apt', 'reboot', 'exclusive'] as const;
const actions = [
  fakeAction(),
  ...kinds.map((lockKind) => fakeAction({ name: `look_${lockKind}`, lockKind })),
  fakeChange(),
];

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
  const process = await JobsProcess.open(database.url, actions);
  open.push(process);
  return process;
}

/** Takes everything that may begin, one after the other, each ended at once. @returns the jobs in that order */
async function order(p: JobsProcess): Promise<string[]> {
  const taken: string[] = [];
  for (;;) {
    const [claim] = await p.claims.take('worker', { free: 1, fleet: 5 });
    if (claim === undefined) return taken;
    taken.push(claim.jobId);
    await p.outcomes.write(claim, { kind: 'cancelled' }, { steps: [], result: {} });
  }
}

describe('whose turn it is', () => {
  it('what a person asks for goes before what a schedule asked for, on one machine and on others', async () => {
    const p = await start();
    const [one, other] = await addMachines(p, 2);
    const byNight = await p.enqueue(one ?? '', { requestedBy: nightly, parameters: { number: 1 } });
    await p.enqueue(other ?? '', { requestedBy: nightly });
    const byAnna = await p.enqueue(one ?? '', { requestedBy: anna, parameters: { number: 2 } });
    expect([byNight.priority, byAnna.priority]).toEqual([-10, 0]);
    const taken = await order(p);
    expect(taken).toHaveLength(3);
    expect(taken[0]).toBe(byAnna.id);
    expect(taken).toContain(byNight.id);
  });

  it('a step of priority counts as much as a minute of waiting, between machines', async () => {
    const p = await start();
    const ids = await addMachines(p, 4);
    const urgent = await addWaiting(p, ids[0] ?? '', { minutes: 0, priority: 10 });
    const older = await addWaiting(p, ids[1] ?? '', { minutes: 11 });
    const younger = await addWaiting(p, ids[2] ?? '', { minutes: 9 });
    const night = await addWaiting(p, ids[3] ?? '', { minutes: 20, priority: -10 });
    expect(await order(p)).toEqual([older, urgent, night, younger]);
  });

  it('no stream of urgent jobs keeps an old one of the same machine waiting for ever', async () => {
    const p = await start();
    const [id = ''] = await addMachines(p, 1);
    const old = await addWaiting(p, id, { minutes: 101 });
    for (let number = 0; number < 20; number += 1) {
      await p.enqueue(id, { requestedBy: anna, priority: 100, parameters: { number } });
    }
    expect((await order(p))[0]).toBe(old);
  });

  it('no stream of urgent jobs on other machines does either', async () => {
    const p = await start();
    const [id = '', ...others] = await addMachines(p, 21);
    const old = await addWaiting(p, id, { minutes: 101 });
    for (const other of others) await p.enqueue(other, { requestedBy: anna, priority: 100 });
    expect((await order(p))[0]).toBe(old);
  });

  it('a machine with a thousand jobs delays no other machine', async () => {
    const p = await start();
    const [crowded = '', ...others] = await addMachines(p, 4);
    await affected(
      p.dataSource,
      `INSERT INTO jobs (id, kind, machine_id, status, phase, priority, created_at, timeout_seconds, max_attempts)
       SELECT gen_random_uuid(), $1, $2, 'queued', 'waiting', 100, clock_timestamp() - interval '1 hour', 60, 2
       FROM generate_series(1, 1000)`,
      [READING, crowded],
    );
    await p.sweeper.dispatch([crowded]);
    expect(await p.count('pgboss.job', `state = 'created'`)).toBe(1);
    const jobs: string[] = [];
    for (const other of others) jobs.push((await p.enqueue(other, { requestedBy: nightly })).id);
    // A machine works on one job at a time: in two places, one is free for the others all along.
    const held = gate();
    p.remote.on(crowded, async () => {
      await held.opened;
      return answer({ look: '' });
    });
    p.remote.otherwise(() => answer({ look: '' }));
    p.work({ concurrency: 2, fleetConcurrency: 2 });
    for (const id of jobs) expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    expect(p.remote.began.filter((machineId) => machineId === crowded)).toHaveLength(1);
    await affected(p.dataSource, `DELETE FROM jobs WHERE machine_id = $1 AND status = 'queued'`, [crowded]);
    held.open();
  }, 30_000);

  it('a waiting job with an earlier turn takes the place of one that was handed out', async () => {
    const p = await start();
    const [id = ''] = await addMachines(p, 1);
    const young = await addWaiting(p, id, { minutes: 1 });
    const old = await addWaiting(p, id, { minutes: 5 });
    expect(await p.job(young)).toMatchObject({ phase: 'waiting' });
    expect(await order(p)).toEqual([old, young]);
  });

  it('what was handed out gives way to nothing that may not begin any more', async () => {
    const p = await start();
    const [id = ''] = await addMachines(p, 1);
    const given = await addWaiting(p, id, { minutes: 1 });
    await affected(p.dataSource, `UPDATE jobs SET phase = 'waiting', boss_job_id = NULL WHERE id = $1`, [given]);
    const late = await addWaiting(p, id, { minutes: 5 });
    await affected(p.dataSource, `UPDATE jobs SET phase = 'waiting', start_before = created_at WHERE id = $1`, [late]);
    const dispatch = () => p.transactions.run((tx) => p.dispatcher.dispatch(tx, [id]));
    await dispatch();
    expect([await p.job(given), await p.job(late)]).toMatchObject([{ phase: 'dispatched' }, { phase: 'waiting' }]);
    await dispatch();
    expect([await p.job(given), await p.job(late)]).toMatchObject([{ phase: 'dispatched' }, { phase: 'waiting' }]);
  });
});

describe('locks', () => {
  it.each(kinds.flatMap((first) => kinds.map((second) => [first, second] as const)))(
    'of kind %s keep work of kind %s off the machine',
    async (first, second) => {
      const p = await start();
      const [id = ''] = await addMachines(p, 1);
      let now = 0;
      let most = 0;
      const held = gate();
      p.remote.on(id, async () => {
        now += 1;
        most = Math.max(most, now);
        await held.opened;
        now -= 1;
        return answer({ look: '' });
      });
      const before = await p.enqueue(id, { action: `look_${first}`, parameters: { number: 1 } });
      p.work();
      await until('the first runs', () => now === 1);
      const after = await p.enqueue(id, { action: `look_${second}`, parameters: { number: 2 } });
      const lock = await queryOne(p.dataSource, 'SELECT lock_kind, job_id FROM machine_locks WHERE machine_id = $1', [
        id,
      ]);
      expect(lock).toEqual({ lock_kind: first, job_id: before.id });
      expect(await p.claims.take('another worker', { free: 5, fleet: 50 })).toEqual([]);
      held.open();
      expect(await p.ended(after.id)).toMatchObject({ status: 'ok' });
      expect(most).toBe(1);
    },
  );
});
