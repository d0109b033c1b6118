import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { person } from '../../../../test/support/deciders';
import { CHANGE, fakeAction, fakeChange, fakePlan, READING } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { principalOf } from '../../../../test/support/test-app';
import { originOf, type RequestOrigin } from '../../../kernel/audit/request-origin';
import { actorOf } from '../../../kernel/auth/actor';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { RequestWithPlan } from '../../jobs/requests/request-record';

const HOUR_MS = 3_600_000;

const administrator = principalOf('administrator');
/** Who makes the schedules of a test, in a session of their own. */
const maker: RequestOrigin = {
  ...originOf(actorOf(administrator)),
  sessionId: administrator.sessionId,
  role: 'administrator',
};

const night = scheduledNight(() => {
  const change = fakeChange({ planned: () => fakePlan(['upgrade a 1 2']) });
  const packageEffects = () => [
    { operation: 'upgrade', name: 'a', origin: 'Debian-Security:12/s', security: true } as const,
  ];
  return [fakeAction(), Object.assign(change, { packageEffects })];
});
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeEach(() => {
  ({ p, a, clock } = night);
});

function changing(machineIds: readonly string[], enabled = true): Promise<string> {
  return a.schedule(machineIds, { ...changes('security'), enabled });
}

/** The request that the newest run of a schedule left to a person. */
async function leftRequest(scheduleId: string): Promise<RequestWithPlan> {
  const { id } = await night.over(scheduleId);
  const [target] = await a.targetsOf(id);
  const request = target?.requestId == null ? null : await p.requestsReader.find(target.requestId);
  if (request === null) throw new Error('the run left no request');
  return request;
}

function confirm({ id, planDigest }: RequestWithPlan, by: RequestOrigin) {
  return p.requests.confirm(id, { digest: planDigest ?? '', accepted: [] }, by);
}

describe('a request of a schedule, where a rule wants a second person', () => {
  beforeEach(() => night.rule('four_eyes'));

  it('is confirmed by nobody who answers for it: who confirmed the policy, who started the run', async () => {
    const id = await changing([await p.machine()], false);
    const starter = person('Ben');
    await a.runNow(id, starter);
    p.work();
    const request = await leftRequest(id);
    expect(request.answerableIds).toEqual([administrator.userId, starter.actor.id]);
    for (const answerable of [maker, starter]) {
      await expect(confirm(request, answerable)).rejects.toMatchObject({ code: 'four_eyes', status: 403 });
    }
    expect(await confirm(request, person('Carla'))).toMatchObject({ kind: CHANGE });
  });

  it('of one that nobody started by hand is not confirmed by who confirmed the policy', async () => {
    const id = await changing([await p.machine()]);
    p.work();
    clock.at = NIGHT;
    const request = await leftRequest(id);
    expect(request.answerableIds).toEqual([administrator.userId]);
    await expect(confirm(request, maker)).rejects.toMatchObject({ code: 'four_eyes' });
    expect(await confirm(request, person('Ben'))).toMatchObject({ kind: CHANGE });
  });

  it('is confirmed by nobody while it is not known who answers for it', async () => {
    const id = await changing([await p.machine()]);
    await affected(p.dataSource, 'UPDATE schedules SET policy_confirmed_by_id = NULL WHERE id = $1', [id]);
    p.work();
    clock.at = NIGHT;
    const request = await leftRequest(id);
    expect(request.answerableIds).toBeNull();
    await expect(confirm(request, person('Ben'))).rejects.toMatchObject({ code: 'four_eyes' });
  });

  it('keeps who answers for it under its seal', async () => {
    const id = await changing([await p.machine()]);
    p.work();
    clock.at = NIGHT;
    const request = await leftRequest(id);
    for (const forged of [[], null]) {
      await affected(p.dataSource, 'UPDATE action_requests SET answerable_ids = $2 WHERE id = $1', [
        request.id,
        forged,
      ]);
      const refused = { code: forged === null ? 'four_eyes' : 'request_altered' };
      await expect(confirm(request, maker)).rejects.toMatchObject(refused);
    }
  });
});

