import { CHANGE, fakeAction, fakeChange, READING } from '../../../../test/support/jobs-fakes';
import { until } from '../../../../test/support/ssh-wait';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { affected, queryRows } from '../../../kernel/database/rows';
import { saidIn } from '../../../kernel/sentences/said';
import { quoted } from '../../../kernel/sentences/sentences';
import type { FinishedChange } from '../../jobs/actions/change-action';
import { planActionName } from '../../jobs/actions/plan-action';
import type { SaveScheduleDto } from '../dto/schedule-input.dto';
import type { TargetRecord } from '../occurrences/occurrence-record';

const MISSED = 'Its maintenance window Nights had passed before it could begin.';

const LEFT = `What came before is done, but this is left: Fake change.\n${MISSED}`;
const DRIFTED = 'the machine differs from the plan';
const LEFT_READING = 'What came before is done, but this is left: Fake reading.\n';
const OVER = 'this is left: Fake change.\nIts time to begin was over at';
const READINGS = { action: READING, parameters: {} };
const TWICE = [{}, { deep: true }].map((parameters) => ({ action: CHANGE, parameters }));

const night = scheduledNight(() => {
  const change = fakeChange();
  const collect = (run: FinishedChange) => {
    if (!run.log.includes(DRIFTED)) return change.collect(run, {} as never);
    const failure = { kind: 'plan_drifted', message: quoted(DRIFTED) };
    return { status: 'error', result: {}, important: {}, summary: quoted(DRIFTED), error: failure } as const;
  };
  return [fakeAction(), { ...change, packageEffects: () => [], collect }];
}, 'upgrade a 1 2');

const due = (machineId: string, more: Partial<SaveScheduleDto> = {}) =>
  night.due([machineId], { cron: '@once', runAt: NIGHT, ...more });
const target = async (id: string): Promise<TargetRecord | undefined> => (await night.dueTargets(id))[0];
const held = night.held.bind(night);

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

/** The change is at work on the machine. @returns its run there */
async function begun(): Promise<string> {
  await night.steps('the change has begun', () => night.machines.runs.size === 1);
  const [run = ''] = night.machines.runs.keys();
  return run;
}
const ended = (id: string) =>
  night.steps('the run ends', async () => !['queued', 'running'].includes((await target(id))?.status ?? 'queued'));
const lastRequest = async () =>
  (
    await queryRows<{ status: string; decision_reason: string | null }>(
      night.p.dataSource,
      'SELECT status, decision_reason FROM action_requests ORDER BY created_at DESC, id DESC LIMIT 1',
    )
  )[0];

