import { Logger } from '@nestjs/common';
import { FakeMachines } from '../../../../test/support/fake-detached';
import {
  answer,
  CHANGE,
  CHANGE_PLAN_CONTRACT,
  fakeAction,
  fakeChange,
  gate,
} from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { anyPerson } from '../../../../test/support/deciders';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne } from '../../../kernel/database/rows';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { WindowScope } from '../../windows/entities/windows.values';
import { MaintenanceWindows } from '../../windows/maintenance-windows';
import { WindowsRepository } from '../../windows/windows.repository';
import type { JobRecord } from '../job-record';
import { RunDurations } from './run-durations';
import { StartGate } from './start-gate';
import { secondsToBegin } from './window-holds';

const HOUR_MS = 3_600_000;
let database: TestDatabase;
let machines: FakeMachines;
let p: JobsProcess;

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  database = await createTestDatabase();
  machines = new FakeMachines();
  p = await JobsProcess.open(database.url, [fakeAction(), fakeChange({ estimateSeconds: 600 })]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  p.detached.machines = machines;
  p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
});

afterEach(async () => {
  machines.restore();
  await p.close();
  await database.drop();
});

interface WindowOptions {
  readonly machineId?: string;
  readonly tagId?: string;
  readonly minutes?: number;
  readonly cron?: string;
}

/** A window that opens so many hours from now, once; or by `cron`. */
async function window(hours: number, { machineId, tagId, minutes = 60, cron = '@once' }: WindowOptions = {}) {
  const id = newId();
  const scope: WindowScope = machineId === undefined ? (tagId === undefined ? 'fleet' : 'tag') : 'machine';
  const opensAt = cron === '@once' ? new Date(Date.now() + hours * HOUR_MS) : null;
  await affected(
    p.dataSource,
    `INSERT INTO maintenance_windows (id, name, scope, tag_id, machine_id, cron, opens_at, timezone, duration_minutes,
       created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'UTC', $8, now(), now())`,
    [id, `in ${String(hours)} h`, scope, tagId ?? null, machineId ?? null, cron, opensAt, minutes],
  );
  return { id, opensAt };
}

const changed = (machineId: string | null = null) => p.transactions.run((tx) => p.holds.lookAgain({ machineId }, tx));

