import { anyPerson } from '../../../../test/support/deciders';
import { CHANGE, fakeAction, fakeChange, READING } from '../../../../test/support/jobs-fakes';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { SshError } from '../../../kernel/ssh/ssh-error';
import { affected } from '../../../kernel/database/rows';
import { planActionName } from '../../jobs/actions/plan-action';

const HOUR_MS = 3_600_000;
const MIDWAY = expect.stringContaining('Nothing came of the run since 2026-11-26T01:3') as string;
const BEFORE_NEXT = 'Its turn did not come before the next run of the schedule was due.';
const night = scheduledNight(
  () => [fakeAction(), Object.assign(fakeChange({}), { packageEffects: () => [] })],
  'upgrade a 1 2',
);
const { machines } = night;

const hoursLater = (hours: number): void => {
  night.clock.at = new Date(NIGHT.getTime() + hours * HOUR_MS);
};
const statuses = async (id: string): Promise<unknown[]> =>
  (await night.a.occurrencesOf(id)).map(({ status, errorKind }) => [status, errorKind]);
const targetsOf = async (id: string, run = 0): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    (await night.targets(id, run)).map(({ machineName, status, errorKind }) => [machineName, errorKind ?? status]),
  );
const over = (id: string): Promise<void> =>
  until('its runs are over', async () => {
    night.endRuns();
    await night.a.stepAfterAbsence();
    return (await night.a.occurrencesOf(id)).every(({ finishedAt }) => finishedAt !== null);
  });

