import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { answer, CHANGE, fakeAction, fakeChange, fakePlan, gate, READING } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { NIGHT, scheduledNight, upgradesFrom } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { affected, queryRows } from '../../../kernel/database/rows';
import { quoted } from '../../../kernel/sentences/sentences';
import type { ChangePlan, PackageEffect } from '../../jobs/actions/change-action';
import type { OccurrenceRecord } from '../occurrences/occurrence-record';

const SECOND = 'second_reading';

let plan: { lines: string[]; more: Partial<ChangePlan> };
let effects: PackageEffect[] | null;
const night = scheduledNight(() => {
  plan = { lines: ['upgrade a 1 2'], more: {} };
  effects = [{ operation: 'upgrade', name: 'a', origin: 'Debian-Security:12/s', security: true }];
  const change = fakeChange({
    planned: () =>
      plan.lines.length === 0 ? { kind: 'nothing', summary: quoted('nothing') } : fakePlan(plan.lines, plan.more),
  });
  return [
    fakeAction(),
    fakeAction({ name: SECOND, outcome: () => ({ status: 'warning' }) }),
    Object.assign(change, { packageEffects: () => effects ?? [] }),
  ];
});
const { machines } = night;
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeEach(() => {
  ({ p, a, clock } = night);
});

describe('an occurrence', () => {
  it('does its actions in their order on each machine, and ends with the worst of them', async () => {
    const machines = [await p.machine('one'), await p.machine('two')];
    const actions = [READING, SECOND].map((action) => ({ action, parameters: {} }));
    const id = await a.schedule(machines, { actions });
    p.work();
    clock.at = NIGHT;
    expect(await night.over(id)).toMatchObject({ status: 'warning', machinesCount: 2, warningCount: 2, dueAt: NIGHT });
    const jobs = await queryRows<{ kind: string; machine_id: string; requested_by_name: string }>(
      p.dataSource,
      'SELECT kind, machine_id, requested_by_name FROM jobs WHERE schedule_id = $1 ORDER BY created_at',
      [id],
    );
    for (const machine of machines) {
      expect(jobs.filter(({ machine_id }) => machine_id === machine).map(({ kind }) => kind)).toEqual([
        READING,
        SECOND,
      ]);
    }
    expect(p.events.published.at(-1)).toMatchObject({
      type: 'schedule_occurrence_ended',
      severity: 'warning',
      actor: { type: 'schedule', id, name: 'Nightly' },
    });
  });

  it('leaves the rest of a machine’s actions after one that fails, and goes on elsewhere', async () => {
    const [broken, fine] = [await p.machine('broken'), await p.machine('fine')];
    p.remote.on(broken, () => {
      throw new Error('broken');
    });
    const actions = [
      { action: READING, parameters: { deep: true } },
      { action: SECOND, parameters: {} },
    ];
    const id = await a.schedule([broken, fine], { actions });
    p.work();
    clock.at = NIGHT;
    const { id: occurrenceId, ...ended } = await night.over(id);
    expect(ended).toMatchObject({ status: 'error', errorCount: 1, warningCount: 1 });
    expect(await a.targetsOf(occurrenceId)).toMatchObject([
      { machineName: 'broken', status: 'error', position: 0, errorKind: 'internal_error' },
      { machineName: 'fine', status: 'warning', position: 1 },
    ]);
  });

  it('keeps as many machines at work as it may, and the next comes when one is done', async () => {
    const machines: string[] = [];
    for (let count = 0; count < 5; count += 1) machines.push(await p.machine(`m${String(count)}`));
    const held = gate();
    p.remote.otherwise(async () => {
      await held.opened;
      return answer({ look: 'fine' });
    });
    const id = await a.schedule(machines, { concurrency: 2 });
    p.work();
    clock.at = NIGHT;
    await a.step();
    await a.step();
    expect(await a.occurrencesOf(id)).toMatchObject([{ status: 'running', runningCount: 2, waitingCount: 3 }]);
    expect(await p.count('jobs', 'schedule_id = $1', [id])).toBe(2);
    held.open();
    expect(await night.over(id)).toMatchObject({ status: 'ok', okCount: 5, runningCount: 0 });
  });

  it('says which machines could not be worked on, and does the others', async () => {
    const [fine, quarantined] = [await p.machine('fine'), await p.machine('quarantined')];
    await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE id = $1`, [quarantined]);
    const id = await a.schedule([fine, quarantined]);
    p.work();
    clock.at = NIGHT;
    const occurrence = await night.over(id);
    expect(occurrence).toMatchObject({ status: 'warning', okCount: 1, cancelledCount: 1 });
    expect(await a.targetsOf(occurrence.id)).toMatchObject([
      { machineName: 'fine', status: 'ok' },
      { machineName: 'quarantined', status: 'cancelled', errorKind: 'machine_quarantined' },
    ]);
  });

  it('of no machine is cancelled as such', async () => {
    const machine = await p.machine();
    const scope = { wholeFleet: false, machineIds: [machine], tagIds: [] };
    const conditions = { securityUpdates: true, updates: false, rebootRequired: false, notAnalysedDays: null };
    const id = await a.schedule([machine], { scope: { ...scope, conditions } });
    clock.at = NIGHT;
    expect(await night.over(id)).toMatchObject({ status: 'cancelled', errorKind: 'scope_empty', machinesCount: 0 });
  });

  it('begins nothing after its window: what waits is cancelled, what runs comes to its end', async () => {
    const machines = [await p.machine('a'), await p.machine('b'), await p.machine('c')];
    const held = gate();
    p.remote.otherwise(async () => {
      await held.opened;
      return answer({ look: 'fine' });
    });
    const id = await a.schedule(machines, { concurrency: 2, windowSeconds: 3600 });
    p.work({ concurrency: 1 });
    clock.at = NIGHT;
    await a.step();
    await until('one runs', async () => (await p.count('jobs', `schedule_id = $1 AND status = 'running'`, [id])) === 1);
    clock.at = new Date(NIGHT.getTime() + 3_600_000);
    await a.step();
    expect(await a.occurrencesOf(id)).toMatchObject([{ status: 'running', runningCount: 1, cancelledCount: 2 }]);
    held.open();
    const occurrence = await night.over(id);
    expect(occurrence).toMatchObject({ status: 'warning', okCount: 1, cancelledCount: 2 });
    const targets = await a.targetsOf(occurrence.id);
    expect(targets.filter(({ errorKind }) => errorKind === 'window_expired')).toHaveLength(2);
  });

  it('that could not begin within its window is cancelled as such', async () => {
    const id = await a.schedule([await p.machine()], { windowSeconds: 60, graceSeconds: 300 });
    clock.at = new Date(NIGHT.getTime() + 100_000);
    expect(await night.over(id)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired', startedAt: null });
  });

  it('is started by hand, and cancelled by hand', async () => {
    const machines = [await p.machine('a'), await p.machine('b')];
    const id = await a.schedule(machines, { concurrency: 1, enabled: false });
    const begun = await a.runNow(id);
    expect(begun).toMatchObject({ trigger: 'person', startedBy: 'The administrator', status: 'queued' });
    await a.step();
    await a.cancel(begun.id);
    const occurrence = await night.over(id);
    expect(occurrence).toMatchObject({ status: 'cancelled', errorKind: 'cancelled', cancelledCount: 2 });
    expect(occurrence.errorMessage).toBe('The administrator cancelled it.');
    expect(await p.count('jobs', `schedule_id = $1 AND status = 'cancelled'`, [id])).toBe(1);
    await expect(a.cancel(begun.id)).rejects.toMatchObject({ code: 'occurrence_ended' });
  });

  it('does what the schedule said when it was due, whatever it says since', async () => {
    const [old, fresh] = [await p.machine('old'), await p.machine('new')];
    const id = await a.schedule([old]);
    clock.at = NIGHT;
    await a.scheduler.tick();
    await a.change(id, [fresh], { actions: [{ action: SECOND, parameters: {} }] });
    p.work();
    const occurrence = await night.over(id);
    expect(await a.targetsOf(occurrence.id)).toMatchObject([{ machineId: old, status: 'ok' }]);
  });
});

describe('a change that a schedule makes', () => {
  const policy = upgradesFrom('security');
  const changing = (machineIds: string[], actions = [CHANGE]) =>
    a.schedule(machineIds, { policy, actions: actions.map((action) => ({ action, parameters: {} })) });
  const requests = (machineId: string) =>
    queryRows<{ status: string; requested_by_type: string; approved_by: string | null; decided_by_id: string | null }>(
      p.dataSource,
      'SELECT status, requested_by_type, approved_by, decided_by_id FROM action_requests WHERE machine_id = $1 ORDER BY created_at',
      [machineId],
    );

  /** Lets every detached run end once it has begun. */
  const lettingEnd = async (scheduleId: string): Promise<OccurrenceRecord> => {
    return night.over(scheduleId, () => {
      night.endRuns();
    });
  };

  it('is planned, held against the policy, and carried out by exactly that digest', async () => {
    const machine = await p.machine();
    const id = await changing([machine], [CHANGE, SECOND]);
    p.work();
    clock.at = NIGHT;
    const occurrence = await lettingEnd(id);
    expect(occurrence).toMatchObject({ status: 'warning', warningCount: 1 });
    expect(await requests(machine)).toMatchObject([
      { status: 'executed', requested_by_type: 'schedule', approved_by: 'The policy of Nightly.', decided_by_id: id },
    ]);
    expect(await p.count('jobs', `schedule_id = $1 AND kind = $2 AND status = 'ok'`, [id, CHANGE])).toBe(1);
    expect(await p.count('executions', `machine_id = $1 AND mode = 'scheduled'`, [machine])).toBe(1);
    const audit = await queryRows<{ actor_type: string; details_json: unknown }>(
      p.dataSource,
      `SELECT actor_type, details_json FROM audit_log WHERE action = 'request.approved_by_policy' AND machine_id = $1`,
      [machine],
    );
    expect(audit).toMatchObject([{ actor_type: 'schedule', details_json: { action: CHANGE, schedule_id: id } }]);
  });

  it('waits for a person when the plan goes beyond the policy', async () => {
    const machine = await p.machine();
    effects = [{ operation: 'remove', name: 'exim4', origin: null, security: null }];
    plan = {
      lines: ['remove exim4 1 -'],
      more: { consequences: [{ code: 'removals', sentence: quoted('exim4 goes') }] },
    };
    const id = await changing([machine], [CHANGE, SECOND]);
    p.work();
    clock.at = NIGHT;
    const occurrence = await night.over(id);
    expect(occurrence).toMatchObject({ status: 'warning', warningCount: 1 });
    const [target] = await a.targetsOf(occurrence.id);
    expect(target).toMatchObject({
      errorKind: 'approval_needed',
      errorMessage: 'The plan waits for a person. It removes exim4.',
      requestId: expect.any(String) as string,
      position: 0,
    });
    expect(await requests(machine)).toMatchObject([{ status: 'pending', approved_by: null }]);
    expect(machines.runs.size).toBe(0);
  });

  it('waits for a person when a rule of approval wants a second one, whatever the policy allows', async () => {
    const machine = await p.machine();
    await night.rule('four_eyes');
    const id = await changing([machine]);
    p.work();
    clock.at = NIGHT;
    const occurrence = await night.over(id);
    expect(await a.targetsOf(occurrence.id)).toMatchObject([
      {
        status: 'warning',
        errorKind: 'approval_needed',
        errorMessage: expect.stringContaining('Two people') as string,
      },
    ]);
    expect(await requests(machine)).toMatchObject([{ status: 'pending', approved_by: null }]);
    await affected(p.dataSource, 'DELETE FROM approval_rules');
  });

  it.each([
    ['whose account is off', `status = 'disabled'`],
    ['who is an operator now', `role = 'operator'`],
  ])('waits for a person when the policy is that of somebody %s', async (_who, set) => {
    const machine = await p.machine();
    const id = await changing([machine]);
    await affected(p.dataSource, `UPDATE users SET ${set}`);
    p.work();
    clock.at = NIGHT;
    const occurrence = await night.over(id);
    await affected(p.dataSource, `UPDATE users SET status = 'active', role = 'administrator'`);
    expect(await a.targetsOf(occurrence.id)).toMatchObject([
      {
        status: 'warning',
        errorKind: 'approval_needed',
        errorMessage:
          'The plan waits for a person. The administrator answers for what it may change by itself, and may not confirm changes any more. Somebody who may has to save the schedule.',
      },
    ]);
    expect(await requests(machine)).toMatchObject([{ status: 'pending', approved_by: null }]);
    expect(machines.runs.size).toBe(0);
  });

  it('waits for a person when nobody knows who confirmed the policy', async () => {
    const machine = await p.machine();
    const id = await changing([machine]);
    await affected(p.dataSource, 'UPDATE schedules SET policy_confirmed_by_id = NULL WHERE id = $1', [id]);
    p.work();
    clock.at = NIGHT;
    expect(await a.targetsOf((await night.over(id)).id)).toMatchObject([
      { status: 'warning', errorKind: 'approval_needed' },
    ]);
    expect(machines.runs.size).toBe(0);
  });

  it('is none when there is nothing to change, and the next action follows', async () => {
    const machine = await p.machine();
    plan = { lines: [], more: {} };
    const id = await changing([machine], [CHANGE, READING]);
    p.work();
    clock.at = NIGHT;
    expect(await night.over(id)).toMatchObject({ status: 'ok', okCount: 1 });
    expect(await p.count('jobs', 'schedule_id = $1 AND kind = $2', [id, READING])).toBe(1);
    expect(await requests(machine)).toEqual([]);
  });

  it('is an error when a check before it says no', async () => {
    const machine = await p.machine();
    const check = { code: 'space', verdict: 'blocked', sentence: quoted('No space.'), action: null } as const;
    plan = { lines: ['upgrade a 1 2'], more: { checks: [check] } };
    const id = await changing([machine]);
    p.work();
    clock.at = NIGHT;
    const occurrence = await night.over(id);
    expect(await a.targetsOf(occurrence.id)).toMatchObject([
      { status: 'error', errorKind: 'plan_blocked', errorMessage: 'No space.' },
    ]);
  });

  it('is not made of a request that was altered in the database', async () => {
    const machine = await p.machine();
    const id = await changing([machine]);
    p.work();
    clock.at = NIGHT;
    await a.step();
    await until('the plan is there', async () => (await requests(machine)).length === 1);
    await affected(p.dataSource, `UPDATE action_requests SET summary = 'harmless' WHERE machine_id = $1`, [machine]);
    const occurrence = await night.over(id);
    expect(await a.targetsOf(occurrence.id)).toMatchObject([{ status: 'error', errorKind: 'request_altered' }]);
    expect(machines.runs.size).toBe(0);
  });
});
