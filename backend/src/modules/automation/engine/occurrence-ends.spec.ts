import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { person } from '../../../../test/support/deciders';
import { insertRow } from '../../../../test/support/insert-row';
import { CHANGE, fakeAction, fakeChange, fakePlan } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { PackageEffect } from '../../jobs/actions/change-action';
import { SshError } from '../../../kernel/ssh/ssh-error';
import { NOTIFY_ON, type NotifyOn } from '../contracts/schedule-documents';

const HOUR_MS = 3_600_000;

let effects: PackageEffect[];
const night = scheduledNight(() => {
  effects = [{ operation: 'upgrade', name: 'a', origin: 'Debian-Security:12/s', security: true }];
  const change = fakeChange({ planned: () => fakePlan(['upgrade a 1 2']) });
  return [fakeAction(), Object.assign(change, { packageEffects: () => effects })];
});
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeEach(() => {
  ({ p, a, clock } = night);
});

function fleetWindow(opening: { cron: string; opens_at: Date | null }, minutes: number): Promise<void> {
  const at = new Date();
  return insertRow(p.dataSource, 'maintenance_windows', {
    id: newId(),
    name: 'Sunday morning',
    scope: 'fleet',
    timezone: 'UTC',
    duration_minutes: minutes,
    created_at: at,
    updated_at: at,
    ...opening,
  });
}

function changing(machineIds: readonly string[], notifyOn: NotifyOn[] = []): Promise<string> {
  return a.schedule(machineIds, { ...changes('security'), notifyOn });
}

const news = () => p.events.published.filter(({ type }) => type.startsWith('schedule_'));

