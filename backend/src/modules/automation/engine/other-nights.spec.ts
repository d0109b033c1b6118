import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { insertRow } from '../../../../test/support/insert-row';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';
import { planActionName } from '../../jobs/actions/plan-action';
import type { SaveScheduleDto } from '../dto/schedule-input.dto';
import type { TargetRecord } from '../occurrences/occurrence-record';

const MISSED = 'Its maintenance window Nights had passed before it could begin.';
const TWICE = [{}, { deep: true }].map((parameters) => ({ action: CHANGE, parameters }));

const night = scheduledNight(() => [fakeAction(), { ...fakeChange(), packageEffects: () => [] }], 'upgrade a 1 2');

/** A schedule of the change that has become due, at the time that the database has. */
async function due(machineId: string, more: Partial<SaveScheduleDto> = {}): Promise<string> {
  const id = await night.a.schedule([machineId], { ...changes('any'), cron: '@once', runAt: NIGHT, ...more });
  night.clock.at = NIGHT;
  await night.a.scheduler.tick();
  night.clock.at = new Date();
  return id;
}
const target = async (id: string): Promise<TargetRecord | undefined> => (await night.targets(id))[0];
const held = (id: string) =>
  night.steps('it waits for its window', async () => {
    const found = await target(id);
    return found?.status === 'queued' && found.resumeAt !== null;
  });
const planned = (count: number) =>
  until('it is planned', async () => {
    return (await night.p.count('jobs', `kind = $1 AND status = 'ok'`, [planActionName(CHANGE)])) === count;
  });
const lastRequest = async () =>
  (
    await queryRows<{ status: string; decision_reason: string | null }>(
      night.p.dataSource,
      'SELECT status, decision_reason FROM action_requests ORDER BY created_at DESC, id DESC LIMIT 1',
    )
  )[0];

describe('what was due for the window of one night', () => {
  /** It is planned in its window, and nobody decides about the plan. */
  async function plannedInItsWindow(): Promise<string> {
    const { p } = night;
    const machineId = await p.machine();
    await night.dailyWindow(1, machineId);
    const worker = p.work();
    const id = await due(machineId);
    await held(id);
    await night.pass(1.5);
    await night.a.runner.advanceAll();
    await planned(2);
    await worker.stop();
    return id;
  }

  it.each([
    ['while the next one is open', 25.5],
    ['between two of them', 5],
  ])('is not begun by whoever finds its plan %s', async (_when, hours) => {
    const id = await plannedInItsWindow();
    await night.pass(hours);
    await (await night.another()).runner.advanceAll();
    expect(await target(id)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired', errorMessage: MISSED });
    expect(await night.p.count('jobs', 'kind = $1', [CHANGE])).toBe(0);
    expect(await lastRequest()).toEqual({
      status: 'expired',
      decision_reason: 'It keeps to the policy, but the maintenance window Nights had closed before it could begin.',
    });
  });

  it('waits for that window, and then for its place, by the clock of the database', async () => {
    const { p, machines } = night;
    const [first, second] = [await p.machine('a'), await p.machine('b')];
    await night.dailyWindow(1, first, second);
    p.work();
    const id = await night.a.schedule([first, second], {
      ...changes('any'),
      cron: '@once',
      runAt: NIGHT,
      concurrency: 1,
    });
    night.clock.at = NIGHT;
    await night.a.scheduler.tick();
    night.clock.at = new Date();
    const awaiting = async () => (await night.targets(id)).map(({ awaitsWindow }) => awaitsWindow);
    await night.steps('both wait for their window', async () => (await awaiting()).every(Boolean));
    await night.pass(1.1);
    expect(await awaiting()).toEqual([false, false]);
    await night.steps('one has begun', () => machines.runs.size === 1);
    const waits = (await night.targets(id)).find(({ status }) => status === 'queued');
    expect(waits).toMatchObject({ windowName: 'Nights', awaitsWindow: false });
    await night.pass(0.5);
    expect((await night.targets(id)).filter(({ awaitsWindow }) => awaitsWindow)).toHaveLength(1);
  });

  it('is begun by whoever finds its plan while that window is open', async () => {
    const id = await plannedInItsWindow();
    await night.pass(1.8);
    await (await night.another()).runner.advanceAll();
    expect(await target(id)).toMatchObject({ status: 'running', stage: 'run' });
  });

  it.each([
    ['', () => Promise.resolve(0)],
    [
      ', and nobody was there for a while',
      () => affected(night.p.dataSource, 'UPDATE schedule_occurrences SET lapsed_at = now()'),
    ],
  ])(
    'is gone on with for as long as that window lasts, though the whole list could not begin any more%s',
    async (_what, meanwhile) => {
      const { p, machines } = night;
      const machineId = await p.machine();
      await night.dailyWindow(1, machineId);
      // What follows has to be planned, which took half an hour once: its window closes in two hours, so the list begins within an hour and a half.
      const finished = new Date();
      const times = {
        created_at: finished,
        started_at: new Date(finished.getTime() - 1_800_000),
        finished_at: finished,
      };
      const plan = { id: newId(), kind: planActionName(CHANGE), machine_id: machineId, status: 'ok', ...times };
      await insertRow(p.dataSource, 'jobs', plan);
      p.work();
      const id = await due(machineId, { actions: TWICE });
      await held(id);
      await night.pass(1.45);
      await night.steps('the change has begun', () => machines.runs.size === 1);
      await meanwhile();
      await night.pass(1.6);
      expect(await p.count('schedule_occurrence_targets', 'start_before < database_now()')).toBe(1);
      night.endRuns();
      await night.steps('what follows has begun', () => machines.runs.size === 2);
    },
  );
});
