import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { insertRow } from '../../../../test/support/insert-row';
import { CHANGE, fakeAction, fakeChange, gate, READING } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { DomainEvent } from '../../../kernel/events/domain-event';

const HOUR_MS = 3_600_000;

const night = scheduledNight(
  () => [fakeAction(), Object.assign(fakeChange({ beforehand: READING }), { packageEffects: () => [] })],
  'upgrade a 1 2',
);
const { machines } = night;
const steps = night.steps.bind(night);
const due = night.due.bind(night);
const dueRun = night.dueRun.bind(night);
const targets = night.dueTargets.bind(night);
const held = night.held.bind(night);
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeEach(() => {
  ({ p, a, clock } = night);
});

/** Three hours pass: what waited for its window may begin. */
async function windowsOpened(): Promise<void> {
  const past = `interval '3 hours 1 second'`;
  await affected(p.dataSource, `UPDATE maintenance_windows SET opens_at = opens_at - ${past}`, []);
  await affected(
    p.dataSource,
    `UPDATE schedule_occurrence_targets SET resume_at = resume_at - ${past}, start_before = start_before - ${past}`,
    [],
  );
}
async function archived(machineId: string): Promise<void> {
  const event = { machineId } as DomainEvent;
  await p.transactions.run(async (tx) => {
    await p.archivedWork.archived(event, tx);
    await a.held.archived(event, tx);
  });
}
const jobsOf = (machineId: string) =>
  queryRows<{ kind: string; status: string }>(
    p.dataSource,
    'SELECT kind, status FROM jobs WHERE machine_id = $1 ORDER BY created_at, id',
    [machineId],
  );
/** A machine that waits for its window, and what it needs is to be fetched: nobody does so yet. */
async function fetching(): Promise<{ machine: string; id: string }> {
  const machine = await p.machine('fetches');
  await night.window(3, machine);
  const worker = p.work();
  const id = await due([machine]);
  await a.step();
  // Without a look: it would ask the worker, which is still there, for what comes next.
  await until('its plan is made', async () => (await jobsOf(machine)).some(({ status }) => status === 'ok'));
  await worker.stop();
  await steps('what it needs is asked for', async () => (await jobsOf(machine)).length > 1);
  return { machine, id };
}
/** Ends every detached run that has begun. @returns the most that were at work at once */
async function endRuns(id: string): Promise<number> {
  let most = 0;
  await steps('the occurrence ends', async () => {
    const open = [...machines.runs].filter(([, run]) => run.ending === null);
    most = Math.max(most, await p.count('jobs', `kind = $1 AND schedule_id = $2 AND status = 'running'`, [CHANGE, id]));
    for (const [run] of open) machines.end(run);
    return ((await dueRun(id))?.finishedAt ?? null) !== null;
  });
  return most;
}

