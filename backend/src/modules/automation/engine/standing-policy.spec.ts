import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { insertRow } from '../../../../test/support/insert-row';
import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { changes, NIGHT, scheduledNight, upgradesFrom } from '../../../../test/support/scheduled-night';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { PackageEffect } from '../../jobs/actions/change-action';
import type { SaveScheduleDto } from '../dto/schedule-input.dto';

const EFFECT: PackageEffect = { operation: 'upgrade', name: 'a', origin: 'Debian:12/stable', security: false };
const saved = (more: Partial<SaveScheduleDto> = {}): Partial<SaveScheduleDto> => {
  return { ...changes('any'), ...more };
};

const night = scheduledNight(
  () => [fakeAction(), Object.assign(fakeChange(), { packageEffects: () => [EFFECT] })],
  'upgrade a 1 2',
);
const { machines } = night;
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;
let machine: string;

beforeEach(async () => {
  ({ p, a, clock } = night);
  machine = await p.machine();
});

const target = async (id: string) => (await night.targets(id))[0];
/** A run of the evening whose machine waits for its window. */
async function heldRun(more: Partial<SaveScheduleDto> = {}): Promise<string> {
  await night.window(3, machine);
  const id = await a.schedule([machine], saved(more));
  p.work();
  clock.at = NIGHT;
  await a.scheduler.tick();
  clock.at = new Date();
  await night.steps('it waits for its window', async () => {
    const found = await target(id);
    return found?.status === 'queued' && found.resumeAt !== null;
  });
  return id;
}
/** The window opens; what was begun ends well. */
async function atNight(id: string) {
  await night.openWindows();
  await night.steps('the run ends', async () => {
    night.endRuns();
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
    await a.change(id, [machine], saved({ policy: Object.assign(upgradesFrom('any'), { excludedPackages: ['a'] }) }));
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
