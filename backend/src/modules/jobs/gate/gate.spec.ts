import { gatedJobs, HOUR_MS } from '../../../../test/support/gated-jobs';
import { gate } from '../../../../test/support/jobs-fakes';
import { newId } from '../../../kernel/database/ids';
import { affected } from '../../../kernel/database/rows';
import { MaintenanceWindows } from '../../windows/maintenance-windows';
import { WindowsRepository } from '../../windows/windows.repository';
import { RunDurations } from './run-durations';
import { StartGate } from './start-gate';

const gated = gatedJobs();

describe('a single window that is over', () => {
  const standing = async (machineId: string) => {
    const starts = new StartGate(
      new MaintenanceWindows(new WindowsRepository()),
      new RunDurations(gated.p.registry),
      gated.p.shared,
    );
    const [found] = await starts.standings(gated.p.dataSource.manager, [{ machineId, seconds: 0 }], []);
    if (found === undefined) throw new Error('the gate says nothing');
    return { kind: found.standing.kind, over: found.overWindow?.name ?? null };
  };

  it('binds nobody, and the last of them is named where no other counts', async () => {
    const machineId = await gated.p.machine();
    expect(await standing(machineId)).toEqual({ kind: 'unbound', over: null });
    await gated.window(-5);
    await gated.window(-3, { machineId });
    expect(await standing(machineId)).toEqual({ kind: 'unbound', over: 'in -3 h' });
    expect(await standing(await gated.p.machine())).toEqual({ kind: 'unbound', over: 'in -5 h' });
    await affected(gated.p.dataSource, 'UPDATE maintenance_windows SET enabled = false');
    expect(await standing(machineId)).toEqual({ kind: 'unbound', over: null });
  });

  it('is not spoken of while another window counts', async () => {
    const machineId = await gated.p.machine();
    await gated.window(-3);
    await gated.window(2);
    expect(await standing(machineId)).toEqual({ kind: 'later', over: null });
  });
});

describe('a confirmed plan that no window limits', () => {
  it('does not begin later than it is valid, and says so', async () => {
    const machineId = await gated.p.machine();
    gated.p.work();
    const requestId = await gated.planned(machineId);
    await gated.reopen({ validForSeconds: 600 });
    const job = await gated.confirm(requestId);
    const left = Number(job.startBefore) - Date.now();
    expect(left).toBeGreaterThan(9 * 60_000);
    expect(left).toBeLessThanOrEqual(600_000);
    // Two days without a worker.
    const past = `UPDATE jobs SET created_at = created_at - interval '2 days', start_before = start_before - interval '2 days' WHERE id = $1`;
    await affected(gated.p.dataSource, past, [job.id]);
    gated.p.work();
    const ended = await gated.p.ended(job.id);
    expect(ended).toMatchObject({ status: 'cancelled', errorKind: 'plan_expired', startedAt: null });
    expect(ended.errorMessage).toContain('within 10 min');
    await gated.p.expiry.sweep();
    expect(await gated.p.requestsReader.find(requestId)).toMatchObject({ status: 'expired' });
    expect(gated.machines.runs.size).toBe(0);
  });

  it('is as old as it is, although the window that held it is gone', async () => {
    const machineId = await gated.p.machine();
    const { id } = await gated.window(2);
    gated.p.work();
    const requestId = await gated.planned(machineId);
    await gated.reopen({ validForSeconds: 600 });
    const job = await gated.confirm(requestId);
    await affected(gated.p.dataSource, 'DELETE FROM maintenance_windows WHERE id = $1', [id]);
    await gated.changed();
    const { createdAt, startBefore } = await gated.p.job(job.id);
    expect(Number(startBefore) - Number(createdAt)).toBe(600_000);
  });
});