describe('a machine of a schedule that waits for its maintenance window', () => {
  it('has no place among those at work, and fetches beforehand what its change needs', async () => {
    const [bound, free] = [await p.machine('bound'), await p.machine('free')];
    await night.window(3, bound);
    p.work();
    const id = await due([bound, free], { concurrency: 1 });
    await night.leftOutBefore(id, bound);
    await held(id, 1);
    await steps('the other is at work', async () => (await targets(id)).some(({ stage }) => stage === 'run'));
    expect(await jobsOf(bound)).toEqual([
      { kind: `${CHANGE}_plan`, status: 'ok' },
      { kind: READING, status: 'ok' },
    ]);
    expect((await targets(id)).find(({ machineId }) => machineId === bound)).toMatchObject({
      windowName: 'Nights',
      estimateSeconds: 1,
      estimateBasis: 'declared',
    });
    expect((await targets(id)).find(({ machineId }) => machineId === free)).toMatchObject({
      estimateSeconds: null,
      estimateBasis: null,
    });
    // The plan is let go: it would drift, and nobody has anything to decide.
    const requests = 'SELECT status, decision_reason FROM action_requests WHERE machine_id = $1';
    expect(await queryRows(p.dataSource, requests, [bound])).toEqual([
      {
        status: 'expired',
        decision_reason: 'It keeps to the policy, and is planned again when the maintenance window Nights opens.',
      },
    ]);
    await night.openWindows();
    await endRuns(id);
    expect(await dueRun(id)).toMatchObject({ status: 'ok', okCount: 2 });
    expect((await jobsOf(bound)).slice(2)).toEqual([
      { kind: `${CHANGE}_plan`, status: 'ok' },
      { kind: CHANGE, status: 'ok' },
    ]);
  });

  it('waits for the window as it is now, although that was edited while it was decided about', async () => {
    const machine = await p.machine('edited');
    await night.window(3, machine);
    p.work();
    const id = await due([machine]);
    await held(id, 1);
    const [before] = await targets(id);
    if (before?.resumeAt == null) throw new Error('nothing waits');
    const opens = Number(before.resumeAt);
    const occurrenceId = (await dueRun(id))?.id ?? '';
    const [decided, edited] = [gate(), gate()];
    // As the step of the run does that has read the windows of before.
    const deciding = p.transactions.run(async (tx) => {
      const times = { from: new Date(opens), latestStart: new Date(opens + HOUR_MS / 2) };
      await a.held.note(tx, occurrenceId, { machineId: machine, position: 0, windowName: 'Nights', ...times });
      decided.open();
      await edited.opened;
    });
    await decided.opened;
    const edit = `UPDATE maintenance_windows SET name = 'Later', opens_at = opens_at + interval '2 hours'`;
    await affected(p.dataSource, edit, []);
    edited.open();
    await deciding;
    expect(await targets(id)).toMatchObject([{ windowName: 'Nights' }]);
    await a.runner.advanceAll();
    expect(await targets(id)).toMatchObject([{ windowName: 'Later', resumeAt: new Date(opens + 2 * HOUR_MS) }]);
  });

  it('says how long its change should take by what it took here before', async () => {
    const machine = await p.machine('before');
    const finished = new Date();
    const times = { created_at: finished, started_at: new Date(finished.getTime() - 90_000), finished_at: finished };
    await insertRow(p.dataSource, 'jobs', { id: newId(), kind: CHANGE, machine_id: machine, status: 'ok', ...times });
    await night.window(3, machine);
    p.work();
    const id = await due([machine]);
    await held(id, 1);
    expect(await targets(id)).toMatchObject([{ estimateSeconds: 90, estimateBasis: 'machine' }]);
  });

  it('comes as there is room when all windows open: never more at once than the schedule says', async () => {
    const ids = [await p.machine('a'), await p.machine('b'), await p.machine('c'), await p.machine('d')];
    await night.window(3, ...ids);
    p.work();
    const id = await due(ids, { concurrency: 2 });
    await held(id, 4);
    expect(await p.count('jobs', 'kind = $1 AND schedule_id = $2', [CHANGE, id])).toBe(0);
    await night.openWindows();
    expect(await endRuns(id)).toBeLessThanOrEqual(2);
    expect(await dueRun(id)).toMatchObject({ status: 'ok', okCount: 4 });
  });

  it('waits on for its place when its window is made longer while it is open', async () => {
    const ids = [await p.machine('a'), await p.machine('b')];
    await night.window(3, ...ids);
    p.work();
    const id = await due(ids, { concurrency: 1 });
    await held(id, 2);
    await windowsOpened();
    await steps('one is changed', () => machines.runs.size === 1);
    await night.changeWindows('duration_minutes = 240');
    clock.at = new Date(Date.now() + 2 * HOUR_MS);
    await a.step();
    expect((await targets(id)).map(({ status }) => status).sort()).toEqual(['queued', 'running']);
    // It still ends as such when the longer window is over as well.
    clock.at = new Date(Date.now() + 5 * HOUR_MS);
    await a.step();
    expect((await targets(id)).find(({ status }) => status !== 'running')).toMatchObject({
      errorKind: 'window_expired',
    });
  });

  it('comes in its turn when no window binds it any more, though it was open', async () => {
    const ids = [await p.machine('a'), await p.machine('b')];
    await night.window(3, ...ids);
    p.work();
    const id = await due(ids, { concurrency: 1 });
    await held(id, 2);
    await windowsOpened();
    await steps('one is changed', () => machines.runs.size === 1);
    await affected(p.dataSource, 'DELETE FROM maintenance_windows', []);
    await p.transactions.run((tx) => a.held.lookAgain({ machineId: null }, tx));
    clock.at = new Date(Date.now() + 2 * HOUR_MS);
    await endRuns(id);
    expect(await dueRun(id)).toMatchObject({ status: 'ok', okCount: 2 });
  });

  it('is not planned again before its window when that is moved to later', async () => {
    const machine = await p.machine('later');
    await night.window(3, machine);
    p.work();
    const id = await due([machine]);
    await held(id, 1);
    const before = (await jobsOf(machine)).length;
    await night.changeWindows(`opens_at = opens_at + interval '1 hour'`);
    await a.step();
    const [target] = await targets(id);
    expect(target?.resumeAt?.getTime()).toBeGreaterThan(Date.now() + 3.5 * HOUR_MS);
    expect(await jobsOf(machine)).toHaveLength(before);
  });

  it('ends as such when the window has passed without a place for it', async () => {
    const machine = await p.machine('late');
    await night.window(3, machine);
    p.work();
    const id = await due([machine]);
    await held(id, 1);
    clock.at = new Date(Date.now() + 4 * HOUR_MS);
    await a.step();
    expect(await targets(id)).toMatchObject([
      {
        status: 'cancelled',
        errorKind: 'window_expired',
        errorMessage: 'Its maintenance window Nights had passed before it could begin.',
      },
    ]);
  });

  it('ends when the machine is archived; the others wait on', async () => {
    const [gone, other] = [await p.machine('gone'), await p.machine('other')];
    await night.window(3, gone, other);
    p.work();
    const id = await due([gone, other]);
    await held(id, 2);
    await archived(gone);
    const all = await targets(id);
    expect(all.find(({ machineId }) => machineId === gone)).toMatchObject({
      status: 'cancelled',
      errorKind: 'machine_archived',
      errorMessage: 'The machine was archived before its turn came.',
    });
    expect(all.find(({ machineId }) => machineId === other)).toMatchObject({ status: 'queued' });
    await archived(other);
    await a.step();
    expect(await dueRun(id)).toMatchObject({ status: 'cancelled', errorKind: 'machine_archived' });
  });

  it('ends when the machine is archived while what it needs is to be fetched', async () => {
    const { machine, id } = await fetching();
    await archived(machine);
    await a.step();
    expect(await targets(id)).toMatchObject([{ status: 'cancelled', errorKind: 'machine_archived' }]);
  });

  it('is let go with its occurrence, and so is what it fetches', async () => {
    const { machine, id } = await fetching();
    await a.cancel((await dueRun(id))?.id ?? '');
    await steps('it ends', async () => (await targets(id)).every(({ status }) => status === 'cancelled'));
    expect((await jobsOf(machine)).at(-1)).toEqual({ kind: READING, status: 'cancelled' });
  });
});
