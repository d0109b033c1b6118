import { gatedJobs } from '../../../../test/support/gated-jobs';
import { CHANGE } from '../../../../test/support/jobs-fakes';
import { anyPerson } from '../../../../test/support/deciders';
import { newId } from '../../../kernel/database/ids';
import { queryOne } from '../../../kernel/database/rows';

const gated = gatedJobs();

describe('a change that a person confirms', () => {
  it('begins outside its window for somebody who says why, and the audit keeps it', async () => {
    const machineId = await gated.p.machine();
    await gated.window(2);
    gated.p.work();
    const job = await gated.confirm(await gated.planned(machineId), 'the shop is down');
    expect(job).toMatchObject({ availableAt: null, windowName: null, windowOverride: 'the shop is down' });
    expect(await gated.finish(job.id)).toMatchObject({ status: 'ok' });
    const audit = await queryOne<{ details_json: unknown }>(
      gated.p.dataSource,
      `SELECT details_json FROM audit_log WHERE action = 'window.overridden' AND object_id = $1`,
      [job.id],
    );
    expect(audit?.details_json).toMatchObject({ action: CHANGE, reason: 'the shop is down' });
  });

  it('sets no window aside where none speaks of its machine, and nothing says that it did', async () => {
    const machineId = await gated.p.machine();
    const worker = gated.p.work();
    const requestId = await gated.planned(machineId);
    await worker.stop();
    const job = await gated.confirm(requestId, 'the shop is down');
    expect(job).toMatchObject({ availableAt: null, windowName: null, windowOverride: null });
    expect(await gated.p.count('audit_log', `action = 'window.overridden'`)).toBe(0);
    expect((await gated.confirm(requestId, 'the shop is down')).id).toBe(job.id);
    // What somebody makes afterwards holds it back as it does everybody.
    await gated.window(2);
    await gated.changed();
    expect(await gated.p.job(job.id)).toMatchObject({ windowName: 'in 2 h' });
    expect((await gated.confirm(requestId, 'the shop is down')).id).toBe(job.id);
  });

  it('is the same job for the same words, and refuses others that would not count', async () => {
    gated.p.work();
    const machineId = await gated.p.machine();
    const requestId = await gated.planned(machineId);
    await gated.window(2);
    const job = await gated.confirm(requestId);
    expect((await gated.confirm(requestId)).id).toBe(job.id);
    await expect(gated.confirm(requestId, 'the fire is now')).rejects.toMatchObject({
      code: 'confirmed_otherwise',
      status: 409,
    });
    expect(await gated.p.job(job.id)).toMatchObject({ windowOverride: null, status: 'queued' });
  });
});

describe('a change that waits for its window', () => {
  const by = anyPerson;

  it('begins before for somebody who says why, once, and the audit keeps it', async () => {
    const machineId = await gated.p.machine();
    await gated.window(2);
    gated.p.work();
    const { id } = await gated.confirm(await gated.planned(machineId));
    expect(await gated.p.job(id)).toMatchObject({ status: 'queued', windowName: 'in 2 h' });
    await gated.p.windowOverrides.begin(id, 'the shop is down', by);
    expect(await gated.p.job(id)).toMatchObject({ windowOverride: 'the shop is down', windowName: null });
    expect(await gated.finish(id)).toMatchObject({ status: 'ok' });
    const audit = `SELECT details_json FROM audit_log WHERE action = 'window.overridden' AND object_id = $1`;
    expect(await queryOne(gated.p.dataSource, audit, [id])).toMatchObject({
      details_json: { reason: 'the shop is down' },
    });
    await expect(gated.p.windowOverrides.begin(id, 'once more', by)).rejects.toMatchObject({
      code: 'not_held',
      status: 409,
    });
  });

  it('is nothing else that waits', async () => {
    const machineId = await gated.p.machine();
    await gated.p.enqueue(machineId);
    const behind = await gated.p.enqueue(machineId, { parameters: { number: 2 } });
    expect(await gated.p.job(behind.id)).toMatchObject({ phase: 'waiting' });
    await expect(gated.p.windowOverrides.begin(behind.id, 'at once', by)).rejects.toMatchObject({ code: 'not_held' });
    await expect(gated.p.windowOverrides.begin(newId(), 'at once', by)).rejects.toMatchObject({ status: 404 });
    expect(await gated.p.job(behind.id)).toMatchObject({ windowOverride: null });
  });
});
