import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { FakeMachines } from '../../../../test/support/fake-detached';
import { insertRow } from '../../../../test/support/insert-row';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { DomainEvent } from '../../../kernel/events/domain-event';
import type { PackageEffect } from '../../jobs/actions/change-action';
import type { SaveScheduleDto, SchedulePolicyDto } from '../dto/schedule-input.dto';

const NIGHT = new Date('2026-11-26T01:30:00Z');
const POLICY: SchedulePolicyDto = {
  archives: 'any',
  origins: null,
  packages: null,
  excludedPackages: [],
  removals: false,
  newPackages: false,
  downgrades: false,
  accepted: [],
};
const EFFECT: PackageEffect = { operation: 'upgrade', name: 'a', origin: 'Debian:12/stable', security: false };
const saved = (more: Partial<SaveScheduleDto> = {}): Partial<SaveScheduleDto> => {
  return { policy: POLICY, actions: [{ action: CHANGE, parameters: {} }], ...more };
};

let database: TestDatabase;
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;
let machine: string;
const machines = new FakeMachines();

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  const change = Object.assign(fakeChange(), { packageEffects: () => [EFFECT] });
  p = await JobsProcess.open(database.url, [fakeAction(), change]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  clock = new SetClock(new Date('2026-11-25T12:00:00Z'));
  a = new AutomationProcess(p, clock);
  p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  p.detached.machines = machines;
  machines.runs.clear();
  machine = await p.machine();
});
afterEach(async () => {
  await p.close();
  const source = await database.dataSource();
  for (const table of ['machine_locks', 'schedules', 'maintenance_windows', 'machines', 'tags'])
    await source.query(`DELETE FROM ${table}`);
});

const steps = (what: string, met: () => boolean | Promise<boolean>) =>
  until(what, async () => {
    await a.step();
    return met();
  });
async function target(id: string) {
  const [occurrence] = await a.occurrencesOf(id);
  return occurrence === undefined ? undefined : (await a.targetsOf(occurrence.id))[0];
}
/** A run of the evening whose machine waits for its window. */
async function heldRun(more: Partial<SaveScheduleDto> = {}): Promise<string> {
  const opens = { cron: '@once', opens_at: new Date(Date.now() + 3 * 3_600_000), timezone: 'UTC' };
  const times = { duration_minutes: 60, created_at: new Date(), updated_at: new Date() };
  const of = { scope: 'machine', machine_id: machine };
  await insertRow(p.dataSource, 'maintenance_windows', { id: newId(), name: 'Nights', ...of, ...opens, ...times });
  const id = await a.schedule([machine], saved(more));
  p.work();
  clock.at = NIGHT;
  await a.scheduler.tick();
  clock.at = new Date();
  await steps('it waits for its window', async () => {
    const found = await target(id);
    return found?.status === 'queued' && found.resumeAt !== null;
  });
  return id;
}
/** The window opens; what was begun ends well. */
async function atNight(id: string) {
  await affected(p.dataSource, 'UPDATE maintenance_windows SET opens_at = now()', []);
  await p.transactions.run((tx) => a.held.lookAgain({ machineId: null } as DomainEvent, tx));
  await steps('the run ends', async () => {
    for (const [run, { ending }] of machines.runs) if (ending === null) machines.end(run);
    return ((await a.occurrencesOf(id))[0]?.finishedAt ?? null) !== null;
  });
  return target(id);
}
const requests = () =>
  queryRows<{ status: string; decision_reason: string | null }>(
    p.dataSource,
    'SELECT status, decision_reason FROM action_requests WHERE machine_id = $1 ORDER BY created_at',
    [machine],
  );

describe('a machine that waits for its window while its schedule is saved anew', () => {
  it('is changed as planned where nothing of it was taken back', async () => {
    const id = await heldRun();
    await a.change(id, [machine, await p.machine('another')], saved({ name: 'Renamed' }));
    expect(await atNight(id)).toMatchObject({ status: 'ok' });
    expect(machines.runs.size).toBe(1);
  });

  it('is not changed by what the policy allows no more: a person decides', async () => {
    const id = await heldRun();
    await a.change(id, [machine], saved({ policy: Object.assign({}, POLICY, { excludedPackages: ['a'] }) }));
    expect(await atNight(id)).toMatchObject({
      status: 'warning',
      errorKind: 'approval_needed',
      errorMessage: expect.stringContaining('It changes what the policy leaves out: a.') as string,
    });
    expect(machines.runs.size).toBe(0);
    expect((await requests()).at(-1)).toMatchObject({ status: 'pending' });
  });

  it('is not changed where the policy is not the one any more that somebody confirmed', async () => {
    const id = await heldRun();
    // As by hand: whatever the program itself would refuse to write.
    await p.dataSource.query(`UPDATE schedules SET policy_json = policy_json || '{"removals": true}'`);
    expect(await atNight(id)).toMatchObject({
      status: 'warning',
      errorKind: 'approval_needed',
      errorMessage: expect.stringContaining('is not what was confirmed') as string,
    });
    expect(machines.runs.size).toBe(0);
  });

  it('is not changed where the schedule names it no more', async () => {
    const id = await heldRun();
    await a.change(id, [await p.machine('another')], saved());
    const left = 'The schedule does not name this machine any more.';
    expect(await atNight(id)).toMatchObject({
      status: 'cancelled',
      errorKind: 'left_schedule',
      errorMessage: left,
    });
    expect(machines.runs.size).toBe(0);
    expect((await requests()).at(-1)).toEqual({ status: 'expired', decision_reason: left });
  });

  it('is not changed where it lost the tag by which the schedule names it', async () => {
    const tag = newId();
    await insertRow(p.dataSource, 'tags', { id: tag, name: 'nightly', created_at: new Date() });
    await insertRow(p.dataSource, 'machine_tags', { machine_id: machine, tag_id: tag });
    const conditions = { securityUpdates: false, updates: false, rebootRequired: false, notAnalysedDays: null };
    const id = await heldRun({ scope: { wholeFleet: false, machineIds: [], tagIds: [tag], conditions } });
    await affected(p.dataSource, 'DELETE FROM machine_tags WHERE tag_id = $1', [tag]);
    expect(await atNight(id)).toMatchObject({ status: 'cancelled', errorKind: 'left_schedule' });
    expect(machines.runs.size).toBe(0);
  });

  it.each<[string, Partial<SaveScheduleDto>]>([
    ['otherwise', saved({ actions: [{ action: CHANGE, parameters: { deep: true } }] })],
    ['no more', { policy: null }],
  ])('is not changed where the schedule does it %s', async (_how, changed) => {
    const id = await heldRun();
    await a.change(id, [machine], changed);
    expect(await atNight(id)).toMatchObject({
      status: 'cancelled',
      errorKind: 'left_schedule',
      errorMessage: 'The schedule does not do this any more as it was planned.',
    });
    expect(machines.runs.size).toBe(0);
  });
});
