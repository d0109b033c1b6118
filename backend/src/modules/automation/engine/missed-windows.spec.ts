import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import type { SaveScheduleDto } from '../dto/schedule-input.dto';
import type { TargetRecord } from '../occurrences/occurrence-record';

const MISSED = 'Its maintenance window Nights had passed before it could begin.';

const night = scheduledNight(
  () => [fakeAction(), Object.assign(fakeChange(), { packageEffects: () => [] })],
  'upgrade a 1 2',
);

/** A schedule of the change that has become due, at the time that the database has. */
async function due(machineId: string, more: Partial<SaveScheduleDto> = {}): Promise<string> {
  const id = await night.a.schedule([machineId], { ...changes('any'), ...more });
  night.clock.at = NIGHT;
  await night.a.scheduler.tick();
  night.clock.at = new Date();
  return id;
}
async function target(id: string): Promise<TargetRecord | undefined> {
  const run = (await night.a.occurrencesOf(id)).find(({ dueAt }) => dueAt >= NIGHT);
  return (await night.a.targetsOf(run?.id ?? ''))[0];
}
const held = (id: string) =>
  night.steps('it waits for its window', async () => {
    const found = await target(id);
    return found?.status === 'queued' && found.resumeAt !== null;
  });

describe('a machine that waits for its window while no process is there until that is over', () => {
  it.each([
    ['of one night', (machineId: string) => night.window(3, machineId)],
    ['of every night', (machineId: string) => night.dailyWindow(3, machineId)],
  ])('ends as such: %s', async (_which, window) => {
    const { p } = night;
    const machineId = await p.machine();
    await window(machineId);
    p.work();
    const id = await due(machineId);
    await held(id);
    await night.pass(5);
    const afterwards = await night.another();
    await afterwards.runner.advanceAll();
    expect(await target(id)).toMatchObject({
      status: 'cancelled',
      errorKind: 'window_expired',
      errorMessage: MISSED,
    });
    expect(await p.count('jobs', 'kind = $1', [CHANGE])).toBe(0);
  });
});