describe('a change of a machine that a window speaks of', () => {
  it('begins at once while the window is open, and knows until when it may', async () => {
    const machineId = await gated.p.machine();
    await gated.window(-0.25);
    gated.p.work();
    const job = await gated.confirm(await gated.planned(machineId));
    expect(job).toMatchObject({ availableAt: null, windowName: 'in -0.25 h' });
    // 60 minutes less a quarter of an hour and the ten minutes that it takes.
    const left = Number(job.startBefore) - Date.now();
    expect(left).toBeGreaterThan(34 * 60_000);
    expect(left).toBeLessThanOrEqual(35 * 60_000);
    expect(await gated.finish(job.id)).toMatchObject({ status: 'ok' });
    // The machine itself holds to the same: what waits there for locks or packages must be able to end inside as well.
    const within = Number(gated.machines.told.get(job.id)?.['BEGIN_WITHIN']);
    expect(within).toBeGreaterThan(34 * 60);
    expect(within).toBeLessThanOrEqual(35 * 60);
  });

  it('waits while it is closed, and begins when it opens', async () => {
    const machineId = await gated.p.machine();
    const { id, opensAt } = await gated.window(2);
    gated.p.work();
    const job = await gated.confirm(await gated.planned(machineId));
    expect(job).toMatchObject({ status: 'queued', availableAt: opensAt, windowName: 'in 2 h' });
    // Reading goes on meanwhile: what is read later than the confirmation has passed every chance to begin.
    await gated.p.ended((await gated.p.enqueue(machineId)).id);
    await gated.p.sweeper.sweep();
    expect(await gated.p.job(job.id)).toMatchObject({ status: 'queued', phase: 'waiting' });
    await affected(gated.p.dataSource, 'UPDATE maintenance_windows SET opens_at = now() WHERE id = $1', [id]);
    await gated.changed();
    expect(await gated.finish(job.id)).toMatchObject({ status: 'ok' });
  });

  it('is held back at its very start when a window was made after it was handed out', async () => {
    const machineId = await gated.p.machine();
    gated.p.work();
    const requestId = await gated.planned(machineId);
    await gated.reopen({ estimateSeconds: 600 });
    const job = await gated.confirm(requestId);
    expect(await gated.p.job(job.id)).toMatchObject({ phase: 'dispatched', windowName: null });
    const { opensAt } = await gated.window(3);
    expect(await gated.p.claims.take('a worker', { free: 5, fleet: 50 })).toEqual([]);
    expect(await gated.p.job(job.id)).toMatchObject({ status: 'queued', phase: 'waiting', availableAt: opensAt });
  });

  it('ends as expired when it could not begin in time, and its request with it', async () => {
    const machineId = await gated.p.machine();
    await gated.window(2);
    gated.p.work();
    const requestId = await gated.planned(machineId);
    const job = await gated.confirm(requestId);
    await gated.tooLate(job.id);
    const ended = await gated.p.ended(job.id);
    expect(ended).toMatchObject({ status: 'cancelled', errorKind: 'window_expired', startedAt: null });
    expect(ended.errorMessage).toContain('in 2 h');
    expect(ended.errorAction).toMatch(/next window/);
    await gated.p.expiry.sweep();
    expect(await gated.p.requestsReader.find(requestId)).toMatchObject({ status: 'expired' });
    expect(gated.machines.runs.size).toBe(0);
    expect(await gated.p.count('machine_locks')).toBe(0);
  });

  it('is not taken any more when its time is over, though it was handed out', async () => {
    const machineId = await gated.p.machine();
    await gated.window(-0.25);
    gated.p.work();
    const requestId = await gated.planned(machineId);
    await gated.reopen({ estimateSeconds: 600 });
    const job = await gated.confirm(requestId);
    await gated.tooLate(job.id);
    expect(await gated.p.claims.take('a worker', { free: 5, fleet: 50 })).toEqual([]);
    await gated.p.holds.expire();
    expect(await gated.p.job(job.id)).toMatchObject({ status: 'cancelled', errorKind: 'window_expired' });
  });
});

