import { anyPerson } from '../../../../test/support/deciders';
import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { scheduledNight } from '../../../../test/support/scheduled-night';
import { affected, queryOne } from '../../../kernel/database/rows';
import { planActionName } from '../actions/plan-action';

const night = scheduledNight(() => [fakeAction(), fakeChange()], 'upgrade a 1 2');

/** A change that may begin for an hour, and has been handed out: every worker is gone. */
async function handedOut(): Promise<string> {
  const { p } = night;
  const machineId = await p.machine();
  await night.window(0, machineId);
  const worker = p.work();
  const { requestId } = await p.ended((await p.enqueue(machineId, { action: planActionName(CHANGE) })).id);
  await worker.stop();
  const digest = (await p.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
  const { id } = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
  expect(await standing(id)).toMatchObject({ phase: 'dispatched', minutes: 60 });
  return id;
}
/** When its window opens; without one, when it was asked for. */
const FROM = 'COALESCE((SELECT opens_at FROM maintenance_windows), created_at)';
const standing = (id: string) =>
  queryOne<{ phase: string; token: string | null; minutes: number }>(
    night.p.dataSource,
    `SELECT phase, boss_job_id AS token, window_name AS window, round(extract(epoch FROM start_before - ${FROM}) / 60)::int AS minutes
     FROM jobs WHERE id = $1`,
    [id],
  );
async function edited(set: string): Promise<void> {
  const { p } = night;
  await affected(p.dataSource, `UPDATE maintenance_windows SET ${set}`, []);
  await p.transactions.run((tx) => p.holds.lookAgain({ machineId: null }, tx));
}

describe('a change that was handed out, and that no worker has taken', () => {
  it('keeps its place, and may begin for longer when its window is made longer', async () => {
    const { p, machines } = night;
    const id = await handedOut();
    const before = await standing(id);
    await edited('duration_minutes = 240');
    expect(await standing(id)).toMatchObject({ phase: 'dispatched', token: before?.token, minutes: 240 });
    await night.pass(2);
    await p.holds.expire();
    p.work();
    await night.steps('it has begun', () => machines.runs.has(id));
  });

  it('goes back to wait when its window is moved to later', async () => {
    const id = await handedOut();
    await edited(`opens_at = opens_at + interval '3 hours'`);
    expect(await standing(id)).toMatchObject({ phase: 'waiting', token: null, minutes: 60 });
  });

  it('is bound by no window when there is none any more, only by how long its plan is valid', async () => {
    const { p } = night;
    const id = await handedOut();
    await affected(p.dataSource, 'DELETE FROM maintenance_windows', []);
    await p.transactions.run((tx) => p.holds.lookAgain({ machineId: null }, tx));
    expect(await standing(id)).toMatchObject({ phase: 'dispatched', window: null, minutes: 10 });
  });
});

describe('a change that a worker has in hand and that has not begun', () => {
  it('may begin for longer when its window is made longer', async () => {
    const { p } = night;
    const id = await handedOut();
    expect(await p.takeOne('slow worker')).toMatchObject({ jobId: id });
    await edited('duration_minutes = 240');
    expect(await standing(id)).toMatchObject({ window: 'Nights', minutes: 240 });
    await night.pass(2);
    expect(await p.holds.beginning(id)).toMatchObject({ refusal: null });
    await night.pass(5);
    expect(await p.holds.beginning(id)).toMatchObject({ refusal: { kind: 'window_expired' } });
  });

  it('is not begun in another opening when its window is moved to later', async () => {
    const { p } = night;
    const id = await handedOut();
    await p.takeOne('slow worker');
    await edited(`opens_at = opens_at + interval '3 hours'`);
    expect(await p.holds.beginning(id)).toMatchObject({ refusal: { kind: 'window_expired' } });
  });
});
