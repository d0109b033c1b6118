import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { affected } from '../../../kernel/database/rows';
import { planActionName } from '../actions/plan-action';

const night = scheduledNight(() => [fakeAction(), fakeChange()], 'upgrade a 1 2');

beforeAll(() => Logger.overrideLogger(false));

async function planned(machineId: string): Promise<string> {
  const { p } = night;
  const { requestId } = await p.ended((await p.enqueue(machineId, { action: planActionName(CHANGE) })).id);
  if (requestId === null) throw new Error('there is no plan');
  return requestId;
}

/** Two confirmed changes that wait for the same window, of which the time of the first is over, and the second may begin. */
async function overdueAndNext(): Promise<{ overdue: string; next: string }> {
  const { p } = night;
  const machineIds = [await p.machine('a'), await p.machine('b')];
  await night.window(1, ...machineIds);
  const worker = p.work();
  const jobs: string[] = [];
  for (const machineId of machineIds) {
    const requestId = await planned(machineId);
    const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
    jobs.push((await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson)).id);
  }
  await worker.stop();
  const [overdue = '', next = ''] = jobs;
  const past = `UPDATE jobs SET start_before = database_now() - interval '1 second' WHERE id = $1`;
  await affected(p.dataSource, past, [overdue]);
  await night.pass(1.1);
  return { overdue, next };
}
const phaseOf = (id: string) => night.p.count('jobs', `id = $1 AND phase = 'dispatched'`, [id]);

describe('a sweep in which one of those whose time is over', () => {
  it('cannot be told of still ends it, and hands out what may begin', async () => {
    const { p } = night;
    const { overdue, next } = await overdueAndNext();
    const told = p.events.handler;
    p.events.handler = async (event, tx) => {
      if (event.jobId === overdue) throw new Error('whoever listens fails');
      await told?.(event, tx);
    };
    await p.sweeper.sweep();
    expect(await p.job(overdue)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired' });
    expect(await phaseOf(next)).toBe(1);
  });

  it('cannot be ended at all ends the others', async () => {
    const { p } = night;
    const { overdue, next } = await overdueAndNext();
    jest.spyOn(p.history, 'announce').mockImplementation((_tx, { jobId }) => {
      if (jobId === overdue) throw new Error('a fault of the program');
    });
    await p.sweeper.sweep();
    expect(await p.job(overdue)).toMatchObject({ status: 'queued' });
    expect(await phaseOf(next)).toBe(1);
  });
});

describe('a sweep that cannot decide anew after an edit of windows', () => {
  it('still ends what is overdue, and hands out what may begin', async () => {
    const { p } = night;
    const { overdue, next } = await overdueAndNext();
    await affected(p.dataSource, `UPDATE maintenance_windows SET name = 'Late'`, []);
    jest.spyOn(p.holds, 'lookAgain').mockRejectedValue(new Error('a fault of the program'));
    await p.sweeper.sweep();
    expect(p.holds.lookAgain).toHaveBeenCalled();
    expect(await p.job(overdue)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired' });
    expect(await phaseOf(next)).toBe(1);
  });
});

describe('a sweep of jobs that fails', () => {
  it('lets requests expire', async () => {
    const { p } = night;
    jest.spyOn(p.sweeper, 'sweep').mockRejectedValue(new Error('a fault of the program'));
    p.work();
    const requestId = await planned(await p.machine());
    await affected(p.dataSource, `UPDATE action_requests SET expires_at = now() - interval '1 second'`, []);
    // In its row, for everybody who listens: whoever reads it sees it at once anyway.
    await until('it expires', async () => {
      return (await p.count('action_requests', `id = $1 AND status = 'expired'`, [requestId])) === 1;
    });
  });
});
