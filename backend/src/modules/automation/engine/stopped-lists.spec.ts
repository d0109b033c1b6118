import { person } from '../../../../test/support/deciders';
import { CHANGE, fakeAction, fakeChange, READING } from '../../../../test/support/jobs-fakes';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { DomainEvent } from '../../../kernel/events/domain-event';
import { planActionName } from '../../jobs/actions/plan-action';

const TWICE = [{}, { deep: true }].map((parameters) => ({ action: CHANGE, parameters }));
const ONCE = { cron: '@once', runAt: NIGHT };
const left = (why: string) => `What came before is done, but this is left: Fake change.\n${why}`;

const night = scheduledNight(() => [fakeAction(), { ...fakeChange(), packageEffects: () => [] }], 'upgrade a 1 2');

const cancel = async (id: string) => night.a.cancel((await night.dueRun(id))?.id ?? '');
const switchOff = (id: string) => night.a.setEnabled(id, false);
const remove = (id: string) => night.a.remove(id);

/** The first of two changes is at work. */
async function begun(when: object = ONCE): Promise<{ id: string; machineId: string; run: string }> {
  const { p, machines } = night;
  const machineId = await p.machine();
  p.work();
  const id = await night.due([machineId], { ...when, actions: TWICE });
  // The next night is still to come.
  if (when !== ONCE) night.clock.at = NIGHT;
  await night.steps('the change has begun', () => machines.runs.size === 1);
  const [run = ''] = machines.runs.keys();
  return { id, machineId, run };
}
/** The first is done, and the other waits for a window. */
async function heldAfterwards(): Promise<{ id: string; machineId: string }> {
  const { p, machines } = night;
  const machineId = await p.machine();
  p.work();
  const id = await night.due([machineId], { ...ONCE, actions: TWICE });
  await night.steps('the change has begun', () => machines.runs.size === 1);
  // What is left belongs to no opening yet: the window was made after the first change had begun.
  await night.dailyWindow(3, machineId);
  night.endRuns();
  await night.held(id);
  return { id, machineId };
}
/** The run ends with its machine done in part, and that is no news of machines that were left out. */
async function expectWarned(id: string, errorKind: string, message: string): Promise<void> {
  await night.steps('its run is over', async () => ((await night.dueRun(id))?.finishedAt ?? null) !== null);
  expect(await night.dueTargets(id)).toMatchObject([{ status: 'warning', errorKind, errorMessage: message }]);
  const counts = { warningCount: 1, cancelledCount: 0 };
  expect(await night.dueRun(id)).toMatchObject({ status: 'warning', errorKind: null, ...counts });
  expect(night.p.events.published.at(-1)).toMatchObject({
    severity: 'warning',
    message: expect.stringContaining('1 ended with a warning, 0 were left out') as string,
  });
  expect(night.machines.runs.size).toBe(1);
}