/** A change that somebody confirmed, and that never ends. */
async function hangs(machineId: string): Promise<void> {
  const { p } = night;
  const { requestId } = await p.ended((await p.enqueue(machineId, { action: planActionName(CHANGE) })).id);
  const digest = (await p.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
  await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
  await until('it runs', () => machines.runs.size === 1);
}

/** Nobody may talk to the machine any more: its job waits, and leaves the lock. */
async function outOfReach(): Promise<void> {
  const { p } = night;
  jest.spyOn(p.detached, 'open').mockRejectedValue(new SshError('host_key_changed', 'connect'));
  machines.cut();
  await until(
    'it is handed over',
    async () => (await p.count('jobs', `phase = 'reconciling' AND available_at > now()`)) === 1,
  );
  expect(await p.count('machine_locks')).toBe(0);
  machines.restore();
}

describe('a run whose schedule leaves out what is missed, after seven hours in which nobody was there', () => {
  it('begins nothing where its due time had been noted and no more', async () => {
    const { p, a } = night;
    const id = await a.schedule([await p.machine()], changes('any'));
    night.clock.at = NIGHT;
    await a.scheduler.tick();
    p.work();
    hoursLater(7);
    await a.stepAfterAbsence();
    expect(await statuses(id)).toEqual([['cancelled', 'missed']]);
    expect((await a.occurrencesOf(id))[0]?.errorMessage).toEqual(MIDWAY);
    expect(machines.runs.size).toBe(0);
  });

  it('leaves the machines as they are on which nothing was begun', async () => {
    const { p, a } = night;
    const ids = [await p.machine('m1'), await p.machine('m2'), await p.machine('m3')];
    p.work();
    const id = await a.schedule(ids, { ...changes('any'), concurrency: 1 });
    night.clock.at = NIGHT;
    await night.steps('one is changed', () => machines.runs.size === 1);
    hoursLater(7);
    await over(id);
    expect(Object.values(await targetsOf(id)).sort()).toEqual(['missed', 'missed', 'ok']);
    expect(await statuses(id)).toEqual([['warning', null]]);
    expect(machines.runs.size).toBe(1);
  });

  it('leaves the rest of a list as well', async () => {
    const { p, a } = night;
    const twice = [...changes('any').actions, ...changes('any').actions];
    p.work();
    const id = await a.schedule([await p.machine('m1')], { ...changes('any'), actions: twice });
    night.clock.at = NIGHT;
    await night.steps('it is changed', () => machines.runs.size === 1);
    hoursLater(7);
    await over(id);
    expect(await night.targets(id)).toMatchObject([
      { status: 'warning', errorKind: 'missed', errorMessage: expect.stringContaining('this is left') as string },
    ]);
    expect(machines.runs.size).toBe(1);
  });

  it('approves no plan of then', async () => {
    const { p, a } = night;
    p.work();
    const id = await a.schedule([await p.machine()], changes('any'));
    night.clock.at = NIGHT;
    await a.step();
    await until('the plan is there', async () => (await p.count('action_requests')) === 1);
    hoursLater(7);
    await over(id);
    expect(await statuses(id)).toEqual([['cancelled', 'missed']]);
    expect(machines.runs.size).toBe(0);
    expect(await p.count('action_requests', `status = 'pending'`)).toBe(0);
  });

  it('goes on where the schedule says that it runs late', async () => {
    const { p, a } = night;
    p.work();
    const id = await a.schedule([await p.machine()], { ...changes('any'), missedRuns: 'run_once' });
    night.clock.at = NIGHT;
    await a.scheduler.tick();
    // However long nobody was there.
    hoursLater(23);
    await over(id);
    expect(await statuses(id)).toEqual([['ok', null]]);
  });

  it('goes on so after days, where no other is due', async () => {
    const { p, a } = night;
    p.work();
    const once = { cron: '@once', runAt: NIGHT, missedRuns: 'run_once' } as const;
    const id = await a.schedule([await p.machine('m1'), await p.machine('m2')], {
      ...changes('any'),
      ...once,
      concurrency: 1,
    });
    night.clock.at = NIGHT;
    await night.steps('one is changed', () => machines.runs.size === 1);
    hoursLater(57);
    await over(id);
    expect(await statuses(id)).toEqual([['ok', null]]);
  });

  it('goes on with a machine that waits for its maintenance window', async () => {
    const { p, a } = night;
    const machine = await p.machine();
    await night.window(7, machine);
    p.work();
    const id = await night.due([machine], { cron: '@once', runAt: NIGHT });
    await night.held(id);
    await night.pass(7);
    await until('it is changed in its window', async () => {
      await a.stepAfterAbsence();
      return machines.runs.size === 1;
    });
  });
});

describe('a machine whose change never ends', () => {
  it.each([
    ['while a worker follows it', () => Promise.resolve()],
    ['while nobody reaches the machine', outOfReach],
  ])('keeps its place in no other run, and is left out of each with its reason: %s', async (_how, meanwhile) => {
    const { p, a } = night;
    const [dead, fine] = [await p.machine('dead'), await p.machine('fine')];
    p.work();
    await hangs(dead);
    await meanwhile();
    const id = await a.schedule([dead, fine], { cron: '30 2-6 * * *', concurrency: 1 });
    for (let run = 0; run < 4; run += 1) {
      hoursLater(run);
      await night.steps('the other is done', async () => (await targetsOf(id, run))['fine'] === 'ok');
      expect(await targetsOf(id, run)).toEqual({ dead: 'queued', fine: 'ok' });
    }
    expect(await targetsOf(id, 0)).toEqual({ dead: 'missed', fine: 'ok' });
    expect((await night.targets(id)).find(({ machineName }) => machineName === 'dead')?.errorMessage).toBe(BEFORE_NEXT);
    expect(await statuses(id)).toEqual([...Array<unknown>(3).fill(['warning', null]), ['running', null]]);
  });

  it.each([
    ['while a worker follows it', () => Promise.resolve()],
    ['while nobody reaches the machine', outOfReach],
  ])('is waited for for an hour: %s', async (_how, meanwhile) => {
    const { p, a } = night;
    const machine = await p.machine();
    p.work();
    await hangs(machine);
    await meanwhile();
    const id = await a.schedule([machine], { cron: '30 2,8 * * *' });
    const look = async (minutes: number): Promise<void> => {
      hoursLater(minutes / 60);
      await a.stepAfterAbsence();
    };
    for (let minutes = 0; minutes <= 58; minutes += 1) await look(minutes);
    expect(await night.targets(id)).toMatchObject([{ status: 'queued', blockingJobId: expect.any(String) as string }]);
    for (let minutes = 59; minutes <= 62; minutes += 1) await look(minutes);
    expect(await statuses(id)).toEqual([['cancelled', 'missed']]);
  });

  it('ends a run after a day, whatever its schedule says', async () => {
    const { p, a } = night;
    const machine = await p.machine();
    p.work();
    await hangs(machine);
    const id = await a.schedule([machine], { cron: '@once', runAt: NIGHT, missedRuns: 'run_once' });
    // Somebody looks all the while, though not at each moment here.
    const look = async (hours: number): Promise<void> => {
      hoursLater(hours);
      await affected(p.dataSource, 'UPDATE schedule_occurrences SET looked_at = $1', [night.clock.at]);
      await a.stepAfterAbsence();
    };
    for (let hours = 0; hours <= 23; hours += 1) await look(hours);
    expect(await statuses(id)).toEqual([['running', null]]);
    for (const hours of [24, 25]) await look(hours);
    expect(await statuses(id)).toEqual([['cancelled', 'missed']]);
  });

  it('of a schedule itself lets no nights pile up behind it', async () => {
    const { p, a } = night;
    const ids = [await p.machine('m1'), await p.machine('m2')];
    p.work();
    const id = await a.schedule(ids, { ...changes('any'), concurrency: 1 });
    night.clock.at = NIGHT;
    await night.steps('one is changed', () => machines.runs.size === 1);
    for (const hours of [24, 48, 72]) {
      hoursLater(hours);
      await a.step();
      for (let minutes = 1; minutes <= 62; minutes += 1) {
        hoursLater(hours + minutes / 60);
        await a.stepAfterAbsence();
      }
    }
    expect(await statuses(id)).toEqual([['running', null], ...Array<unknown>(3).fill(['cancelled', 'missed'])]);
    hoursLater(83);
    await over(id);
    expect(Object.values(await targetsOf(id)).sort()).toEqual(['missed', 'ok']);
    expect(machines.runs.size).toBe(1);
  });

  it('gives its place to the others of its run, and its turn comes when it is free', async () => {
    const { p, a } = night;
    const [busy, fine] = [await p.machine('busy'), await p.machine('fine')];
    p.work();
    await hangs(busy);
    const id = await a.schedule([busy, fine], { concurrency: 1, missedRuns: 'run_once' });
    night.clock.at = NIGHT;
    await night.steps('the other is done', async () => (await targetsOf(id))['fine'] === 'ok');
    hoursLater(3);
    await a.stepAfterAbsence();
    expect(await targetsOf(id)).toEqual({ busy: 'queued', fine: 'ok' });
    await over(id);
    expect(await targetsOf(id)).toEqual({ busy: 'ok', fine: 'ok' });
  });
});

describe('a run whose machines wait for each other’s place for longer than it may be late', () => {
  it('is gone on with, and gives way to the next one machine by machine', async () => {
    const { p, a } = night;
    const ids = [await p.machine('m1'), await p.machine('m2'), await p.machine('m3')];
    p.work();
    const id = await a.schedule(ids, { ...changes('any'), concurrency: 1, cron: '30 2-6 * * *' });
    night.clock.at = NIGHT;
    await night.steps('the first is changed', () => machines.runs.size === 1);
    // Each takes 40 minutes, and the next run is due within the second.
    for (const [minutes, count] of [
      [40, 2],
      [80, 3],
    ] as const) {
      for (let minute = minutes - 39; minute <= minutes; minute += 1) {
        hoursLater(minute / 60);
        await a.stepAfterAbsence();
      }
      night.endRuns();
      await night.steps('the next one is changed', () => machines.runs.size === count);
    }
    const [first, second] = [await targetsOf(id, 0), await targetsOf(id, 1)];
    expect(Object.values(first).sort()).toEqual(['missed', 'ok', 'ok']);
    const third = Object.entries(first).find(([, end]) => end === 'missed')?.[0] ?? '';
    expect(second[third]).toBe('running');
  });
});

describe('a machine that waits for one maintenance window over several nights', () => {
  it.each([
    ['of a list of one change', changes('any')],
    [
      'of a list that reads first',
      { ...changes('any'), actions: [{ action: READING, parameters: {} }, ...changes('any').actions] },
    ],
  ])('is changed once: the newest run takes it over: %s', async (_what, list) => {
    const { p, a } = night;
    const machine = await p.machine();
    await night.window(60, machine);
    p.work();
    const id = await night.due([machine], { ...list, cron: '30 1 * * *', timezone: 'UTC' });
    await night.held(id);
    const midnight = new Date(night.clock.at).setUTCHours(0, 0, 0, 0);
    for (const nights of [1, 2]) {
      await night.pass((midnight - Date.now()) / HOUR_MS + nights * 24 + 1.55);
      await night.steps('the newest run holds it', async () => {
        const newest = (await a.occurrencesOf(id)).filter(({ machinesCount }) => machinesCount !== null);
        return newest.length === nights + 1 && (await a.targetsOf(newest.at(-1)?.id ?? ''))[0]?.awaitsWindow === true;
      });
    }
    await night.pass(60.1);
    await night.steps('it is changed', () => machines.runs.size === 1);
    await over(id);
    expect(machines.runs.size).toBe(1);
    const begun = (await a.occurrencesOf(id)).filter(({ machinesCount }) => machinesCount !== null);
    expect(begun.map(({ status, errorKind }) => [status, errorKind])).toEqual([
      ['cancelled', 'missed'],
      ['cancelled', 'missed'],
      ['ok', null],
    ]);
  });
});

it('changes a machine once that a run by hand holds for the same window as the one before', async () => {
  const { p, a } = night;
  const machine = await p.machine();
  await night.window(3, machine);
  p.work();
  const id = await night.due([machine], { cron: '@once', runAt: NIGHT });
  await night.held(id);
  const { id: byHand } = await a.runNow(id);
  await night.steps('both hold it', async () => (await a.targetsOf(byHand))[0]?.awaitsWindow === true);
  await a.step();
  // Whoever began the other may stop it before.
  expect((await night.dueTargets(id))[0]).toMatchObject({ status: 'queued', awaitsWindow: true });
  await night.pass(3.1);
  await night.steps('it is changed', () => machines.runs.size === 1);
  expect((await night.dueTargets(id))[0]).toMatchObject({ status: 'cancelled', errorKind: 'missed' });
  await over(id);
  expect(machines.runs.size).toBe(1);
});

it('keeps its window for a machine that the next run cannot plan', async () => {
  const { p } = night;
  const machine = await p.machine();
  await night.window(40, machine);
  p.work();
  const id = await night.due([machine], { cron: '30 1 * * *', timezone: 'UTC' });
  await night.held(id);
  p.remote.otherwise(() => Promise.reject(new SshError('unreachable', 'connect')));
  await night.pass((new Date(night.clock.at).setUTCHours(0, 0, 0, 0) - Date.now()) / HOUR_MS + 24 + 1.55);
  await night.steps('the next night has failed', async () =>
    (await statuses(id)).some((one) => JSON.stringify(one) === '["error",null]'),
  );
  expect((await night.dueTargets(id))[0]).toMatchObject({ status: 'queued', awaitsWindow: true });
});

describe('a clock that was wrong', () => {
  it('keeps no run at work for longer than it may be late after it was put back', async () => {
    const { p, a } = night;
    const ids = [await p.machine('m1'), await p.machine('m2')];
    p.work();
    const id = await a.schedule(ids, { ...changes('any'), concurrency: 1 });
    hoursLater(24);
    await night.steps('one is changed', () => machines.runs.size === 1);
    hoursLater(1);
    await a.stepAfterAbsence();
    hoursLater(8);
    await over(id);
    expect(machines.runs.size).toBe(1);
  });
});
