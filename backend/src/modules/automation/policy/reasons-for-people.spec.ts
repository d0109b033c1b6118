import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import {
  answer,
  CHANGE,
  CHANGE_PLAN_CONTRACT,
  fakeAction,
  fakeChange,
  fakePlan,
} from '../../../../test/support/jobs-fakes';
import { insertRow } from '../../../../test/support/insert-row';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { newId } from '../../../kernel/database/ids';
import { affected } from '../../../kernel/database/rows';
import { said } from '../../../kernel/sentences/said';
import { quoted } from '../../../kernel/sentences/sentences';
import type { ChangePlan, PackageEffect } from '../../jobs/actions/change-action';
import { planActionName } from '../../jobs/actions/plan-action';
import type { SchedulePolicyDto } from '../dto/schedule-input.dto';

const POLICY: SchedulePolicyDto = {
  archives: 'security',
  origins: null,
  packages: null,
  excludedPackages: [],
  removals: false,
  newPackages: false,
  downgrades: false,
  accepted: [],
};
const NIGHT = new Date('2026-11-26T01:30:00Z');
const SECURE: PackageEffect = { operation: 'upgrade', name: 'a', origin: 'Debian-Security:12/s', security: true };

let database: TestDatabase;
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;
let effects: readonly PackageEffect[];
let more: Partial<ChangePlan>;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  effects = [SECURE];
  more = {};
  const change = fakeChange({ planned: () => fakePlan(['upgrade a 1 2'], more) });
  p = await JobsProcess.open(database.url, [
    fakeAction(),
    Object.assign(change, { packageEffects: () => [...effects] }),
  ]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  clock = new SetClock(new Date('2026-11-25T12:00:00Z'));
  a = new AutomationProcess(p, clock);
  p.remote.otherwise(() => answer({ look: 'fine' }));
});
afterEach(async () => {
  await affected(p.dataSource, `UPDATE users SET status = 'active'`);
  await p.close();
  const source = await database.dataSource();
  for (const table of ['machine_locks', 'schedules', 'machines', 'approval_rules']) {
    await source.query(`DELETE FROM ${table}`);
  }
});

function changing(machineId: string): Promise<string> {
  return a.schedule([machineId], { policy: POLICY, actions: [{ action: CHANGE, parameters: {} }] });
}

/** What the request of the night's run says, and what the run says of its machine. */
async function leftBy(scheduleId: string): Promise<{ readonly request: string[]; readonly run: string | null }> {
  p.work();
  clock.at = NIGHT;
  await until('the occurrence ends', async () => {
    await a.step();
    return ((await a.occurrencesOf(scheduleId)).at(-1)?.finishedAt ?? null) !== null;
  });
  const occurrence = (await a.occurrencesOf(scheduleId)).at(-1);
  const [target] = await a.targetsOf(occurrence?.id ?? '');
  const request = await p.requestsReader.find(target?.requestId ?? '');
  expect(request).toMatchObject({ status: 'pending' });
  return { request: request?.personReason?.split('\n') ?? [], run: target?.errorMessage ?? null };
}

async function rule(name: string, demand: 'four_eyes' | 'administrators'): Promise<void> {
  const conditions_json = {
    schema_version: 1,
    actions: [],
    risks: [],
    requesters: [],
    tag_ids: [],
    min_machines: null,
    removals: false,
    new_packages: false,
    origin: null,
  };
  const made = { created_at: new Date(), created_by: 'Anna', updated_at: new Date(), updated_by: 'Anna' };
  await insertRow(p.dataSource, 'approval_rules', {
    id: newId(),
    name,
    enabled: true,
    version: 1,
    demand,
    conditions_json,
    ...made,
  });
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
    await rule('Two people', 'four_eyes');
    await rule('The chief', 'administrators');
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