describe('what a schedule goes on with when its single window has closed', () => {
  it.each([
    ['waited for it', 1],
    ['came while it was open', 0],
  ])('is not begun outside, where the machine %s', async (_how, opensIn) => {
    const { p, machines } = night;
    const machineId = await p.machine();
    await night.window(opensIn, machineId);
    p.work();
    const id = await due(machineId, { actions: TWICE });
    if (opensIn > 0) {
      await held(id);
      await night.pass(opensIn);
    }
    const run = await begun();
    await night.pass(opensIn + 1.2);
    machines.end(run);
    await ended(id);
    expect(machines.runs.size).toBe(1);
    expect(await target(id)).toMatchObject({ status: 'warning', errorKind: 'window_expired', errorMessage: LEFT });
    expect(await lastRequest()).toEqual({
      status: 'expired',
      decision_reason: 'It keeps to the policy, but the maintenance window Nights had closed before it could begin.',
    });
  });

  it('is not begun outside, where nobody was there after it was planned', async () => {
    const { p } = night;
    const machineId = await p.machine();
    await night.window(0, machineId);
    p.work();
    const id = await due(machineId, { missedRuns: 'run_once' });
    await night.a.step();
    await until('it is planned', async () => {
      return (await p.count('jobs', `kind = $1 AND status = 'ok'`, [planActionName(CHANGE)])) === 1;
    });
    await night.pass(1.2);
    await (await night.another()).runner.advanceAll();
    expect(await target(id)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired', errorMessage: MISSED });
    expect(await p.count('jobs', 'kind = $1', [CHANGE])).toBe(0);
  });

  it('is not begun outside, where its machine had come to differ from the plan', async () => {
    const { p, machines } = night;
    const machineId = await p.machine();
    await night.window(0, machineId);
    p.work();
    const id = await due(machineId);
    const run = await begun();
    await night.pass(1.2);
    machines.print(run, DRIFTED);
    machines.end(run);
    await ended(id);
    expect(await target(id)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired', errorMessage: MISSED });
    expect(machines.runs.size).toBe(1);
  });

  it('is begun by a run that becomes due after it: that window binds nobody any more', async () => {
    const { p, machines } = night;
    const machineId = await p.machine();
    await night.window(-2, machineId);
    p.work();
    const id = await due(machineId);
    machines.end(await begun());
    await ended(id);
    expect(await target(id)).toMatchObject({ status: 'ok' });
  });
});

/** So many hours later the time in which the run may begin anything is over. */
async function timeOver(id: string, hours: number): Promise<void> {
  const run = await night.dueRun(id);
  const sql = 'UPDATE schedule_occurrences SET expires_at = $2 WHERE id = $1';
  await affected(night.p.dataSource, sql, [run?.id, new Date(Date.now() + (hours * 3_600_000) / 2)]);
  await night.pass(hours);
  await night.a.runner.advanceAll();
}

describe('a machine that was changed, and for the rest of whose actions it is too late', () => {
  const expected = { status: 'warning', errorKind: 'window_expired', errorMessage: LEFT };
  const outcome = async (id: string) => {
    const [run] = await night.a.occurrencesOf(id);
    return { status: run?.status, warnings: run?.warningCount, cancelled: run?.cancelledCount };
  };

  it.each([
    ['waited for it', 1],
    ['came while it was open', -0.5],
  ])('is done with a warning, though its window opens again another night: it %s', async (_how, opensIn) => {
    const { p, machines } = night;
    const machineId = await p.machine();
    await night.dailyWindow(opensIn, machineId);
    p.work();
    const id = await due(machineId, { actions: TWICE });
    if (opensIn > 0) {
      await held(id);
      await night.pass(opensIn + 0.9);
    }
    const run = await begun();
    await night.pass(opensIn + 1.1);
    machines.end(run);
    await ended(id);
    expect(await target(id)).toMatchObject(expected);
    expect(await outcome(id)).toEqual({ status: 'warning', warnings: 1, cancelled: 0 });
    expect(machines.runs.size).toBe(1);
  });

  it('is so too where its window was cut short while the first was at work: the next night is another', async () => {
    const { p, machines } = night;
    const machineId = await p.machine();
    await night.dailyWindow(-0.5, machineId);
    p.work();
    const id = await due(machineId, { actions: TWICE });
    const run = await begun();
    await night.pass(0.2);
    await night.changeWindows('duration_minutes = 40');
    machines.end(run);
    await night.steps('what is left is not at work', async () => (await target(id))?.status !== 'running');
    expect(await target(id)).toMatchObject(expected);
    expect(machines.runs.size).toBe(1);
  });

  it('is gone on with where the windows are gone by then: none binds what is left', async () => {
    const { p, machines } = night;
    const machineId = await p.machine();
    await night.dailyWindow(-0.5, machineId);
    p.work();
    const id = await due(machineId, { actions: TWICE });
    const run = await begun();
    await affected(p.dataSource, 'DELETE FROM maintenance_windows', []);
    await p.transactions.run((tx) => night.a.held.lookAgain({ machineId: null }, tx));
    await night.pass(1.1);
    machines.end(run);
    await night.steps('what is left has begun, or never will', async () => {
      return machines.runs.size === 2 || (await target(id))?.status !== 'running';
    });
    night.endRuns();
    await ended(id);
    expect(await target(id)).toMatchObject({ status: 'ok' });
  });

  /** What is left waits for a window that was made after the first change had begun. */
  async function restHeld(): Promise<string> {
    const { p, machines } = night;
    const machineId = await p.machine();
    p.work();
    const id = await due(machineId, { actions: TWICE });
    const run = await begun();
    await night.dailyWindow(3, machineId);
    machines.end(run);
    await held(id);
    expect(await target(id)).toMatchObject({ position: 1, left: [CHANGE], windowName: 'Nights' });
    return id;
  }

  it('is so too where what is left waited for a window of its own, and found no place there', async () => {
    const id = await restHeld();
    await night.pass(26);
    await night.a.runner.advanceAll();
    expect(await target(id)).toMatchObject(expected);
    expect(night.machines.runs.size).toBe(1);
  });

  it('is so too where the time of the schedule is over before that window opens', async () => {
    const id = await restHeld();
    await timeOver(id, 1);
    expect(await target(id)).toMatchObject({ ...expected, errorMessage: expect.stringContaining(OVER) as string });
    expect(night.machines.runs.size).toBe(1);
  });

  /** A reading follows the change, and another schedule wants it too: nobody has begun it. */
  async function sharedReading(): Promise<string> {
    const { p, a, machines } = night;
    const machineId = await p.machine();
    const worker = p.work();
    const id = await due(machineId, { actions: [{ action: CHANGE, parameters: {} }, READINGS] });
    machines.end(await begun());
    await until('it is changed', async () => (await p.count('jobs', `kind = $1 AND status = 'ok'`, [CHANGE])) === 1);
    await worker.stop();
    await a.runNow(await a.schedule([machineId], { name: 'Other', enabled: false }));
    await a.runner.advanceAll();
    expect(await p.count('jobs', `kind = $1 AND status = 'queued' AND shared`, [READING])).toBe(1);
    expect(await target(id)).toMatchObject({ status: 'running', position: 1 });
    return id;
  }

  it('is so too where what is left has not begun, and another schedule wants it too', async () => {
    const id = await sharedReading();
    await timeOver(id, 1);
    expect(await target(id)).toMatchObject({
      status: 'warning',
      errorKind: 'window_expired',
      errorMessage: expect.stringContaining(`${LEFT_READING}Its time to begin was over at`) as string,
    });
    expect(await outcome(id)).toEqual({ status: 'warning', warnings: 1, cancelled: 0 });
    expect(await night.p.count('jobs', `kind = $1 AND status = 'queued'`, [READING])).toBe(1);
  });

  it('is so too where a person cancels its run, and another schedule wants what is left', async () => {
    const id = await sharedReading();
    await night.a.cancel((await night.dueRun(id))?.id ?? '');
    await night.a.runner.advanceAll();
    expect(await target(id)).toMatchObject({
      status: 'warning',
      errorKind: 'cancelled',
      errorMessage: `${LEFT_READING}The administrator cancelled it.`,
    });
    expect(await night.p.count('jobs', `kind = $1 AND status = 'queued'`, [READING])).toBe(1);
  });

  it('is so too where the time of the schedule itself is over', async () => {
    const { p, machines } = night;
    const machineId = await p.machine();
    p.work();
    const id = await night.a.schedule([machineId], { ...changes('any'), actions: TWICE, windowSeconds: 3600 });
    night.clock.at = NIGHT;
    const run = await begun();
    night.clock.at = new Date(NIGHT.getTime() + 2 * 3_600_000);
    machines.end(run);
    await ended(id);
    expect(await target(id)).toMatchObject({
      status: 'warning',
      errorMessage: expect.stringContaining(OVER) as string,
    });
    expect(await outcome(id)).toMatchObject({ status: 'warning' });
  });

  it('is so too where what is left takes longer than any window lasts', async () => {
    const { p, machines } = night;
    const machineId = await p.machine();
    p.work();
    const id = await due(machineId, { actions: TWICE });
    const run = await begun();
    await night.dailyWindow(3, machineId);
    await night.pass(2);
    machines.end(run);
    await ended(id);
    expect(await target(id)).toMatchObject({
      status: 'warning',
      errorKind: 'window_too_short',
      errorMessage: expect.stringContaining('is left: Fake change.\nNo maintenance window of the machine is') as string,
    });
  });

  it('is so too where the change was confirmed in time, but could not begin so', async () => {
    const { p, a, machines } = night;
    const machineId = await p.machine();
    await night.window(0, machineId);
    const worker = p.work();
    const id = await due(machineId, { actions: TWICE });
    machines.end(await begun());
    await night.steps('what follows is to be planned', async () => (await target(id))?.position === 1);
    await until('it is planned', async () => {
      return (await p.count('jobs', `kind = $1 AND status = 'ok'`, [planActionName(CHANGE)])) === 2;
    });
    await worker.stop();
    await a.runner.advanceAll();
    expect(await target(id)).toMatchObject({ stage: 'run', status: 'running' });
    await night.pass(1.2);
    await p.holds.expire();
    await a.runner.advanceAll();
    const found = await target(id);
    expect(found).toMatchObject({ status: 'warning', errorKind: 'window_expired' });
    expect(saidIn({ message: found?.errorMessage }, ['message'])).toMatchObject({
      message: [
        { code: 'automation.left_undone', params: { action: 'Fake change' } },
        { code: 'jobs.window_expired', params: { action: 'Fake change', window: 'Nights' } },
      ],
    });
  });

  it('is left out where it was only looked at', async () => {
    const { p } = night;
    const machineId = await p.machine();
    await night.window(1, machineId);
    p.work();
    const id = await due(machineId, { actions: [READINGS, ...TWICE.slice(1)] });
    await held(id);
    await night.pass(3);
    await night.a.runner.advanceAll();
    expect(await target(id)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired', errorMessage: MISSED });
  });
});
