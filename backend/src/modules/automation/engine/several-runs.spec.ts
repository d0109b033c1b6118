import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { anyPerson } from '../../../../test/support/deciders';
import { answer, CHANGE, fakeAction, fakeChange, gate, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { affected, queryRows } from '../../../kernel/database/rows';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const CHANGING = changes('any');

const night = scheduledNight(
  () => [fakeAction(), Object.assign(fakeChange({ beforehand: READING }), { packageEffects: () => [] })],
  'upgrade a 1 2',
);
const { machines } = night;
const steps = night.steps.bind(night);
const targets = night.targets.bind(night);
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeEach(() => {
  ({ p, a, clock } = night);
});

async function cancelRun(scheduleId: string): Promise<void> {
  const [run] = await a.occurrencesOf(scheduleId);
  await a.cancel(run?.id ?? '');
  await a.step();
}
const waitsForWindow = (scheduleId: string, run = 0) =>
  steps('it waits for its window', async () =>
    (await targets(scheduleId, run)).some(({ status, resumeAt }) => status === 'queued' && resumeAt !== null),
  );
const requestsOf = (machineId: string) =>
  queryRows<{ requested_by_type: string; status: string }>(
    p.dataSource,
    'SELECT requested_by_type, status FROM action_requests WHERE machine_id = $1 ORDER BY created_at, id',
    [machineId],
  );

describe('the runs of one schedule together', () => {
  it('have no more machines at work than the schedule says, when the next night comes', async () => {
    const ids = [await p.machine('m1'), await p.machine('m2')];
    p.work();
    const id = await a.schedule(ids, { ...CHANGING, concurrency: 1 });
    clock.at = NIGHT;
    await steps('one is changed', () => machines.runs.size === 1);
    for (const [run] of machines.runs) machines.end(run);
    await steps('the other is changed', () => machines.runs.size === 2);
    clock.at = new Date(NIGHT.getTime() + DAY_MS);
    await steps('the next run has chosen its machines', async () => (await targets(id, 1)).length === 2);
    await a.step();
    expect(await targets(id, 1)).toMatchObject([{ status: 'queued' }, { status: 'queued' }]);
    night.endRuns();
    await steps('its turn comes', async () => (await targets(id, 1)).some(({ status }) => status === 'running'));
    expect(await p.count('schedule_occurrence_targets', `status = 'running'`)).toBe(1);
  });

  it('have none when two processes fill them at the same moment either', async () => {
    const ids = [await p.machine('m1'), await p.machine('m2'), await p.machine('m3')];
    const id = await a.schedule(ids, { concurrency: 1 });
    for (let run = 0; run < 4; run += 1) {
      clock.at = new Date(NIGHT.getTime() + run * MINUTE_MS);
      await a.runNow(id);
    }
    const other = await JobsProcess.open(night.url, [fakeAction()]);
    const both = [a, new AutomationProcess(other, clock)];
    for (let look = 0; look < 3; look += 1) await Promise.all(both.map((one) => one.runner.advanceAll()));
    await other.close();
    expect(await p.count('schedule_occurrence_targets', `status = 'running'`)).toBe(1);
  });
});

describe('a schedule that is turned off or removed', () => {
  it.each([
    ['turned off', (id: string) => a.setEnabled(id, false), 'The administrator switched the schedule off.'],
    [
      'changed to be off',
      (id: string) => a.change(id, [], { scope: all, enabled: false }),
      'The administrator switched the schedule off.',
    ],
    ['removed', (id: string) => a.remove(id), 'The administrator removed the schedule.'],
  ] as const)('begins nothing of what waits for a window: %s', async (_how, act, why) => {
    const machine = await p.machine('held');
    await night.window(3, machine);
    p.work();
    const id = await a.schedule([machine], CHANGING);
    clock.at = NIGHT;
    await a.scheduler.tick();
    clock.at = new Date();
    await waitsForWindow(id);
    await act(id);
    await night.openWindows();
    await steps('its run is over', async () => (await a.occurrencesOf(id))[0]?.finishedAt !== null);
    const end = { status: 'cancelled', errorKind: 'cancelled', errorMessage: why };
    expect(await targets(id)).toMatchObject([end]);
    expect((await a.occurrencesOf(id))[0]).toMatchObject(end);
    expect(machines.runs.size).toBe(0);
  });

  it('lets what has begun come to its end, and takes back what waits in the queue', async () => {
    const ids = [await p.machine('m1'), await p.machine('m2')];
    p.work();
    const id = await a.schedule(ids, { ...CHANGING, concurrency: 1 });
    clock.at = NIGHT;
    await steps('one is changed', () => machines.runs.size === 1);
    await a.setEnabled(id, false);
    for (const [run] of machines.runs) machines.end(run);
    await steps('its run is over', async () => (await a.occurrencesOf(id))[0]?.finishedAt !== null);
    expect((await targets(id)).map(({ status }) => status).sort()).toEqual(['cancelled', 'ok']);
    expect(machines.runs.size).toBe(1);
  });
});

describe('a job that a run of a schedule shares', () => {
  it('goes on for the person who asked first, when the run is cancelled', async () => {
    const machine = await p.machine();
    const mine = await p.enqueue(machine, { requestedBy: anyPerson.actor });
    const id = await a.schedule([machine]);
    clock.at = NIGHT;
    await a.step();
    await cancelRun(id);
    expect((await p.job(mine.id)).status).toBe('queued');
    expect(await targets(id)).toMatchObject([
      { status: 'cancelled', errorKind: 'cancelled', errorMessage: 'The administrator cancelled it.' },
    ]);
    expect((await a.occurrencesOf(id))[0]).toMatchObject({ status: 'cancelled' });
  });

  it('goes on for the person who asked for the same later', async () => {
    const machine = await p.machine();
    const id = await a.schedule([machine]);
    clock.at = NIGHT;
    await a.step();
    const mine = await p.enqueue(machine, { requestedBy: anyPerson.actor });
    expect((await targets(id))[0]?.jobId).toBe(mine.id);
    await cancelRun(id);
    expect((await p.job(mine.id)).status).toBe('queued');
    expect(await targets(id)).toMatchObject([{ status: 'cancelled' }]);
  });

  it('is not stopped while it runs for a person', async () => {
    const machine = await p.machine();
    const held = gate();
    let stopped = false;
    p.remote.on(machine, async (run) => {
      run.signal.addEventListener('abort', () => {
        stopped = true;
      });
      await held.opened;
      return answer({ look: 'x' });
    });
    p.work();
    const mine = await p.enqueue(machine, { requestedBy: anyPerson.actor });
    await until('it runs', () => p.isRunning(mine.id));
    const id = await a.schedule([machine]);
    clock.at = NIGHT;
    await a.step();
    await cancelRun(id);
    held.open();
    expect(await p.ended(mine.id)).toMatchObject({ status: 'ok' });
    expect(stopped).toBe(false);
    await steps('its run is over', async () => (await a.occurrencesOf(id))[0]?.finishedAt !== null);
  });

  it('goes on for another schedule, and ends with the last run that wants it', async () => {
    const machine = await p.machine();
    const one = await a.schedule([machine], { name: 'One' });
    clock.at = NIGHT;
    await a.step();
    clock.at = new Date(NIGHT.getTime() + MINUTE_MS);
    await a.runNow(one);
    await a.step();
    const [first, second] = [await targets(one, 0), await targets(one, 1)];
    expect(second[0]?.jobId).toBe(first[0]?.jobId);
    await cancelRun(one);
    expect(await p.count('jobs', `status = 'queued'`)).toBe(1);
    const two = await a.schedule([machine], { name: 'Two' });
    await a.runNow(two);
    await a.step();
    await a.setEnabled(one, false);
    await a.step();
    expect(await p.count('jobs', `status = 'queued'`)).toBe(1);
    expect(await targets(two)).toMatchObject([{ status: 'running' }]);
  });

  it('says who cancelled it', async () => {
    const machine = await p.machine();
    const id = await a.schedule([machine]);
    clock.at = NIGHT;
    await a.step();
    await p.service.cancel((await targets(id))[0]?.jobId ?? '', anyPerson.actor);
    await a.step();
    expect(await targets(id)).toMatchObject([{ status: 'cancelled', errorMessage: 'Ben cancelled it.' }]);
  });
});

describe('a plan of a run', () => {
  it('is its own: that of the next run is another, and neither takes the other for lost', async () => {
    const machine = await p.machine();
    await night.window(3, machine);
    const id = await a.schedule([machine], { ...CHANGING, concurrency: 2 });
    clock.at = NIGHT;
    await a.step();
    clock.at = new Date(NIGHT.getTime() + MINUTE_MS);
    await a.runNow(id);
    await a.runner.advanceAll();
    clock.at = new Date();
    p.work();
    await waitsForWindow(id, 0);
    await waitsForWindow(id, 1);
  });

  it('is not that of a person who asks meanwhile: theirs stays theirs', async () => {
    const machine = await p.machine();
    await night.window(3, machine);
    const id = await a.schedule([machine], CHANGING);
    clock.at = NIGHT;
    await a.step();
    clock.at = new Date();
    const mine = await p.enqueue(machine, { action: `${CHANGE}_plan`, requestedBy: anyPerson.actor });
    expect((await targets(id))[0]?.jobId).not.toBe(mine.id);
    const again = await p.enqueue(machine, { action: `${CHANGE}_plan`, requestedBy: anyPerson.actor });
    expect(again.id).toBe(mine.id);
    p.work();
    const { requestId } = await p.ended(mine.id);
    await waitsForWindow(id);
    expect(await requestsOf(machine)).toEqual(
      expect.arrayContaining([
        { requested_by_type: 'user', status: 'pending' },
        { requested_by_type: 'schedule', status: 'expired' },
      ]),
    );
    await p.requests.withdraw(requestId ?? '', null, anyPerson);
    expect((await p.requestsReader.find(requestId ?? ''))?.status).toBe('rejected');
  });

  it('is made again when a newer one of the same schedule took its place', async () => {
    const machine = await p.machine();
    await a.schedule([machine], CHANGING);
    p.work();
    clock.at = NIGHT;
    await a.step();
    await until('the plan is there', async () => (await requestsOf(machine)).length === 1);
    await affected(p.dataSource, `UPDATE action_requests SET status = 'expired' WHERE machine_id = $1`, [machine]);
    await steps('it is changed by another', () => machines.runs.size === 1);
    expect(await requestsOf(machine)).toMatchObject([{ status: 'expired' }, { status: 'approved' }]);
  });

  it('is made again as well when that happens while it is decided about', async () => {
    const machine = await p.machine();
    await a.schedule([machine], CHANGING);
    p.work();
    clock.at = NIGHT;
    const approve = p.policyApprovals.approve.bind(p.policyApprovals);
    jest.spyOn(p.policyApprovals, 'approve').mockImplementationOnce(async (tx, seen, holder) => {
      await affected(p.dataSource, `UPDATE action_requests SET status = 'expired' WHERE id = $1`, [seen.id]);
      return approve(tx, seen, holder);
    });
    await steps('it is changed by another', () => machines.runs.size === 1);
    expect(await requestsOf(machine)).toMatchObject([{ status: 'expired' }, { status: 'approved' }]);
  });
});

const conditions = { securityUpdates: false, updates: false, rebootRequired: false, notAnalysedDays: null };
const all = { wholeFleet: true, machineIds: [], tagIds: [], conditions };
