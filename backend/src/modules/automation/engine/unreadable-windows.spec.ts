import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';

const night = scheduledNight(() => [fakeAction(), { ...fakeChange(), packageEffects: () => [] }], 'upgrade a 1 2');
const lost = `timezone = 'Europe/Nowhere'`;
const LEFT_OUT = {
  status: 'cancelled',
  errorKind: 'window_unreadable',
  errorMessage: expect.stringContaining('the maintenance window «Nights» of the machine cannot be read') as string,
};

describe('a schedule that changes a machine whose window cannot be read any more', () => {
  it('leaves it out by that name, and changes the others', async () => {
    const { p } = night;
    const [bound, free] = [await p.machine('bound'), await p.machine('free')];
    await night.dailyWindow(-0.2, bound);
    p.work();
    await night.changeWindows(lost);
    const id = await night.due([bound, free], { cron: '@once', runAt: NIGHT });
    await night.over(id, () => {
      night.endRuns();
    });
    const targets = await night.dueTargets(id);
    expect(targets.find(({ machineId }) => machineId === bound)).toMatchObject(LEFT_OUT);
    expect(targets.find(({ machineId }) => machineId === free)).toMatchObject({ status: 'ok' });
    expect(await p.count('jobs', 'kind = $1 AND machine_id = $2', [CHANGE, bound])).toBe(0);
  });

  it('does so, too, where it waits for the window already', async () => {
    const { p } = night;
    const machineId = await p.machine();
    await night.dailyWindow(3, machineId);
    p.work();
    const id = await night.due([machineId], { cron: '@once', runAt: NIGHT });
    await night.held(id);
    await night.changeWindows(lost);
    await night.over(id);
    expect(await night.dueTargets(id)).toMatchObject([LEFT_OUT]);
    expect(night.machines.runs.size).toBe(0);
  });
});