async function planned(machineId: string): Promise<string> {
  const { requestId } = await p.ended((await p.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
  if (requestId === null) throw new Error('there is no plan');
  return requestId;
}

async function confirm(requestId: string, windowOverride?: string): Promise<JobRecord> {
  const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
  return p.requests.confirm(requestId, { digest, accepted: [], windowOverride }, anyPerson);
}

const begun = (id: string) => until('the run begins', () => machines.runs.has(id));

async function finish(id: string): Promise<JobRecord> {
  await begun(id);
  machines.end(id);
  return p.ended(id);
}

/** Ends the time in which the job may begin. */
const tooLate = (id: string) =>
  affected(p.dataSource, `UPDATE jobs SET start_before = clock_timestamp() - interval '1 second' WHERE id = $1`, [id]);

describe('a single window that is over', () => {
  const standing = async (machineId: string) => {
    const starts = new StartGate(
      new MaintenanceWindows(new WindowsRepository()),
      new RunDurations(p.registry),
      p.shared,
    );
    const [found] = await starts.standings(p.dataSource.manager, [{ machineId, seconds: 0 }], []);
    if (found === undefined) throw new Error('the gate says nothing');
    return { kind: found.standing.kind, over: found.overWindow?.name ?? null };
  };

  it('binds nobody, and the last of them is named where no other counts', async () => {
    const machineId = await p.machine();
    expect(await standing(machineId)).toEqual({ kind: 'unbound', over: null });
    await window(-5);
    await window(-3, { machineId });
    expect(await standing(machineId)).toEqual({ kind: 'unbound', over: 'in -3 h' });
    expect(await standing(await p.machine())).toEqual({ kind: 'unbound', over: 'in -5 h' });
    await affected(p.dataSource, 'UPDATE maintenance_windows SET enabled = false');
    expect(await standing(machineId)).toEqual({ kind: 'unbound', over: null });
  });

  it('is not spoken of while another window counts', async () => {
    const machineId = await p.machine();
    await window(-3);
    await window(2);
    expect(await standing(machineId)).toEqual({ kind: 'later', over: null });
  });
});

describe('a confirmed plan that no window limits', () => {
  it('does not begin later than it is valid, and says so', async () => {
    const machineId = await p.machine();
    p.work();
    const requestId = await planned(machineId);
    await p.close();
    p = await JobsProcess.open(database.url, [fakeAction(), fakeChange({ validForSeconds: 600 })]);
    p.contracts.register(CHANGE_PLAN_CONTRACT);
    const job = await confirm(requestId);
    const left = Number(job.startBefore) - Date.now();
    expect(left).toBeGreaterThan(9 * 60_000);
    expect(left).toBeLessThanOrEqual(600_000);
    // Two days without a worker.
    const past = `UPDATE jobs SET created_at = created_at - interval '2 days', start_before = start_before - interval '2 days' WHERE id = $1`;
    await affected(p.dataSource, past, [job.id]);
    p.work();
    const ended = await p.ended(job.id);
    expect(ended).toMatchObject({ status: 'cancelled', errorKind: 'plan_expired', startedAt: null });
    expect(ended.errorMessage).toContain('within 10 min');
    await p.expiry.sweep();
    expect(await p.requestsReader.find(requestId)).toMatchObject({ status: 'expired' });
    expect(machines.runs.size).toBe(0);
  });

  it('is as old as it is, although the window that held it is gone', async () => {
    const machineId = await p.machine();
    const { id } = await window(2);
    p.work();
    const requestId = await planned(machineId);
    await p.close();
    p = await JobsProcess.open(database.url, [fakeAction(), fakeChange({ validForSeconds: 600 })]);
    p.contracts.register(CHANGE_PLAN_CONTRACT);
    const job = await confirm(requestId);
    await affected(p.dataSource, 'DELETE FROM maintenance_windows WHERE id = $1', [id]);
    await changed();
    const { createdAt, startBefore } = await p.job(job.id);
    expect(Number(startBefore) - Number(createdAt)).toBe(600_000);
  });
});

describe('a change that a worker has in hand and that has not begun', () => {
  /** Confirmed and taken in the open window, by a worker that dies before it reaches the machine. */
  const taken = async (): Promise<string> => {
    const planner = p.work();
    const machineId = await p.machine();
    const requestId = await planned(machineId);
    await planner.stop();
    await window(-0.25);
    const { id } = await confirm(requestId);
    expect(await p.takeOne('dead worker')).toMatchObject({ jobId: id });
    return id;
  };
  const offered = async (id: string): Promise<void> => {
    await p.expire(id);
    await p.sweepUntil('it is offered', async () => (await p.job(id)).phase === 'reconciling');
  };
  const expired = { status: 'cancelled', errorKind: 'window_expired' };

  it('is not begun by whoever adopts it once its window has closed', async () => {
    const id = await taken();
    await affected(p.dataSource, `UPDATE maintenance_windows SET opens_at = opens_at + interval '2 hours'`, []);
    await offered(id);
    p.work();
    expect(await p.ended(id)).toMatchObject(expired);
    expect(machines.runs.has(id)).toBe(false);
  }, 60_000);

  it('nor once it could not end inside any more', async () => {
    const id = await taken();
    await tooLate(id);
    await offered(id);
    p.work();
    expect(await p.ended(id)).toMatchObject(expired);
    expect(machines.runs.has(id)).toBe(false);
  }, 60_000);

  it('is begun by whoever adopts it while its window is open', async () => {
    const id = await taken();
    await offered(id);
    p.work();
    expect(await finish(id)).toMatchObject({ status: 'ok' });
  }, 60_000);

  it('is not sent again after a lost start once its window has closed', async () => {
    p.work();
    const machineId = await p.machine();
    const requestId = await planned(machineId);
    await window(-0.25);
    const open = p.detached.open.bind(p.detached);
    jest.spyOn(p.detached, 'open').mockImplementationOnce(async (visit) => {
      const start = (): Promise<never> => {
        machines.cut();
        return Promise.reject(new SshError('connection_lost', 'run'));
      };
      return { ...(await open(visit)), start };
    });
    const { id } = await confirm(requestId);
    await until('it is tried', async () => (await p.job(id)).phase === 'reconciling');
    await tooLate(id);
    machines.restore();
    expect(await p.ended(id)).toMatchObject(expired);
    expect(machines.runs.has(id)).toBe(false);
  }, 60_000);
});

describe('the time to begin in that a machine is told', () => {
  const now = new Date('2026-03-01T10:00:00Z');
  const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  const told = (latestStart: number, until: number) => {
    const times = { from: inSeconds(-600), latestStart: inSeconds(latestStart), until: inSeconds(until) };
    return secondsToBegin({ standing: { kind: 'open', name: 'Nights', ...times }, now });
  };

  it.each([
    ['ends at the latest start', 900, 1500, 900],
    ['is enough to connect and check for what was claimed at the last moment', 1, 601, 60],
    ['never goes past the end of the window', 20, 35, 35],
  ])('%s', (_, latestStart, until, seconds) => {
    expect(told(latestStart, until)).toBe(seconds);
  });

  it('has no end where no window binds the machine', () => {
    expect(secondsToBegin({ standing: { kind: 'unbound' }, now })).toBeNull();
    expect(secondsToBegin(null)).toBeNull();
  });
});

describe('a change of a machine that a window speaks of', () => {
  it('begins at once while the window is open, and knows until when it may', async () => {
    const machineId = await p.machine();
    await window(-0.25);
    p.work();
    const job = await confirm(await planned(machineId));
    expect(job).toMatchObject({ availableAt: null, windowName: 'in -0.25 h' });
    // 60 minutes less a quarter of an hour and the ten minutes that it takes.
    const left = Number(job.startBefore) - Date.now();
    expect(left).toBeGreaterThan(34 * 60_000);
    expect(left).toBeLessThanOrEqual(35 * 60_000);
    expect(await finish(job.id)).toMatchObject({ status: 'ok' });
    // The machine itself holds to the same: what waits there for locks or packages must be able to end inside as well.
    const within = Number(machines.told.get(job.id)?.['BEGIN_WITHIN']);
    expect(within).toBeGreaterThan(34 * 60);
    expect(within).toBeLessThanOrEqual(35 * 60);
  });

  it('waits while it is closed, and begins when it opens', async () => {
    const machineId = await p.machine();
    const { id, opensAt } = await window(2);
    p.work();
    const job = await confirm(await planned(machineId));
    expect(job).toMatchObject({ status: 'queued', availableAt: opensAt, windowName: 'in 2 h' });
    // Reading goes on meanwhile: what is read later than the confirmation has passed every chance to begin.
    await p.ended((await p.enqueue(machineId)).id);
    await p.sweeper.sweep();
    expect(await p.job(job.id)).toMatchObject({ status: 'queued', phase: 'waiting' });
    await affected(p.dataSource, 'UPDATE maintenance_windows SET opens_at = now() WHERE id = $1', [id]);
    await changed();
    expect(await finish(job.id)).toMatchObject({ status: 'ok' });
  });

  it('is held back at its very start when a window was made after it was handed out', async () => {
    const machineId = await p.machine();
    p.work();
    const requestId = await planned(machineId);
    await p.close();
    p = await JobsProcess.open(database.url, [fakeAction(), fakeChange({ estimateSeconds: 600 })]);
    p.contracts.register(CHANGE_PLAN_CONTRACT);
    const job = await confirm(requestId);
    expect(await p.job(job.id)).toMatchObject({ phase: 'dispatched', windowName: null });
    const { opensAt } = await window(3);
    expect(await p.claims.take('a worker', { free: 5, fleet: 50 })).toEqual([]);
    expect(await p.job(job.id)).toMatchObject({ status: 'queued', phase: 'waiting', availableAt: opensAt });
  });

  it('ends as expired when it could not begin in time, and its request with it', async () => {
    const machineId = await p.machine();
    await window(2);
    p.work();
    const requestId = await planned(machineId);
    const job = await confirm(requestId);
    await tooLate(job.id);
    const ended = await p.ended(job.id);
    expect(ended).toMatchObject({ status: 'cancelled', errorKind: 'window_expired', startedAt: null });
    expect(ended.errorMessage).toContain('in 2 h');
    expect(ended.errorAction).toMatch(/next window/);
    await p.expiry.sweep();
    expect(await p.requestsReader.find(requestId)).toMatchObject({ status: 'expired' });
    expect(machines.runs.size).toBe(0);
    expect(await p.count('machine_locks')).toBe(0);
  });

  it('is not taken any more when its time is over, though it was handed out', async () => {
    const machineId = await p.machine();
    await window(-0.25);
    p.work();
    const requestId = await planned(machineId);
    await p.close();
    p = await JobsProcess.open(database.url, [fakeAction(), fakeChange({ estimateSeconds: 600 })]);
    p.contracts.register(CHANGE_PLAN_CONTRACT);
    const job = await confirm(requestId);
    await tooLate(job.id);
    expect(await p.claims.take('a worker', { free: 5, fleet: 50 })).toEqual([]);
    await p.holds.expire();
    expect(await p.job(job.id)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired' });
  });

  it('is refused where no window is long enough', async () => {
    const machineId = await p.machine();
    await window(1, { minutes: 5 });
    p.work();
    const requestId = await planned(machineId);
    await expect(confirm(requestId)).rejects.toMatchObject({
      code: 'window_too_short',
      detail: expect.stringMatching(/takes 10 min .* longest window 5 min/) as string,
    });
    expect(await p.requestsReader.find(requestId)).toMatchObject({ status: 'pending', jobId: null });
  });

  it('begins outside it for somebody who says why, and the audit keeps it', async () => {
    const machineId = await p.machine();
    await window(2);
    p.work();
    const job = await confirm(await planned(machineId), 'the shop is down');
    expect(job).toMatchObject({ availableAt: null, windowName: null, windowOverride: 'the shop is down' });
    expect(await finish(job.id)).toMatchObject({ status: 'ok' });
    const audit = await queryOne<{ details_json: unknown }>(
      p.dataSource,
      `SELECT details_json FROM audit_log WHERE action = 'window.overridden' AND object_id = $1`,
      [job.id],
    );
    expect(audit?.details_json).toMatchObject({ action: CHANGE, reason: 'the shop is down' });
  });
});

describe('a change that waits for its window', () => {
  const by = anyPerson;

  it('begins before for somebody who says why, once, and the audit keeps it', async () => {
    const machineId = await p.machine();
    await window(2);
    p.work();
    const { id } = await confirm(await planned(machineId));
    expect(await p.job(id)).toMatchObject({ status: 'queued', windowName: 'in 2 h' });
    await p.windowOverrides.begin(id, 'the shop is down', by);
    expect(await p.job(id)).toMatchObject({ windowOverride: 'the shop is down', windowName: null });
    expect(await finish(id)).toMatchObject({ status: 'ok' });
    const audit = `SELECT details_json FROM audit_log WHERE action = 'window.overridden' AND object_id = $1`;
    expect(await queryOne(p.dataSource, audit, [id])).toMatchObject({ details_json: { reason: 'the shop is down' } });
    await expect(p.windowOverrides.begin(id, 'once more', by)).rejects.toMatchObject({ code: 'not_held', status: 409 });
  });

  it('is nothing else that waits', async () => {
    const machineId = await p.machine();
    await p.enqueue(machineId);
    const behind = await p.enqueue(machineId, { parameters: { number: 2 } });
    expect(await p.job(behind.id)).toMatchObject({ phase: 'waiting' });
    await expect(p.windowOverrides.begin(behind.id, 'at once', by)).rejects.toMatchObject({ code: 'not_held' });
    await expect(p.windowOverrides.begin(newId(), 'at once', by)).rejects.toMatchObject({ status: 404 });
    expect(await p.job(behind.id)).toMatchObject({ windowOverride: null });
  });
});

describe('a change that is decided about while somebody edits its window', () => {
  it('waits for the window as it is now, once it is stored', async () => {
    const machineId = await p.machine();
    const { id } = await window(2);
    const planner = p.work();
    const requestId = await planned(machineId);
    await planner.stop();
    const [decided, edited] = [gate(), gate()];
    const confirming = p.transactions.run(async () => {
      const job = await confirm(requestId);
      decided.open();
      await edited.opened;
      return job;
    });
    await decided.opened;
    const edit = `UPDATE maintenance_windows SET name = 'Later', opens_at = opens_at + interval '3 hours' WHERE id = $1`;
    await affected(p.dataSource, edit, [id]);
    await changed();
    // Who decides by the windows of before is still at it.
    await p.sweeper.sweep();
    edited.open();
    const job = await confirming;
    expect(job.windowName).toBe('in 2 h');
    await p.sweeper.sweep();
    const { availableAt, windowName } = await p.job(job.id);
    expect({ windowName, later: Number(availableAt) - Number(job.availableAt) }).toEqual({
      windowName: 'Later',
      later: 3 * HOUR_MS,
    });
  });
});

describe('a change that was confirmed already', () => {
  it('is the same job for the same words, and refuses others that would not count', async () => {
    p.work();
    const machineId = await p.machine();
    const requestId = await planned(machineId);
    await window(2);
    const job = await confirm(requestId);
    expect((await confirm(requestId)).id).toBe(job.id);
    await expect(confirm(requestId, 'the fire is now')).rejects.toMatchObject({
      code: 'confirmed_otherwise',
      status: 409,
    });
    expect(await p.job(job.id)).toMatchObject({ windowOverride: null, status: 'queued' });
  });

  it('waits by the clock of all, not by that of the process that asked', async () => {
    p.work();
    const machineId = await p.machine();
    const requestId = await planned(machineId);
    p.clock.wrongByMs = -2 * 3_600_000;
    const job = await confirm(requestId);
    expect(Math.abs(job.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
  });
});

describe('which windows count', () => {
  const availableAt = async (machineId: string) => (await confirm(await planned(machineId))).availableAt;

  it('are those that name the machine closest', async () => {
    const [tagged, own, other] = [await p.machine('tagged'), await p.machine('own'), await p.machine('other')];
    const tagId = newId();
    await affected(p.dataSource, `INSERT INTO tags (id, name, created_at) VALUES ($1, 'db', now())`, [tagId]);
    await affected(p.dataSource, 'INSERT INTO machine_tags (machine_id, tag_id) VALUES ($1, $3), ($2, $3)', [
      tagged,
      own,
      tagId,
    ]);
    await window(0, { cron: '0 1 1 1 *', minutes: 61 });
    await window(0, { cron: '0 2 1 1 *', minutes: 61, tagId });
    await window(0, { cron: '0 3 1 1 *', minutes: 61, machineId: own });
    p.work();
    expect((await availableAt(other))?.getUTCHours()).toBe(1);
    expect((await availableAt(tagged))?.getUTCHours()).toBe(2);
    expect((await availableAt(own))?.getUTCHours()).toBe(3);
  });

  it('and a single opening on top of them', async () => {
    const machineId = await p.machine();
    await window(0, { cron: '0 3 1 1 *', machineId });
    const { opensAt } = await window(1);
    p.work();
    expect(await availableAt(machineId)).toEqual(opensAt);
  });

  it('is decided anew when the tags of the machine change', async () => {
    const machineId = await p.machine();
    const tagId = newId();
    await affected(p.dataSource, `INSERT INTO tags (id, name, created_at) VALUES ($1, 'db', now())`, [tagId]);
    await affected(p.dataSource, 'INSERT INTO machine_tags (machine_id, tag_id) VALUES ($1, $2)', [machineId, tagId]);
    await window(2, { tagId });
    p.work();
    const job = await confirm(await planned(machineId));
    expect(job.availableAt).not.toBeNull();
    await affected(p.dataSource, 'DELETE FROM machine_tags WHERE machine_id = $1', [machineId]);
    await changed(machineId);
    expect(await finish(job.id)).toMatchObject({ status: 'ok', windowName: null });
  });
});

describe('how long a change takes', () => {
  /** A change of the machine that took so many seconds. */
  async function took(machineId: string, seconds: number): Promise<void> {
    await affected(
      p.dataSource,
      `INSERT INTO jobs (id, kind, machine_id, status, created_at, started_at, finished_at)
       VALUES ($1, $2, $3, 'ok', now(), now() - make_interval(secs => $4), now())`,
      [newId(), CHANGE, machineId, seconds],
    );
  }

  const seconds = async (machineId: string) => {
    const row = await queryOne<{ seconds: number }>(
      p.dataSource,
      'SELECT window_seconds AS seconds FROM jobs WHERE id = $1',
      [(await confirm(await planned(machineId))).id],
    );
    return row?.seconds;
  };

  it('is what its own last runs took, else what nine of ten of the fleet did not exceed, else what it declares', async () => {
    const [known, fresh] = [await p.machine('known'), await p.machine('fresh')];
    await window(1, { minutes: 10_000 });
    p.work();
    expect(await seconds(fresh)).toBe(600);
    for (const time of [100, 240, 120]) await took(known, time);
    const other = await p.machine('other');
    for (let count = 0; count < 17; count += 1) await took(other, 50);
    expect(await seconds(known)).toBe(240);
    expect(await seconds(await p.machine('newer'))).toBe(100);
  });
});
