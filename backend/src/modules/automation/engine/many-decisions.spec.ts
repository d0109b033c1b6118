import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import type { Transaction } from '../../../kernel/database/transaction';
import { DECISIONS_AT_ONCE } from './target-worker';

const MACHINES = DECISIONS_AT_ONCE + 5;

const night = scheduledNight(
  () => [fakeAction(), Object.assign(fakeChange(), { packageEffects: () => [] })],
  'upgrade a 1 2',
);

describe('a run whose plans on many machines are made at the same moment', () => {
  it('decides about a few of them in a transaction, and about all of them at once', async () => {
    const { p, a, clock } = night;
    const machineIds: string[] = [];
    for (let n = 0; n < MACHINES; n += 1) machineIds.push(await p.machine(`m${String(n)}`));
    await a.schedule(machineIds, { ...changes('any'), concurrency: MACHINES });
    clock.at = NIGHT;
    await a.step();
    p.work({ concurrency: MACHINES });
    await until(
      'all plans are made',
      async () => (await p.count('jobs', `kind = $1 AND status = 'ok'`, [`${CHANGE}_plan`])) === MACHINES,
    );

    const approve = p.policyApprovals.approve.bind(p.policyApprovals);
    const decided = new Map<Transaction, number>();
    jest.spyOn(p.policyApprovals, 'approve').mockImplementation((tx, ...rest) => {
      decided.set(tx, (decided.get(tx) ?? 0) + 1);
      return approve(tx, ...rest);
    });
    await a.runner.advanceAll();
    expect([...decided.values()]).toEqual([DECISIONS_AT_ONCE, MACHINES - DECISIONS_AT_ONCE]);
    expect(await p.count('jobs', 'kind = $1', [CHANGE])).toBe(MACHINES);
  });
});
