import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { changes, scheduledNight } from '../../../../test/support/scheduled-night';
import { queryRows } from '../../../kernel/database/rows';
import { planActionName } from '../../jobs/actions/plan-action';

const night = scheduledNight(() => [fakeAction(), { ...fakeChange(), packageEffects: () => [] }], 'upgrade a 1 2');

const changesBegun = (count: number) => night.steps('the change has begun', () => night.machines.runs.size === count);
/** A schedule of the change for a machine that has a window of an hour each day, open now; its first run is at work there. */
async function begun(): Promise<{ id: string; run: string; worker: ReturnType<typeof night.p.work> }> {
  const machineId = await night.p.machine();
  await night.dailyWindow(0, machineId);
  const worker = night.p.work();
  const id = await night.a.schedule([machineId], changes('any'));
  await night.pass(0.05);
  await night.a.runNow(id);
  await changesBegun(1);
  const [run = ''] = night.machines.runs.keys();
  return { id, run, worker };
}

describe('the next run of a schedule', () => {
  it('is not held back since the run before was collected hours after its end', async () => {
    const { id, run, worker } = await begun();
    await worker.stop();
    night.machines.end(run);
    await night.pass(5);
    night.p.work();
    await night.p.sweeper.sweep();
    expect(await night.over(id)).toMatchObject({ status: 'ok' });
    await night.pass(24.2);
    await night.a.runNow(id);
    await changesBegun(2);
  });

  it('is begun though the clock was put back during the run before', async () => {
    const { id, run } = await begun();
    await night.pass(-0.5);
    night.machines.end(run);
    expect(await night.over(id)).toMatchObject({ status: 'ok' });
    await night.pass(0.1);
    await night.a.runNow(id);
    await changesBegun(2);
  });
});

describe('a plan that had to be tried again', () => {
  it('is known to take what its last attempt took', async () => {
    const { p } = night;
    const machineId = await p.machine();
    await p.enqueue(machineId, { action: planActionName(CHANGE) });
    const claim = await p.takeOne('w1');
    expect(claim.machineId).toBe(machineId);
    const started = () =>
      queryRows<{ at: Date; again: boolean }>(
        p.dataSource,
        'SELECT started_at AS at, attempt > 1 AS again FROM jobs WHERE id = $1',
        [claim.jobId],
      );
    const [first] = await started();
    await p.expire(claim.jobId);
    await p.sweepUntil('it waits again', async () => (await p.job(claim.jobId)).status === 'queued');
    await night.pass(5);
    await p.sweeper.sweep();
    await p.takeOne('w2');
    const [second] = await started();
    expect(second?.again).toBe(true);
    expect((second?.at.getTime() ?? 0) - (first?.at.getTime() ?? 0)).toBeGreaterThan(4 * 3_600_000);
  });
});
