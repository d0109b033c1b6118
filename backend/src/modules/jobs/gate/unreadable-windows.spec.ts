import { gatedJobs } from '../../../../test/support/gated-jobs';
import { answer } from '../../../../test/support/jobs-fakes';
import { until } from '../../../../test/support/ssh-wait';
import { affected } from '../../../kernel/database/rows';

const gated = gatedJobs();

/** As by a hand in the database, or by a program whose zone data does not have the zone any more. */
async function loseZone(): Promise<void> {
  await affected(gated.p.dataSource, `UPDATE maintenance_windows SET timezone = 'Europe/Nowhere'`, []);
}

describe('a window whose time zone is not known any more', () => {
  const why = expect.stringMatching(/window «in -0.25 h» .* cannot be read/) as string;

  it('keeps changes from its machines and says what to mend, while other machines go on', async () => {
    const [bound, free] = [await gated.p.machine('bound'), await gated.p.machine('free')];
    await gated.window(-0.25, { machineId: bound, cron: '* * * * *' });
    gated.p.work();
    const [ofBound, ofFree] = [await gated.planned(bound), await gated.planned(free)];
    await gated.reopen({ estimateSeconds: 600 });
    gated.p.detached.machines = gated.machines;
    gated.p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
    const job = await gated.confirm(ofBound);
    expect(await gated.p.job(job.id)).toMatchObject({ phase: 'dispatched' });
    await loseZone();
    const other = await gated.confirm(ofFree);
    gated.p.work();
    expect(await gated.finish(other.id)).toMatchObject({ status: 'ok' });
    await until('it is ended', async () => {
      await gated.p.sweeper.sweep();
      return (await gated.p.job(job.id)).status !== 'queued';
    });
    expect(await gated.p.job(job.id)).toMatchObject({
      status: 'cancelled',
      errorKind: 'window_unreadable',
      errorMessage: why,
      startedAt: null,
    });
    expect(gated.machines.runs.has(job.id)).toBe(false);
  });

  it('lets reading go on, and refuses a confirmation by its name', async () => {
    const machineId = await gated.p.machine();
    await gated.window(-0.25, { cron: '* * * * *' });
    gated.p.work();
    const requestId = await gated.planned(machineId);
    await loseZone();
    await gated.p.ended((await gated.p.enqueue(machineId)).id);
    await expect(gated.confirm(requestId)).rejects.toMatchObject({ code: 'window_unreadable', detail: why });
    expect(await gated.p.requestsReader.find(requestId)).toMatchObject({ status: 'pending', jobId: null });
  });

  it('is asked for again right before the start is sent', async () => {
    const machineId = await gated.p.machine();
    await gated.window(-0.25, { cron: '* * * * *' });
    gated.p.work();
    const requestId = await gated.planned(machineId);
    await gated.reopen({ estimateSeconds: 600 });
    const { id } = await gated.confirm(requestId);
    expect(await gated.p.claims.take('a worker', { free: 5, fleet: 50 })).toMatchObject([{ jobId: id }]);
    await loseZone();
    const refusal = { kind: 'window_unreadable', message: why };
    expect(await gated.p.holds.beginning(id)).toMatchObject({ refusal, withinSeconds: null });
  });
});
