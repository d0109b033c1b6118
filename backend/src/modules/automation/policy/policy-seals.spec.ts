import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { fakeAction, fakeChange, fakePlan } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';
import { say } from '../automation.sentences';
import type { OccurrenceRecord, TargetRecord } from '../occurrences/occurrence-record';

const OTHER = newId();

const night = scheduledNight(() => [fakeAction(), fakeChange({ planned: () => fakePlan(['upgrade a 1 2']) })]);
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;
let machines: string[];

beforeEach(async () => {
  ({ p, a, clock } = night);
  machines = [await p.machine('a'), await p.machine('b')];
});

const saved = changes('any');

/** The newest run of a schedule, once it is over. */
async function ended(scheduleId: string): Promise<OccurrenceRecord & { readonly targets: readonly TargetRecord[] }> {
  const occurrence = await night.over(scheduleId, () => {
    night.endRuns();
  });
  return { ...occurrence, targets: await a.targetsOf(occurrence.id) };
}

/** Nothing was begun, both plans wait, and it was told once. */
async function expectRefused(scheduleId: string): Promise<void> {
  const { id, targets } = await ended(scheduleId);
  expect(p.detached.machines.runs.size).toBe(0);
  expect(targets).toHaveLength(2);
  for (const target of targets) {
    expect(target).toMatchObject({ status: 'warning', errorKind: 'approval_needed' });
    expect(target.errorMessage?.split('\n')[0]).toBe(say.approval_needed({ why: say.policy_altered() }));
    const request = await p.requestsReader.find(target.requestId ?? '');
    expect(request).toMatchObject({ status: 'pending' });
    expect(request?.personReason?.split('\n')[0]).toBe(say.policy_altered());
  }
  const audited = await queryRows<{ outcome: string; details_json: object }>(
    p.dataSource,
    `SELECT outcome, details_json FROM audit_log WHERE action = 'schedule.policy_refused' AND object_id = $1`,
    [scheduleId],
  );
  expect(audited).toMatchObject([{ outcome: 'denied', details_json: { name: 'Nightly', occurrence_id: id } }]);
  const told = p.events.published.filter(({ type }) => type === 'schedule_policy_refused');
  expect(told).toMatchObject([{ severity: 'error', payload: { scheduleId, occurrenceId: id } }]);
}

/** As by hand: whatever the program itself would refuse to write. */
async function edit(table: 'schedules' | 'schedule_occurrences', id: string, how: string): Promise<void> {
  const key = table === 'schedules' ? 'id' : 'schedule_id';
  const edited: unknown = await p.dataSource.query(`UPDATE ${table} SET ${how} WHERE ${key} = $1`, [id]);
  expect(edited).toMatchObject([[], 1]);
}

describe('a policy that somebody confirmed', () => {
  it('approves what keeps to it, also after the schedule was switched off and on, and has run', async () => {
    const id = await a.schedule(machines, saved);
    await a.setEnabled(id, false);
    await a.setEnabled(id, true);
    p.work();
    for (const night of [NIGHT, new Date(NIGHT.getTime() + 86_400_000)]) {
      clock.at = night;
      expect(await ended(id)).toMatchObject({ status: 'ok', okCount: 2 });
    }
    expect(await a.reader.find(id)).toMatchObject({ policyAltered: false });
    expect(await p.count('audit_log', `action = 'schedule.policy_refused' AND object_id = $1`, [id])).toBe(0);
  });
});

describe('a schedule that was edited in the database', () => {
  it.each([
    ['its policy', `policy_json = policy_json || '{"removals": true, "accepted": ["removals"]}'`],
    ['its actions', `actions_json = jsonb_set(actions_json, '{actions,0,parameters,deep}', 'true')`],
    ['its machines', `scope_json = jsonb_set(scope_json, '{tag_ids}', '["${OTHER}"]')`],
    ['who confirmed it', `policy_confirmed_by_id = '${OTHER}'`],
    ['the name of who confirmed it', `policy_confirmed_by = 'Anna'`],
    ['when it was confirmed', `policy_confirmed_at = policy_confirmed_at + interval '1 second'`],
    ['its seal, as if it were from before there were seals', 'policy_seal = NULL'],
  ])('in %s leaves its plans to a person until somebody confirms it again', async (_what, how) => {
    const id = await a.schedule(machines, saved);
    await edit('schedules', id, how);
    expect(await a.reader.find(id)).toMatchObject({ policyAltered: true });
    p.work();
    clock.at = NIGHT;
    await expectRefused(id);
    await a.change(id, machines, saved);
    expect(await a.reader.find(id)).toMatchObject({ policyAltered: false });
    clock.at = new Date(NIGHT.getTime() + 86_400_000);
    expect(await ended(id)).toMatchObject({ status: 'ok', okCount: 2 });
  });

  it('does not believe the seal of another schedule with the same policy', async () => {
    const id = await a.schedule(machines, saved);
    const other = await a.schedule(machines, { ...saved, enabled: false });
    await edit('schedules', id, `policy_seal = (SELECT policy_seal FROM schedules WHERE id = '${other}')`);
    p.work();
    clock.at = NIGHT;
    await expectRefused(id);
  });
});

describe('a run that was edited in the database', () => {
  it.each([
    ['what it does', `definition_json = jsonb_set(definition_json, '{policy,removals}', 'true')`],
    ['who answers for it', `answerable_ids = ARRAY['${OTHER}'::uuid]`],
    ['its seal', 'definition_seal = NULL'],
  ])('in %s leaves its plans to a person', async (_what, how) => {
    const id = await a.schedule(machines, saved);
    clock.at = NIGHT;
    await a.scheduler.tick();
    await edit('schedule_occurrences', id, how);
    p.work();
    await expectRefused(id);
    // What was confirmed is as it was.
    expect(await a.reader.find(id)).toMatchObject({ policyAltered: false });
  });

  it('is not begun by the seal of the run before', async () => {
    const id = await a.schedule(machines, saved);
    p.work();
    clock.at = NIGHT;
    const first = await ended(id);
    p.detached.machines.runs.clear();
    clock.at = new Date(NIGHT.getTime() + 86_400_000);
    await a.scheduler.tick();
    const seal = `(SELECT definition_seal FROM schedule_occurrences WHERE id = '${first.id}')`;
    await affected(
      p.dataSource,
      `UPDATE schedule_occurrences SET definition_seal = ${seal} WHERE schedule_id = $1 AND id <> $2`,
      [id, first.id],
    );
    await expectRefused(id);
  });
});