describe('a machine that was changed, and whose further changes nobody wants any more', () => {
  it.each([
    ['its run was cancelled', cancel, 'The administrator cancelled it.'],
    ['the schedule was switched off', switchOff, 'The administrator switched the schedule off.'],
    ['the schedule was removed', remove, 'The administrator removed the schedule.'],
  ])('is done with a warning: they wait for a window when %s', async (_what, act, why) => {
    const { id } = await heldAfterwards();
    await act(id);
    await expectWarned(id, 'cancelled', left(why));
  });

  it.each([
    ['the schedule was switched off', switchOff, 'The administrator switched the schedule off.'],
    ['the schedule was removed', remove, 'The administrator removed the schedule.'],
  ])('is done with a warning: %s while the first was at work', async (_what, act, why) => {
    const { id, run } = await begun();
    await act(id);
    night.machines.end(run);
    await expectWarned(id, 'cancelled', left(why));
  });

  it('is done with a warning: it was archived while they wait for a window', async () => {
    const { id, machineId } = await heldAfterwards();
    await night.p.transactions.run((tx) => night.a.held.archived({ machineId } as DomainEvent, tx));
    await expectWarned(id, 'machine_archived', left('The machine was archived before its turn came.'));
  });

  it('is done with a warning: it may not be worked on any more', async () => {
    const { id, run } = await begun();
    await affected(night.p.dataSource, `UPDATE machines SET status = 'quarantined'`, []);
    night.machines.end(run);
    await expectWarned(id, 'machine_quarantined', expect.stringContaining('this is left: Fake change.\n') as string);
  });

  it('is done with a warning: the schedule does not do them any more', async () => {
    const { id, machineId, run } = await begun({});
    await night.a.change(id, [machineId], changes('any'));
    night.machines.end(run);
    await expectWarned(id, 'left_schedule', left('The schedule does not do this any more as it was planned.'));
  });

  it('is told all that is left: each action once', async () => {
    const { p, machines } = night;
    const machineId = await p.machine();
    p.work();
    const actions = [...TWICE, { action: READING, parameters: {} }, ...TWICE.slice(1)];
    const id = await night.due([machineId], { ...ONCE, actions });
    await night.steps('the change has begun', () => machines.runs.size === 1);
    await switchOff(id);
    night.endRuns();
    const what = left('This is left, too: Fake reading.\nThe administrator switched the schedule off.');
    await expectWarned(id, 'cancelled', what);
  });

  it('was left out where none of them was carried out', async () => {
    const { p } = night;
    const machineId = await p.machine();
    await night.window(3, machineId);
    p.work();
    const id = await night.due([machineId], { ...ONCE, actions: TWICE });
    await night.held(id);
    await switchOff(id);
    await night.steps('its run is over', async () => ((await night.dueRun(id))?.finishedAt ?? null) !== null);
    expect(await night.dueTargets(id)).toMatchObject([{ status: 'cancelled', errorKind: 'cancelled' }]);
  });
});

describe('the plan of a run that is to do nothing any more', () => {
  /** Its plan is made, and nobody has decided about it. */
  async function planned(asked?: (machineId: string) => Promise<unknown>): Promise<string> {
    const { p, a } = night;
    const machineId = await p.machine();
    const id = await night.due([machineId], { ...ONCE, windowSeconds: 3600 });
    night.clock.at = NIGHT;
    await a.runner.advanceAll();
    await asked?.(machineId);
    p.work();
    await until('it is planned', async () => {
      return (await p.count('jobs', `kind = $1 AND status = 'ok'`, [planActionName(CHANGE)])) === 1;
    });
    return id;
  }
  const requests = () =>
    queryRows<{ status: string; decision_reason: string | null }>(
      night.p.dataSource,
      'SELECT status, decision_reason FROM action_requests',
    );
  const over = (id: string) =>
    night.steps('its run is over', async () => ((await night.dueRun(id))?.finishedAt ?? null) !== null);

  it.each([
    ['cancelled', cancel, 'The administrator cancelled it.'],
    ['switched off', switchOff, 'The administrator switched the schedule off.'],
    ['removed', remove, 'The administrator removed the schedule.'],
    [
      'out of time',
      () => {
        night.clock.at = new Date(NIGHT.getTime() + 2 * 3_600_000);
        return Promise.resolve();
      },
      expect.stringContaining('Its time to begin was over') as string,
    ],
  ])('waits for nobody: it was %s', async (_how, act, why) => {
    const id = await planned();
    await act(id);
    await over(id);
    expect(await requests()).toEqual([{ status: 'expired', decision_reason: why }]);
  });

  it('waits on for a person who asked for the same', async () => {
    const action = { action: planActionName(CHANGE), requestedBy: person('Ben').actor };
    const id = await planned((machineId) => night.p.enqueue(machineId, action));
    await switchOff(id);
    await over(id);
    // The run has its own, or was stopped before.
    const pending = (await requests()).filter(({ status }) => status === 'pending');
    expect(pending).toEqual([{ status: 'pending', decision_reason: null }]);
  });
});
