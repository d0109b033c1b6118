import { fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { scheduledNight } from '../../../../test/support/scheduled-night';
import { affected, queryRows } from '../../../kernel/database/rows';

const night = scheduledNight(() => [fakeAction(), fakeChange()], 'upgrade a 1 2');

describe('after the clock of the database was put back to before its server began', () => {
  it('what a worker has left is found as before', async () => {
    const { p } = night;
    await p.enqueue(await p.machine());
    const { jobId } = await p.takeOne('lost');
    await night.pass(-24 * 365);
    await affected(p.dataSource, `UPDATE machine_locks SET expires_at = database_now() - interval '1 second'`);
    await p.sweeper.sweep();
    expect(await p.job(jobId)).toMatchObject({ status: 'queued', errorKind: 'worker_lost' });
  });

  it('nobody waits out the step: a pause ends as if it began now, and what waits for a window goes on waiting', async () => {
    const { p } = night;
    const [paused, held, over] = [await p.machine('a'), await p.machine('b'), await p.machine('c')];
    await p.enqueue(over);
    const { jobId: handedOver } = await p.takeOne('gone');
    const retried = await p.enqueue(paused);
    const waiting = await p.enqueue(held);
    const later = `available_at = clock_timestamp() + interval '1 minute', boss_job_id = NULL`;
    await affected(p.dataSource, `UPDATE jobs SET ${later}, phase = 'reconciling' WHERE id = $1`, [handedOver]);
    await affected(p.dataSource, `UPDATE jobs SET ${later}, phase = 'waiting' WHERE id = $1`, [retried.id]);
    const window = `window_name = 'Nights', start_before = available_at`;
    await affected(p.dataSource, `UPDATE jobs SET ${later}, phase = 'waiting' WHERE id = $1`, [waiting.id]);
    await affected(p.dataSource, `UPDATE jobs SET ${window} WHERE id = $1`, [waiting.id]);
    await night.pass(-5);
    await p.sweeper.sweep();
    const ahead = await queryRows<{ id: string; minutes: number }>(
      p.dataSource,
      `SELECT id, round(extract(epoch FROM available_at - database_now()) / 60)::int AS minutes FROM jobs ORDER BY created_at, id`,
    );
    expect(ahead).toEqual([
      { id: handedOver, minutes: 10 },
      { id: retried.id, minutes: 10 },
      { id: waiting.id, minutes: 301 },
    ]);
  });
});
