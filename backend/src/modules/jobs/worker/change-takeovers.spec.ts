import { changingRuns } from '../../../../test/support/changing-runs';
import { until } from '../../../../test/support/ssh-wait';

const runs = changingRuns();

describe('a changing run whose worker is lost', () => {
  it('is taken over when its worker is past its lease, who can write nothing any more', async () => {
    const first = await runs.start();
    first.work({ renewEveryMs: 600_000, sweepEveryMs: 600_000 });
    const machineId = await first.machine();
    const id = await runs.confirmed(first, machineId);
    await runs.begun(id);
    runs.machines.print(id, 'one');
    await runs.shown(first, id, 'one');
    await first.expire(id);
    const second = await runs.start();
    await second.sweepUntil('it is offered', async () => (await runs.phase(second, id)) === 'reconciling');
    // Another job of the machine does not begin meanwhile.
    const waiting = await second.enqueue(machineId);
    second.work();
    await until('it is followed', async () => (await runs.phase(second, id)) === 'following');
    expect(await second.job(waiting.id)).toMatchObject({ status: 'queued' });
    runs.machines.print(id, 'two');
    await runs.shown(second, id, 'two');
    runs.machines.end(id);
    expect(await second.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(await runs.lines(second, id)).toEqual(['one', 'two']);
    const [earlier, later] = runs.machines.fences;
    expect(Number(later)).toBeGreaterThan(Number(earlier));
    await second.ended(waiting.id);
    expect([...first.events.published, ...second.events.published].filter(({ jobId }) => jobId === id)).toHaveLength(1);
  }, 60_000);

  it('is taken over when its worker is lost while the machine is out of reach', async () => {
    const first = await runs.start();
    first.work({ renewEveryMs: 600_000, sweepEveryMs: 600_000 });
    const id = await runs.confirmed(first, await first.machine());
    await runs.begun(id);
    runs.machines.print(id, 'one');
    await runs.shown(first, id, 'one');
    runs.machines.cut();
    await until('it is unknown', async () => (await runs.phase(first, id)) === 'reconciling');
    const held = (await runs.fence(first, id)) ?? '';
    await first.expire(id);
    const second = await runs.start();
    await second.sweepUntil('it is offered', async () => (await runs.fence(second, id)) !== held);
    second.work();
    runs.machines.end(id);
    runs.machines.restore();
    expect(await second.ended(id, 40_000)).toMatchObject({ status: 'ok', attempt: 1 });
  }, 90_000);

  it('is handed over by a worker that stops', async () => {
    const first = await runs.start();
    first.work();
    const machineId = await first.machine();
    const id = await runs.confirmed(first, machineId);
    await runs.begun(id);
    runs.machines.print(id, 'one');
    await runs.shown(first, id, 'one');
    await runs.closeFirst();
    const second = await runs.start();
    expect(await second.job(id)).toMatchObject({ status: 'running', phase: 'reconciling' });
    expect(await second.count('machine_locks')).toBe(0);
    runs.machines.end(id);
    second.work();
    expect(await second.ended(id, 40_000)).toMatchObject({ status: 'ok' });
    expect(runs.machines.run(id).starts).toBe(1);
  }, 60_000);

  it('is begun by the next worker when the first died before it could', async () => {
    const planner = await runs.start();
    planner.work();
    const machineId = await planner.machine();
    const requestId = await runs.planned(planner, machineId);
    await runs.closeFirst();
    const p = await runs.start();
    const id = await runs.confirm(p, requestId);
    expect(await p.takeOne('dead worker')).toMatchObject({ jobId: id, adopted: null });
    await p.expire(id);
    await p.sweepUntil('it is offered', async () => (await runs.phase(p, id)) === 'reconciling');
    p.work();
    await runs.begun(id);
    runs.machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
  }, 60_000);

  it('that the machine had and has no more is an error, not another beginning', async () => {
    const p = await runs.start();
    const machineId = await p.machine();
    p.work();
    const id = await runs.confirmed(p, machineId);
    await runs.begun(id);
    runs.machines.print(id, 'one');
    await runs.shown(p, id, 'one');
    runs.machines.runs.clear();
    await p.expire(id);
    const second = await runs.start();
    await second.sweepUntil('it is offered', async () => (await runs.phase(second, id)) === 'reconciling');
    second.work();
    expect(await second.ended(id)).toMatchObject({ status: 'error', errorKind: 'run_vanished' });
    expect(await runs.execution(second, id)).toMatchObject({ status: 'error', error_kind: 'run_vanished' });
    expect(runs.machines.runs.size).toBe(0);
  }, 60_000);
});
