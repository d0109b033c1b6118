import type { Transaction } from '../../../kernel/database/transaction';
import type { ChangeContext, FinishedChange } from '../../jobs/actions/change-action';
import type { ServiceParameters } from '../services/service-plan';
import { ServiceRestartAction } from './service-restart.action';

const shown = (unit: string, invocation: string, state = 'active'): string =>
  ['MainPID=4', `Id=${unit}`, 'Description=x', 'LoadState=loaded', `ActiveState=${state}`, 'SubState=running']
    .concat('RefuseManualStart=no', 'RefuseManualStop=no', `InvocationID=${invocation}`, '')
    .join('\n');
const section = (stdout: string) => ({ stdout, stderr: '', exitCode: 0, truncated: false });

it.each<[string, Partial<FinishedChange>]>([
  ['failed', {}],
  ['active', {}],
  ['active', { ending: 'interrupted', exitCode: null }],
])('a restart settles by the services that run anew: %s, %j', async (state, more) => {
  const told: unknown[] = [];
  const settlements = { byRestart: (...words: unknown[]) => Promise.resolve(void told.push(words)) };
  const action = new ServiceRestartAction(undefined as never, settlements as never);
  const facts = {
    before: `${shown('a.service', '1')}\n${shown('b.service', '1')}`,
    after: `${shown('a.service', '2')}\n${shown('b.service', '2', state)}`,
    failed_before: '',
    failed_after: '',
    codes: 'a.service 0\nb.service 0\n',
  };
  const run = {
    ...{ ending: 'ended', exitCode: 0, startedAt: null, finishedAt: null, rebooted: false, log: '', drift: null },
    sections: new Map(Object.entries(facts).map(([name, text]) => [name, section(text)])),
    ...more,
  } as unknown as FinishedChange;
  const plan = { units: [{ unit: 'a.service' }, { unit: 'b.service' }] };
  const outcome = action.collect(run, { plan } as unknown as ChangeContext<ServiceParameters>);
  expect(outcome.settlesByStore).toBe(true);
  const tx = {} as Transaction;
  await outcome.store?.(tx, { machineId: 'm' } as never);
  const well = state === 'active' && run.ending === 'ended';
  expect(told).toEqual([[tx, 'm', state === 'active' ? ['a.service', 'b.service'] : ['a.service'], well]]);
});
