import { changingRuns } from '../../../../test/support/changing-runs';
import { until } from '../../../../test/support/ssh-wait';
import { originOf } from '../../../kernel/audit/request-origin';
import { systemActor } from '../../../kernel/auth/actor';
import { queryOne } from '../../../kernel/database/rows';

const runs = changingRuns();

describe('a changing run', () => {
  it('is started, followed, collected and stored with its execution and request', async () => {
    const p = await runs.start();
    p.work();
    const machineId = await p.machine();
    const id = await runs.confirmed(p, machineId);
    await runs.begun(id);
    for (const line of ['step fetch', 'fetched', 'step act', 'acted']) runs.machines.print(id, line);
    await runs.shown(p, id, 'acted');
    expect(await p.job(id)).toMatchObject({ status: 'running', phase: 'following', step: 'act' });
    expect(await runs.execution(p, id)).toMatchObject({ status: 'running' });
    runs.machines.end(id);
    const job = await p.ended(id);
    expect(job).toMatchObject({ status: 'ok', attempt: 1 });
    expect(job.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'connect done',
      'fetch done',
      'act done',
      'store done',
    ]);
    expect(await runs.execution(p, id)).toMatchObject({ status: 'ok', error_kind: null });
    const row = await queryOne<{ log_offset: string }>(p.dataSource, 'SELECT log_offset FROM jobs WHERE id = $1', [id]);
    expect(Number(row?.log_offset)).toBe('step fetch\nfetched\nstep act\nacted\n'.length);
    expect(await p.count('action_requests', `status = 'executed' AND execution_id = $1`, [id])).toBe(1);
    expect(await p.count('machine_locks')).toBe(0);
    expect(p.events.published.at(-1)).toMatchObject({ type: 'job_finished', executionId: id });
  });

  it('is unknown while the machine is out of reach, and goes on where it stood', async () => {
    const p = await runs.start();
    p.work();
    const machineId = await p.machine();
    const id = await runs.confirmed(p, machineId);
    await runs.begun(id);
    runs.machines.print(id, 'step act');
    runs.machines.print(id, 'one');
    await runs.shown(p, id, 'one');
    runs.machines.cut();
    await until('it is unknown', async () => (await runs.phase(p, id)) === 'reconciling');
    runs.machines.print(id, 'two');
    runs.machines.end(id);
    expect(await p.job(id)).toMatchObject({ status: 'running', step: 'act' });
    runs.machines.restore();
    expect(await p.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(await runs.lines(p, id)).toEqual(['one', 'two']);
    expect(runs.machines.run(id).starts).toBe(1);
  });

  it('says how far its step is and what is at work, without a write for every word of its tool', async () => {
    const p = await runs.start();
    p.work();
    const id = await runs.confirmed(p, await p.machine());
    await runs.begun(id);
    runs.machines.print(id, 'step act');
    await until('it acts', async () => (await p.job(id)).step === 'act');
    const act = async () => (await p.job(id)).steps.find(({ name }) => name === 'act');
    const written = jest.spyOn(p.logs, 'write');
    const began = Date.now();
    for (let told = 0; told < 500; told += 1) {
      runs.machines.tell(id, `act ${String(told / 10)} package-${String(Math.floor(told / 100))}`);
      await new Promise(setImmediate);
    }
    await until('the last word is there', async () => (await act())?.percent === 49);
    expect(await act()).toMatchObject({ status: 'running', subject: 'package-4' });
    expect(written.mock.calls.length).toBeLessThanOrEqual(2 + (Date.now() - began) / 250);
    // Neither what makes no sense nor what comes late from the step before moves it back.
    for (const told of ['nonsense', 'fetch 3 other']) runs.machines.tell(id, told);
    runs.machines.tell(id, 'act 80.5 last');
    await until('it goes on', async () => (await act())?.percent === 80);
    runs.machines.end(id);
    await p.ended(id);
    expect(await act()).toMatchObject({ status: 'done', percent: null, subject: null });
  });

  it('may be given up by a person once its machine was not heard of for half an hour, and its worker writes nothing', async () => {
    const p = await runs.start();
    p.work();
    const machineId = await p.machine();
    const id = await runs.confirmed(p, machineId);
    await runs.begun(id);
    const close = (): Promise<void> => p.unknown.close(id, 'burnt down', originOf(systemActor));
    await expect(close()).rejects.toMatchObject({ code: 'outcome_not_unknown' });
    runs.machines.cut();
    await until('it is unknown', async () => (await runs.phase(p, id)) === 'reconciling');
    await expect(close()).rejects.toMatchObject({ code: 'outcome_still_awaited' });
    await p.dataSource.query(`UPDATE jobs SET contact_at = contact_at - interval '31 minutes' WHERE id = $1`, [id]);
    const waiting = await p.enqueue(machineId);
    await close();
    const closed = await p.job(id);
    expect(closed).toMatchObject({ status: 'error', errorKind: 'outcome_unknown', phase: null });
    expect(closed.errorMessage).toContain('burnt down');
    expect(closed.errorAction).toContain('Look at the machine');
    // Nothing of it goes on.
    expect(closed.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'connect done',
      'fetch failed',
      'act skipped',
      'store skipped',
    ]);
    expect(await runs.execution(p, id)).toMatchObject({ status: 'error', error_kind: 'outcome_unknown' });
    expect(await p.count('action_requests', `status = 'executed' AND execution_id = $1`, [id])).toBe(1);
    expect(await p.count('audit_log', `action = 'job.closed' AND object_id = $1`, [id])).toBe(1);
    runs.machines.restore();
    runs.machines.end(id);
    // The machine is free for others, and what comes too late changes nothing.
    await p.ended(waiting.id);
    expect(await p.job(id)).toEqual(closed);
    await expect(close()).rejects.toMatchObject({ code: 'job_already_ended' });
  }, 60_000);

  it('whose folder is removed while it works is followed to its end, and judged by what is there then', async () => {
    const p = await runs.start();
    const machineId = await p.machine();
    p.work();
    const id = await runs.confirmed(p, machineId);
    await runs.begun(id);
    runs.machines.print(id, 'one');
    await runs.shown(p, id, 'one');
    runs.machines.removeFolder(id);
    const note = 'The folder of the run was removed from the machine. The run works on, and is followed to its end.';
    await until('the log says so', async () => (await runs.lines(p, id, 'note')).includes(note));
    runs.machines.print(id, 'two');
    await runs.shown(p, id, 'two');
    expect(await p.job(id)).toMatchObject({ status: 'running' });
    runs.machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'run_record_lost' });
    expect(await runs.execution(p, id)).toMatchObject({ status: 'error', error_kind: 'run_record_lost' });
  }, 60_000);

  it('that was never sent fails at once, and is not tried again', async () => {
    const p = await runs.start();
    p.work();
    const machineId = await p.machine();
    runs.machines.cut();
    const id = await runs.confirmed(p, machineId);
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'connection_lost', attempt: 1 });
    expect(await runs.execution(p, id)).toMatchObject({ status: 'error', error_kind: 'connection_lost' });
    expect(runs.machines.runs.size).toBe(0);
  });

  it('stops when it is asked to, and only the machine says that it did', async () => {
    const p = await runs.start();
    p.work();
    const machineId = await p.machine();
    const id = await runs.confirmed(p, machineId);
    await runs.begun(id);
    runs.machines.print(id, 'step fetch');
    await p.service.cancel(id, systemActor);
    await until('the machine is asked', () => runs.machines.run(id).stopAsked);
    expect(await p.job(id)).toMatchObject({ status: 'running', cancelRequested: true });
    runs.machines.end(id, 'stopped');
    expect(await p.ended(id)).toMatchObject({ status: 'cancelled' });
    expect(await runs.execution(p, id)).toMatchObject({ status: 'cancelled' });
  });

  it('that was interrupted is what its action makes of it', async () => {
    const p = await runs.start();
    p.work();
    const machineId = await p.machine();
    const id = await runs.confirmed(p, machineId);
    await runs.begun(id);
    runs.machines.end(id, 'interrupted');
    expect(await p.ended(id)).toMatchObject({ status: 'error' });
    expect(await runs.execution(p, id)).toMatchObject({ status: 'error', result_json: { ending: 'interrupted' } });
  });
});