describe('an occurrence that changed no machine', () => {
  it('has the reason that its machines share: the maintenance window of each was over', async () => {
    await fleetWindow({ cron: '@once', opens_at: new Date(Date.now() + 2 * HOUR_MS) }, 60);
    const id = await changing([await p.machine('a'), await p.machine('b')]);
    p.work();
    clock.at = NIGHT;
    const waiting = () => p.count('schedule_occurrence_targets', `status = 'queued' AND start_before IS NOT NULL`, []);
    await until('both wait for the window', async () => {
      await a.step();
      return (await waiting()) === 2;
    });
    const past = 'UPDATE schedule_occurrence_targets SET start_before = $1';
    await affected(p.dataSource, past, [new Date(NIGHT.getTime() - 1_000)]);
    expect(await night.over(id)).toMatchObject({
      status: 'cancelled',
      errorKind: 'window_expired',
      errorMessage: expect.any(String) as string,
      cancelledCount: 2,
    });
    expect(news().at(-1)?.payload).toMatchObject({ status: 'cancelled', errorKind: 'window_expired' });
  });

  it('is cancelled where no window is long enough, and says so', async () => {
    await fleetWindow({ cron: '0 3 * * *', opens_at: null }, 5);
    const machine = await p.machine();
    const at = new Date();
    await insertRow(p.dataSource, 'jobs', {
      id: newId(),
      kind: CHANGE,
      machine_id: machine,
      status: 'ok',
      created_at: at,
      started_at: new Date(at.getTime() - HOUR_MS),
      finished_at: at,
    });
    const id = await changing([machine]);
    p.work();
    clock.at = NIGHT;
    const occurrence = await night.over(id);
    expect(occurrence).toMatchObject({ status: 'cancelled', errorKind: 'window_too_short', cancelledCount: 1 });
    expect(await a.targetsOf(occurrence.id)).toMatchObject([{ status: 'cancelled', errorKind: 'window_too_short' }]);
  });

  it('of machines with several reasons has that of most of them', async () => {
    const machines = [await p.machine('a'), await p.machine('b'), await p.machine('c')];
    const id = await a.schedule(machines, { concurrency: 1 });
    await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE name IN ('a', 'b')`);
    clock.at = NIGHT;
    await a.step();
    const [occurrence] = await a.occurrencesOf(id);
    const [{ id: jobId } = { id: '' }] = await queryRows<{ id: string }>(p.dataSource, 'SELECT id FROM jobs');
    await p.service.cancel(jobId, person('Ben').actor);
    expect(await night.over(id)).toMatchObject({
      id: occurrence?.id,
      status: 'cancelled',
      errorKind: 'machine_quarantined',
      errorMessage: 'No machine was changed; each says why.',
    });
  });
});

describe('the news of an occurrence', () => {
  it('say what of it people want to be told of, and how many machines wait for a person', async () => {
    effects = [{ operation: 'remove', name: 'exim4', origin: null, security: null }];
    const id = await changing([await p.machine('a'), await p.machine('b')], ['error', 'approval_needed']);
    p.work();
    clock.at = NIGHT;
    expect(await night.over(id)).toMatchObject({ status: 'warning' });
    expect(news().at(-1)).toMatchObject({
      type: 'schedule_occurrence_ended',
      severity: 'warning',
      payload: { status: 'warning', approvalNeeded: 2, notify: ['approval_needed'] },
    });
  });

  /** What ends so, and what of it may be told. */
  const endings: Record<
    string,
    { readonly happened: NotifyOn[]; readonly begin: (notifyOn: NotifyOn[]) => Promise<string> }
  > = {
    'everything is well': {
      happened: ['ok'],
      begin: async (notifyOn) => a.schedule([await p.machine()], { notifyOn }),
    },
    'one machine of two is left out': {
      happened: ['warning'],
      begin: async (notifyOn) => {
        const machines = [await p.machine(), await p.machine()];
        await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE id = $1`, [machines[0]]);
        return a.schedule(machines, { notifyOn });
      },
    },
    'a machine fails': {
      happened: ['error'],
      begin: async (notifyOn) => {
        const machine = await p.machine();
        p.remote.otherwise(() => Promise.reject(new SshError('auth_failed', 'auth')));
        return a.schedule([machine], { notifyOn });
      },
    },
    'no machine can be begun': {
      happened: ['cancelled'],
      begin: async (notifyOn) => {
        const machine = await p.machine();
        await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE id = $1`, [machine]);
        return a.schedule([machine], { notifyOn });
      },
    },
    'a plan exceeds the policy': {
      happened: ['warning', 'approval_needed'],
      begin: async (notifyOn) => {
        effects = [{ operation: 'remove', name: 'exim4', origin: null, security: null }];
        return changing([await p.machine()], notifyOn);
      },
    },
  };
  const chosen: [string, (happened: readonly NotifyOn[]) => NotifyOn[]][] = [
    ['nothing', () => []],
    ['all', () => [...NOTIFY_ON]],
    ['just that', (happened) => [...happened]],
    ['all but that', (happened) => NOTIFY_ON.filter((one) => !happened.includes(one))],
    ['the last of that', (happened) => happened.slice(-1)],
  ];

  it.each(Object.keys(endings).flatMap((ending) => chosen.map(([what, of]) => ({ ending, what, of }))))(
    'carry what people chose and nothing else: $ending, $what chosen',
    async ({ ending, of }) => {
      const { happened, begin } = endings[ending] ?? { happened: [], begin: () => Promise.resolve('') };
      const notifyOn = of(happened);
      const id = await begin(notifyOn);
      p.work();
      clock.at = NIGHT;
      const [status] = happened;
      expect(await night.over(id)).toMatchObject({ status });
      expect(news()).toHaveLength(1);
      expect(news()[0]).toMatchObject({ type: 'schedule_occurrence_ended', payload: { scheduleId: id, status } });
      expect(news()[0]?.payload?.notify).toEqual(happened.filter((one) => notifyOn.includes(one)));
    },
  );

  it('say that somebody cancelled it before it had begun', async () => {
    const id = await a.schedule([await p.machine()], { notifyOn: ['cancelled'] });
    await a.cancel((await a.runNow(id)).id);
    await a.step();
    expect(news()).toMatchObject([
      {
        message: 'Nightly: it was cancelled before it had begun.',
        payload: { errorKind: 'cancelled', notify: ['cancelled'] },
      },
    ]);
  });

  it('tell of due times that nobody was there for, once for all of them', async () => {
    const id = await a.schedule([await p.machine()], { notifyOn: ['cancelled'] });
    await a.schedule([await p.machine()], { name: 'Silent' });
    clock.at = new Date(NIGHT.getTime() + 2 * 24 * HOUR_MS + HOUR_MS);
    await a.scheduler.tick();
    expect(news()).toMatchObject([
      {
        type: 'schedule_occurrences_not_started',
        severity: 'info',
        actor: { type: 'schedule', id, name: 'Nightly' },
        message: 'Nightly: 3 due times were not started.',
        payload: { count: 3, firstDueAt: NIGHT.toISOString(), errorKinds: ['missed'], notify: ['cancelled'] },
      },
      { actor: { name: 'Silent' }, payload: { notify: [] } },
    ]);
  });

  it('tell of a schedule that cannot be read', async () => {
    const id = await a.schedule([await p.machine()], { notifyOn: ['error'] });
    await affected(p.dataSource, `UPDATE schedules SET timezone = 'Mars/Phobos' WHERE id = $1`, [id]);
    clock.at = NIGHT;
    await a.scheduler.tick();
    expect(news()).toMatchObject([
      { severity: 'error', payload: { errorKinds: ['definition_unreadable'], notify: ['error'] } },
    ]);
  });
});