describe('a change that is decided about while somebody edits its window', () => {
  it('waits for the window as it is now, once it is stored', async () => {
    const machineId = await gated.p.machine();
    const { id } = await gated.window(2);
    const planner = gated.p.work();
    const requestId = await gated.planned(machineId);
    await planner.stop();
    const [decided, edited] = [gate(), gate()];
    const confirming = gated.p.transactions.run(async () => {
      const job = await gated.confirm(requestId);
      decided.open();
      await edited.opened;
      return job;
    });
    await decided.opened;
    const edit = `UPDATE maintenance_windows SET name = 'Later', opens_at = opens_at + interval '3 hours' WHERE id = $1`;
    await affected(gated.p.dataSource, edit, [id]);
    await gated.changed();
    // Who decides by the windows of before is still at it.
    await gated.p.sweeper.sweep();
    edited.open();
    const job = await confirming;
    expect(job.windowName).toBe('in 2 h');
    await gated.p.sweeper.sweep();
    const { availableAt, windowName } = await gated.p.job(job.id);
    expect({ windowName, later: Number(availableAt) - Number(job.availableAt) }).toEqual({
      windowName: 'Later',
      later: 3 * HOUR_MS,
    });
  });
});

describe('a change that was confirmed already', () => {
  it('waits by the clock of all, not by that of the process that asked', async () => {
    gated.p.work();
    const machineId = await gated.p.machine();
    const requestId = await gated.planned(machineId);
    gated.p.clock.wrongByMs = -2 * 3_600_000;
    const job = await gated.confirm(requestId);
    expect(Math.abs(job.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
  });
});

describe('which windows count', () => {
  const availableAt = async (machineId: string) => (await gated.confirm(await gated.planned(machineId))).availableAt;

  it('are those that name the machine closest', async () => {
    const [tagged, own, other] = [
      await gated.p.machine('tagged'),
      await gated.p.machine('own'),
      await gated.p.machine('other'),
    ];
    const tagId = newId();
    await affected(gated.p.dataSource, `INSERT INTO tags (id, name, created_at) VALUES ($1, 'db', now())`, [tagId]);
    await affected(gated.p.dataSource, 'INSERT INTO machine_tags (machine_id, tag_id) VALUES ($1, $3), ($2, $3)', [
      tagged,
      own,
      tagId,
    ]);
    await gated.window(0, { cron: '0 1 1 1 *', minutes: 61 });
    await gated.window(0, { cron: '0 2 1 1 *', minutes: 61, tagId });
    await gated.window(0, { cron: '0 3 1 1 *', minutes: 61, machineId: own });
    gated.p.work();
    expect((await availableAt(other))?.getUTCHours()).toBe(1);
    expect((await availableAt(tagged))?.getUTCHours()).toBe(2);
    expect((await availableAt(own))?.getUTCHours()).toBe(3);
  });

  it('and a single opening on top of them', async () => {
    const machineId = await gated.p.machine();
    await gated.window(0, { cron: '0 3 1 1 *', machineId });
    const { opensAt } = await gated.window(1);
    gated.p.work();
    expect(await availableAt(machineId)).toEqual(opensAt);
  });

  it('is decided anew when the tags of the machine change', async () => {
    const machineId = await gated.p.machine();
    const tagId = newId();
    await affected(gated.p.dataSource, `INSERT INTO tags (id, name, created_at) VALUES ($1, 'db', now())`, [tagId]);
    await affected(gated.p.dataSource, 'INSERT INTO machine_tags (machine_id, tag_id) VALUES ($1, $2)', [
      machineId,
      tagId,
    ]);
    await gated.window(2, { tagId });
    gated.p.work();
    const job = await gated.confirm(await gated.planned(machineId));
    expect(job.availableAt).not.toBeNull();
    await affected(gated.p.dataSource, 'DELETE FROM machine_tags WHERE machine_id = $1', [machineId]);
    await gated.changed(machineId);
    expect(await gated.finish(job.id)).toMatchObject({ status: 'ok', windowName: null });
  });
});