describe('a request of a schedule', () => {
  it('waits for people for as long as the setting says', async () => {
    await night.rule('administrators');
    const id = await changing([await p.machine()]);
    p.work();
    clock.at = NIGHT;
    const { createdAt, expiresAt } = await leftRequest(id);
    expect((expiresAt?.getTime() ?? 0) - createdAt.getTime()).toBe(3 * 24 * HOUR_MS);
  });
});

describe('a process whose clock is two hours wrong', () => {
  it.each([-2 * HOUR_MS, 2 * HOUR_MS])(
    'of %s ms plans, approves by policy and carries out all the same',
    async (wrong) => {
      p.clock.wrongByMs = wrong;
      const machine = await p.machine();
      const id = await changing([machine]);
      p.work();
      clock.at = NIGHT;
      await until('the change begins', async () => {
        await a.step();
        return p.detached.machines.runs.size > 0;
      });
      for (const run of p.detached.machines.runs.keys()) p.detached.machines.end(run);
      await until('the occurrence ends', async () => {
        await a.step();
        return (await a.occurrencesOf(id)).at(-1)?.finishedAt !== null;
      });
      expect((await a.occurrencesOf(id)).at(-1)).toMatchObject({ status: 'ok', okCount: 1 });
    },
  );

  it('neither shows nor ends as expired what has its time by the clock of all', async () => {
    await night.rule('administrators');
    const id = await changing([await p.machine()]);
    p.work();
    clock.at = NIGHT;
    const request = await leftRequest(id);
    p.clock.wrongByMs = 100 * 24 * HOUR_MS;
    await p.expiry.sweep();
    expect(await p.requestsReader.find(request.id)).toMatchObject({ status: 'pending' });
  });
});

describe('a change of a schedule with more to do', () => {
  it('knows how long it takes with all that follows, plans and readings too, before any window speaks of the machine', async () => {
    const actions = [CHANGE, READING, CHANGE].map((action) => ({ action, parameters: {} }));
    const id = await a.schedule([await p.machine()], { ...changes('security'), actions });
    p.work();
    clock.at = NIGHT;
    await until('the first change begins', async () => {
      await a.step();
      return p.detached.machines.runs.size > 0;
    });
    const estimate = (name: string): number => p.registry.require(name).declaration.estimateSeconds;
    const all = [CHANGE, READING, `${CHANGE}_plan`, CHANGE].map(estimate);
    // Less where the machine has done it before: its own runs of a moment count, never less than the two changes.
    const found = await queryRows<{ window_seconds: number | null }>(
      p.dataSource,
      'SELECT window_seconds FROM jobs WHERE schedule_id = $1 AND kind = $2',
      [id, CHANGE],
    );
    expect(found).toHaveLength(1);
    const seconds = found[0]?.window_seconds ?? 0;
    expect(seconds).toBeGreaterThanOrEqual(2 * estimate(CHANGE) + estimate(READING));
    expect(seconds).toBeLessThanOrEqual(all.reduce((sum, one) => sum + one, 0));
    for (const run of p.detached.machines.runs.keys()) p.detached.machines.end(run);
  });
});

describe('a rule about the number of machines', () => {
  it('counts those of the run, though each of them has a request of its own', async () => {
    await night.rule('administrators', 'Two people', { min_machines: 3 });
    const machines = [await p.machine('a'), await p.machine('b'), await p.machine('c')];
    const id = await changing(machines);
    p.work();
    clock.at = NIGHT;
    const request = await leftRequest(id);
    expect(request.approval).toMatchObject({ machines: 3, administrators: true });
    await expect(confirm(request, person('Ben', 'operator'))).rejects.toMatchObject({ code: 'administrator_needed' });
    expect(await p.count('action_requests', `status = 'pending'`)).toBe(3);
  });

  it('does not speak of a run of fewer', async () => {
    await night.rule('administrators', 'Two people', { min_machines: 3 });
    const id = await changing([await p.machine('a'), await p.machine('b')]);
    p.work();
    clock.at = NIGHT;
    await until('both are approved by the policy', async () => {
      await a.step();
      return (await p.count('action_requests', `status = 'approved'`)) === 2;
    });
    expect(await p.count('jobs', 'schedule_id = $1 AND run_machines = 2', [id])).toBe(2);
  });
});
