import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { queryRows } from '../../../kernel/database/rows';
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

it('keeps no other run waiting until all of them are decided', async () => {
  const { p, a, clock } = night;
  const machineIds: string[] = [];
  for (let n = 0; n < 2 * MACHINES; n += 1) machineIds.push(await p.machine(`m${String(n)}`));
  await a.schedule(machineIds, { ...changes('any'), concurrency: machineIds.length });
  clock.at = NIGHT;
  await a.step();
  p.work({ concurrency: machineIds.length });
  const planned = () => p.count('jobs', `kind = $1 AND status = 'ok'`, [`${CHANGE}_plan`]);
  await until('all plans are made', async () => (await planned()) === machineIds.length);
  const small = await a.schedule([await p.machine('small')]);
  const { id } = await a.runNow(small);
  const approve = p.policyApprovals.approve.bind(p.policyApprovals);
  const begun: boolean[] = [];
  jest.spyOn(p.policyApprovals, 'approve').mockImplementation(async (tx, ...rest) => {
    begun.push((await p.count('schedule_occurrences', `id = $1 AND status = 'running'`, [id])) > 0);
    return approve(tx, ...rest);
  });
  await a.runner.advanceAll();
  expect(begun).toHaveLength(machineIds.length);
  expect(begun.slice(DECISIONS_AT_ONCE)).toEqual(begun.slice(DECISIONS_AT_ONCE).map(() => true));
});

describe('a machine whose plan cannot be decided about', () => {
  it('ends with an error, and the others of its run are changed', async () => {
    const { p, a, clock, machines } = night;
    const [broken, ...others] = [await p.machine('broken'), await p.machine('one'), await p.machine('two')];
    const id = await a.schedule([broken, ...others], { ...changes('any'), concurrency: 3 });
    p.work();
    const approve = p.policyApprovals.approve.bind(p.policyApprovals);
    jest.spyOn(p.policyApprovals, 'approve').mockImplementation(async (tx, seen, holder) => {
      // As a constraint does that does not hold: nothing more can be done in that transaction.
      if (seen.machineId === broken) await queryRows(tx.manager, 'SELECT 1 / 0');
      return approve(tx, seen, holder);
    });
    clock.at = NIGHT;
    await night.steps('the others have begun', () => machines.runs.size === 2);
    expect(await night.over(id, () => night.endRuns())).toMatchObject({ status: 'error', okCount: 2, errorCount: 1 });
    expect((await night.targets(id)).find(({ machineId }) => machineId === broken)).toMatchObject({
      status: 'error',
      errorKind: 'internal_error',
    });
    // Nobody is asked to decide in its place.
    expect(await p.count('action_requests', `machine_id = $1 AND status = 'expired'`, [broken])).toBe(1);
  });

  it.each([
    ['the way to the database broke off', '57P01'],
    ['somebody held the machine for too long', '55P03'],
    ['a statement took too long', '57014'],
    ['the database has no room', '53100'],
  ])('is tried again where only %s', async (_what, code) => {
    const { p, a, clock, machines } = night;
    const id = await a.schedule([await p.machine()], changes('any'));
    p.work();
    const lost = Object.assign(new Error('refused'), { code });
    jest.spyOn(p.policyApprovals, 'approve').mockRejectedValueOnce(lost);
    clock.at = NIGHT;
    await night.steps('it has begun', () => machines.runs.size === 1);
    expect(await night.over(id, () => night.endRuns())).toMatchObject({ status: 'ok' });
  });
});
