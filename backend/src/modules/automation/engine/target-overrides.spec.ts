import { CHANGE, fakeAction, fakeChange, READING } from '../../../../test/support/jobs-fakes';
import { scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';
import { planActionName } from '../../jobs/actions/plan-action';
import { ActiveOccurrences } from '../occurrences/active-occurrences';
import type { TargetRecord } from '../occurrences/occurrence-record';

const REASON = 'the shop is down';
const TWICE = [{}, { deep: true }].map((parameters) => ({ action: CHANGE, parameters }));
const NOT_HELD = { code: 'not_held', status: 409 };
/** So long a plan of the fake change is valid, and so a little longer. */
const TOO_LONG_MS = 601_000;

const night = scheduledNight(
  () => [fakeAction(), Object.assign(fakeChange({ beforehand: READING }), { packageEffects: () => [] })],
  'upgrade a 1 2',
);
const { machines } = night;

const runOf = async (id: string): Promise<string> => (await night.dueRun(id))?.id ?? '';
const beginNow = async (id: string, machineId: string) => night.a.beginNow(await runOf(id), machineId);
const target = async (id: string, machineId: string): Promise<TargetRecord | undefined> =>
  (await night.dueTargets(id)).find((one) => one.machineId === machineId);
const begun = (count = 1) => night.steps(`${String(count)} have begun`, () => machines.runs.size === count);
const changesOf = (machineId: string) =>
  queryRows<{ status: string; window_override: string | null }>(
    night.p.dataSource,
    'SELECT status, window_override FROM jobs WHERE machine_id = $1 AND kind = $2 ORDER BY created_at, id',
    [machineId, CHANGE],
  );
const plansOf = (machineId: string, status: string) =>
  night.p.count('jobs', 'kind = $1 AND machine_id = $2 AND status = $3', [planActionName(CHANGE), machineId, status]);
/** A machine whose window opens in three hours, of a run that has nothing else to do. */
async function heldMachine(more: Parameters<typeof night.due>[1] = {}) {
  const machineId = await night.p.machine('bound');
  await night.window(3, machineId);
  const worker = night.p.work();
  const id = await night.due([machineId], more);
  await night.held(id);
  return { machineId, id, worker };
}

describe('a machine of a run that waits for its maintenance window', () => {
  it('begins before for somebody who says why, with all that is left to do on it, and the audit keeps it', async () => {
    const { machineId, id } = await heldMachine({ actions: TWICE });
    expect(await target(id, machineId)).toMatchObject({ left: [CHANGE, CHANGE], windowOverride: null });
    await beginNow(id, machineId);
    expect(await target(id, machineId)).toMatchObject({
      windowOverride: REASON,
      windowOverrideBy: 'The administrator',
    });
    await begun();
    await expect(beginNow(id, machineId)).rejects.toMatchObject(NOT_HELD);
    // What follows comes an hour later than what was asked to begin: it is not held back by that.
    night.clock.at = new Date(night.clock.at.getTime() + 3_600_000);
    night.endRuns();
    await begun(2);
    expect(await target(id, machineId)).toMatchObject({ left: [CHANGE] });
    night.endRuns();
    await night.steps('the run ends', async () => (await night.dueRun(id))?.finishedAt != null);
    expect(await night.dueRun(id)).toMatchObject({ status: 'ok', okCount: 1 });
    expect(await target(id, machineId)).toMatchObject({ windowOverride: REASON, left: [] });
    expect(await changesOf(machineId)).toEqual([
      { status: 'ok', window_override: REASON },
      { status: 'ok', window_override: REASON },
    ]);
    const audit = `SELECT actor_name, object_type, object_id, machine_id, details_json FROM audit_log WHERE action = 'window.overridden'`;
    expect(await queryRows(night.p.dataSource, audit)).toMatchObject([
      {
        actor_name: 'The administrator',
        object_type: 'schedule_occurrence',
        object_id: await runOf(id),
        machine_id: machineId,
        details_json: { action: CHANGE, reason: REASON },
      },
    ]);
  });

  it('is begun when what it needs is there, where that is being fetched', async () => {
    const machineId = await night.p.machine('fetches');
    await night.window(3, machineId);
    const worker = night.p.work();
    const id = await night.due([machineId]);
    await night.a.step();
    await until('its plan is made', async () => (await plansOf(machineId, 'ok')) === 1);
    await worker.stop();
    await night.steps('it is to be fetched', async () => (await target(id, machineId))?.stage === 'download');
    await beginNow(id, machineId);
    await night.a.step();
    expect(await plansOf(machineId, 'queued')).toBe(0);
    night.p.work();
    await begun();
  });

  it('begins so although its window is moved meanwhile', async () => {
    const { machineId, id } = await heldMachine();
    await beginNow(id, machineId);
    await night.changeWindows(`opens_at = opens_at + interval '1 hour'`);
    await begun();
    expect(await changesOf(machineId)).toMatchObject([{ window_override: REASON }]);
  });

  it('goes before those that wait for a place, and takes none that is not free', async () => {
    const [bound, atWork, next] = [await night.p.machine('bound'), await night.p.machine(), await night.p.machine()];
    await night.window(3, bound);
    night.p.work();
    const id = await night.due([bound, atWork, next], { concurrency: 1 });
    await begunOrHeld(id, bound);
    // As for most of them, its turn would come last.
    await affected(night.p.dataSource, 'UPDATE schedule_occurrence_targets SET turn = 9 WHERE machine_id = $1', [
      bound,
    ]);
    const active = new ActiveOccurrences(night.p.dataSource, night.p.contracts);
    expect(await active.list()).toMatchObject([{ waitingCount: 2, heldCount: 1 }]);
    await beginNow(id, bound);
    expect(await active.list()).toMatchObject([{ waitingCount: 2, heldCount: 0 }]);
    await night.a.step();
    expect(await target(id, bound)).toMatchObject({ status: 'queued' });
    night.endRuns();
    await begun(2);
    expect(await changesOf(bound)).toHaveLength(1);
  });

  it('waits for its window again where no place becomes free in time, and may be let begin once more', async () => {
    const [bound, atWork] = [await night.p.machine('bound'), await night.p.machine()];
    await night.window(3, bound);
    night.p.work();
    const id = await night.due([bound, atWork], { concurrency: 1 });
    await begunOrHeld(id, bound);
    await beginNow(id, bound);
    await night.pass(TOO_LONG_MS / 3_600_000);
    night.endRuns();
    await night.steps('the other is done', async () => (await target(id, atWork))?.status === 'ok');
    await night.a.step();
    expect(await target(id, bound)).toMatchObject({ status: 'queued', windowOverride: null, windowOverrideBy: null });
    expect(await changesOf(bound)).toEqual([]);
    await beginNow(id, bound);
    await begun(2);
  });

  it('is not begun outside by a plan that took too long', async () => {
    const { machineId, id, worker } = await heldMachine();
    await worker.stop();
    await beginNow(id, machineId);
    await night.a.step();
    expect(await plansOf(machineId, 'queued')).toBe(1);
    await night.pass(TOO_LONG_MS / 3_600_000);
    night.p.work();
    await night.steps('it is planned', async () => (await plansOf(machineId, 'ok')) === 2);
    await night.held(id);
    expect(await changesOf(machineId)).toEqual([]);
  });

  it('is nothing else that waits, and of no run that begins nothing any more', async () => {
    const { machineId, id } = await heldMachine();
    const other = await night.p.machine('other');
    await expect(beginNow(id, other)).rejects.toMatchObject({ status: 404 });
    await expect(night.a.beginNow(newId(), machineId)).rejects.toMatchObject({ status: 404 });
    const set = (text: string) => affected(night.p.dataSource, `UPDATE schedule_occurrences SET ${text}`, []);
    await set(`expires_at = now() - interval '1 minute'`);
    await expect(beginNow(id, machineId)).rejects.toMatchObject(NOT_HELD);
    await set('expires_at = NULL');
    await night.changeWindows(`opens_at = now() - interval '1 minute'`);
    await expect(beginNow(id, machineId)).rejects.toMatchObject(NOT_HELD);
    await night.changeWindows(`opens_at = now() + interval '3 hours'`);
    await night.a.cancel(await runOf(id));
    await expect(beginNow(id, machineId)).rejects.toMatchObject(NOT_HELD);
    expect(await target(id, machineId)).toMatchObject({ windowOverride: null });
  });
});

/** One machine waits for its window, another is at work. */
async function begunOrHeld(id: string, bound: string): Promise<void> {
  await night.leftOutBefore(id, bound);
  await night.steps('one waits, one is at work', async () => {
    const held = await target(id, bound);
    return held?.status === 'queued' && held.resumeAt !== null && machines.runs.size === 1;
  });
}
