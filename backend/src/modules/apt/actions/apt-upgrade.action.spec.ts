import { captured, detailsOf, finished, planned } from '../../../../test/support/captured-upgrade';
import type { Transaction } from '../../../kernel/database/transaction';
import type { ChangeContext, FinishedChange } from '../../jobs/actions/change-action';
import { RUN_ID } from '../fixtures/captured-change';
import type { UpgradeParameters } from '../upgrade/upgrade-parameters';
import { AptUpgradeAction } from './apt-upgrade.action';

const without = undefined as never;

it.each<[string, string, Partial<FinishedChange>, boolean]>([
  ['ended well', 'done', {}, true],
  ['failed', 'failing-script', {}, false],
  ['was cut off', 'done', { ending: 'interrupted', exitCode: null }, false],
  ['lost its record', 'done', { recordLost: true }, false],
])('an upgrade that %s tells which errors it settles by what it did: %s', async (_what, state, more, tells) => {
  const sections = captured('trixie', state);
  const told: unknown[] = [];
  const settlements = { byUpgrade: (...words: unknown[]) => Promise.resolve(void told.push(words)) };
  const action = new AptUpgradeAction(
    { record: () => Promise.resolve() } as never,
    without,
    without,
    settlements as never,
  );
  const plan = detailsOf(planned(sections));
  const parameters: UpgradeParameters = { scope: 'packages', packages: ['fleet-plain'] };
  const context = { plan, jobId: RUN_ID, parameters } as unknown as ChangeContext<UpgradeParameters>;
  const outcome = action.collect({ ...finished(sections), ...more }, context);
  expect(outcome.settlesByStore).toBe(true);
  const tx = {} as Transaction;
  await outcome.store?.(tx, { machineId: 'web-1', finishedAt: new Date(0) } as never);
  const { packages } = outcome.result as { packages: unknown };
  expect(told).toEqual(tells ? [[tx, 'web-1', { ...parameters, mode: plan.mode }, packages]] : []);
});
