import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { CHANGE, fakeAction, fakeChange, fakePlan } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { affected } from '../../../kernel/database/rows';
import { said } from '../../../kernel/sentences/said';
import { quoted } from '../../../kernel/sentences/sentences';
import type { ChangePlan, PackageEffect } from '../../jobs/actions/change-action';
import { planActionName } from '../../jobs/actions/plan-action';

const SECURE: PackageEffect = { operation: 'upgrade', name: 'a', origin: 'Debian-Security:12/s', security: true };

let effects: readonly PackageEffect[];
let more: Partial<ChangePlan>;
const night = scheduledNight(() => {
  effects = [SECURE];
  more = {};
  const change = fakeChange({ planned: () => fakePlan(['upgrade a 1 2'], more) });
  return [fakeAction(), Object.assign(change, { packageEffects: () => [...effects] })];
});
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeEach(async () => {
  ({ p, a, clock } = night);
  await affected(p.dataSource, `UPDATE users SET status = 'active'`);
});

function changing(machineId: string): Promise<string> {
  return a.schedule([machineId], changes('security'));
}

/** What the request of the night's run says, and what the run says of its machine. */
async function leftBy(scheduleId: string): Promise<{ readonly request: string[]; readonly run: string | null }> {
  p.work();
  clock.at = NIGHT;
  const occurrence = await night.over(scheduleId);
  const [target] = await a.targetsOf(occurrence.id);
  const request = await p.requestsReader.find(target?.requestId ?? '');
  expect(request).toMatchObject({ status: 'pending' });
  return { request: request?.personReason?.split('\n') ?? [], run: target?.errorMessage ?? null };
}

describe('a request that a schedule leaves to people', () => {
  it('says all that goes beyond the policy, and who may not allow it any more', async () => {
    effects = [
      { operation: 'remove', name: 'exim4', origin: null, security: null },
      { operation: 'install', name: 'postfix', origin: 'Debian:12/stable', security: false },
    ];
    more = { consequences: [{ code: 'removals', sentence: quoted('exim4 goes') }] };
    const id = await changing(await p.machine());
    await affected(p.dataSource, `UPDATE users SET status = 'disabled'`);
    const { request, run } = await leftBy(id);
    expect(request).toEqual([
      'It removes exim4.',
      'It installs postfix.',
      'This is not from an archive for security: postfix.',
      'The administrator answers for what it may change by itself, and may not confirm changes any more. Somebody who may has to save the schedule.',
    ]);
    expect(run).toBe(`The plan waits for a person. ${request.join('\n')}`);
    for (const sentence of run?.split('\n') ?? []) expect(said(sentence)?.code).toMatch(/^automation\./);
  });

  it('says of each rule of approval what it asks for', async () => {
    await night.rule('four_eyes', 'Two people');
    await night.rule('administrators', 'The chief');
    const { request } = await leftBy(await changing(await p.machine()));
    expect(request).toHaveLength(2);
    expect(request.join(' ')).toContain('Two people');
    expect(request.join(' ')).toContain('The chief');
  });

  it('says what of the look before it keeps it from being carried out', async () => {
    more = { checks: [{ code: 'space', verdict: 'blocked', sentence: quoted('No space.'), action: null }] };
    expect(await leftBy(await changing(await p.machine()))).toEqual({ request: ['No space.'], run: 'No space.' });
  });

  it('says nothing of what a person asked for', async () => {
    const machine = await p.machine();
    p.work();
    const { id } = await p.enqueue(machine, { action: planActionName(CHANGE), parameters: {} });
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    const [request] = await p.requestsReader.page({ machineId: machine }, 1, null);
    expect(request).toMatchObject({ status: 'pending', personReason: null });
  });
});
