import { Logger } from '@nestjs/common';
import { answer, fakeAction, gate, READING } from '../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { until } from '../../../test/support/ssh-wait';
import { systemActor } from '../../kernel/auth/actor';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';

let database: TestDatabase;
const open: JobsProcess[] = [];

const actions = [fakeAction(), fakeAction({ name: 'other_reading' })];

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const process of open.splice(0)) await process.close();
});

afterAll(async () => {
  await database.drop();
});

async function start(): Promise<JobsProcess> {
  const process = await JobsProcess.open(database.url, actions);
  open.push(process);
  return process;
}

const waitingTokens = (process: JobsProcess) => process.count('pgboss.job', `state = 'created'`);

describe('asking for work', () => {
  it('leaves neither job nor token when the transaction rolls back', async () => {
    const p = await start();
    const machineId = await p.machine();
    const before = await waitingTokens(p);
    await expect(
      p.transactions.run(async () => {
        await p.enqueue(machineId);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await p.count('jobs', 'machine_id = $1', [machineId])).toBe(0);
    expect(await waitingTokens(p)).toBe(before);
  });

  it('hands out one job of a machine and lets the others wait', async () => {
    const p = await start();
    const machineId = await p.machine();
    const before = await waitingTokens(p);
    const first = await p.enqueue(machineId);
    const second = await p.enqueue(machineId, { action: 'other_reading' });
    expect(first.phase).toBe('dispatched');
    expect(second.phase).toBe('waiting');
    expect(await waitingTokens(p)).toBe(before + 1);
    const token = await queryOne<{ data: object }>(
      p.dataSource,
      `SELECT data FROM pgboss.job ORDER BY created_on DESC LIMIT 1`,
    );
    expect(token?.data).toEqual({ jobId: first.id });
    await p.service.cancel(first.id, systemActor);
    expect(await p.job(second.id)).toMatchObject({ phase: 'dispatched' });
    await p.service.cancel(second.id, systemActor);
  });

  it('returns the very same job that waits already, but not one with other parameters', async () => {
    const p = await start();
    const machineId = await p.machine();
    const first = await p.enqueue(machineId, { parameters: { number: 1 } });
    const again = await p.service.enqueue({
      machineId,
      action: READING,
      parameters: { number: 1, deep: false },
      requestedBy: systemActor,
    });
    expect(again).toMatchObject({ deduplicated: true, job: { id: first.id } });
    const other = await p.enqueue(machineId, { parameters: { number: 2 } });
    expect(other.id).not.toBe(first.id);
    for (const { id } of [first, other]) await p.service.cancel(id, systemActor);
  });

  it('refuses unknown actions, wrong parameters and machines that cannot be worked on', async () => {
    const p = await start();
    const machineId = await p.machine();
    await expect(p.enqueue(machineId, { action: 'nonsense' })).rejects.toMatchObject({
      code: 'unknown_action',
      status: 404,
    });
    await expect(p.enqueue(machineId, { parameters: { number: 'one' } })).rejects.toMatchObject({
      code: 'invalid_input',
      errors: [{ field: 'parameters.number', message: 'it has to be of the type integer' }],
    });
    await expect(p.enqueue(machineId, { parameters: { extra: 1 } })).rejects.toMatchObject({
      errors: [{ field: 'parameters.extra' }],
    });
    await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE id = $1`, [machineId]);
    await expect(p.enqueue(machineId)).rejects.toMatchObject({ code: 'machine_quarantined', status: 409 });
    await affected(p.dataSource, `UPDATE machines SET status = 'active' WHERE id = $1`, [machineId]);
    await affected(p.dataSource, `UPDATE machine_host_keys SET status = 'unknown' WHERE machine_id = $1`, [machineId]);
    await expect(p.enqueue(machineId)).rejects.toMatchObject({ code: 'host_key_unknown' });
    const able = await p.machine();
    const many = await p.service.enqueueMany({
      machineIds: [machineId, able, able],
      action: READING,
      requestedBy: systemActor,
    });
    expect(many.jobs).toEqual([expect.objectContaining({ machineId: able, deduplicated: false })]);
    expect(many.skipped).toEqual([expect.objectContaining({ machineId, code: 'host_key_unknown' })]);
    await p.service.cancel(many.jobs[0]?.jobId ?? '', systemActor);
  });
});

describe('running', () => {
  it('stores result, state, history, log and steps, and frees the machine', async () => {
    const p = await start();
    const machineId = await p.machine();
    const held = gate();
    p.remote.on(machineId, async (run) => {
      run.onSection({ name: 'look', phase: 'begin' });
      run.onOutput({ section: 'look', stream: 'stdout', text: 'one\ntwo\n' });
      run.onOutput({ section: 'look', stream: 'stderr', text: 'careful\n' });
      run.onSection({ name: 'think.1', phase: 'begin' });
      run.onOutput({ section: 'think.1', stream: 'stdout', text: 'thousands of lines\n' });
      await held.opened;
      return answer({ look: 'seen' });
    });
    p.work();
    const { id } = await p.enqueue(machineId);
    await until('the second step runs', async () => (await p.job(id)).step === 'think');
    const running = await p.job(id);
    expect(running).toMatchObject({ status: 'running', phase: 'following', attempt: 1, finishedAt: null });
    const state = 'SELECT running_job_id, revision, last_error_kind FROM machine_state WHERE machine_id = $1';
    expect(await queryOne(p.dataSource, state, [machineId])).toMatchObject({ running_job_id: id });
    held.open();
    const done = await p.ended(id);
    expect(done).toMatchObject({ status: 'ok', phase: null, step: null, errorKind: null });
    expect(done.steps.map(({ name, status }) => [name, status])).toEqual([
      ['connect', 'done'],
      ['look', 'done'],
      ['think', 'done'],
      ['store', 'done'],
    ]);
    const snapshot = await queryOne(
      p.dataSource,
      'SELECT id, payload_json, status FROM snapshots WHERE source_job_id = $1',
      [id],
    );
    expect(snapshot).toEqual({ id: done.snapshotId, payload_json: { schema_version: 1, look: 'seen' }, status: 'ok' });
    expect(await queryOne(p.dataSource, state, [machineId])).toMatchObject({
      running_job_id: null,
      last_error_kind: null,
    });
    expect(await p.count('machine_locks', 'machine_id = $1', [machineId])).toBe(0);
    expect(p.events.published).toEqual([
      expect.objectContaining({
        type: 'job_finished',
        severity: 'info',
        message: 'Fake reading finished: all is well',
      }),
    ]);
    const log = await p.logs.read(id, 0, 100);
    expect(log?.lines.filter(({ stream }) => stream !== 'note').map(({ stream, text }) => [stream, text])).toEqual([
      ['out', 'one'],
      ['out', 'two'],
      ['err', 'careful'],
    ]);
    expect(log?.lines.map(({ seq }) => seq)).toEqual(log?.lines.map((_line, index) => index + 1));
    expect(log).toMatchObject({ ended: true, lastSeq: done.lastSeq });
    const rest = await p.logs.read(id, 2, 100);
    expect(rest?.lines).toEqual(log?.lines.slice(2));
  });

  it('runs the more urgent first, then the older, one at a time', async () => {
    const p = await start();
    const machineId = await p.machine();
    const order: string[] = [];
    let atOnce = 0;
    p.remote.on(machineId, (run) => {
      atOnce += 1;
      order.push(run.jobId);
      return new Promise((resolve) =>
        setImmediate(() => {
          expect(atOnce).toBe(1);
          atOnce -= 1;
          resolve(answer({ look: '' }));
        }),
      );
    });
    const a = await p.enqueue(machineId, { parameters: { number: 1 } });
    const b = await p.enqueue(machineId, { parameters: { number: 2 } });
    const urgent = await p.enqueue(machineId, { parameters: { number: 3 }, priority: 5 });
    const c = await p.enqueue(machineId, { parameters: { number: 4 } });
    const first = await p.enqueue(machineId, { parameters: { number: 2 }, priority: 9 });
    expect(first.id).toBe(b.id);
    p.work();
    await p.ended(c.id);
    expect(order).toEqual([b.id, urgent.id, a.id, c.id]);
  });

  it('starts the next within a second of the release, and holds no place while it waits', async () => {
    const p = await start();
    const [busy, free] = [await p.machine(), await p.machine()];
    const held = gate();
    p.remote.on(busy, async () => {
      await held.opened;
      return answer({ look: '' });
    });
    p.remote.on(free, () => answer({ look: '' }));
    p.work({ concurrency: 2 });
    const first = await p.enqueue(busy);
    await until('the first runs', async () => (await p.job(first.id)).status === 'running');
    const waiting = await p.enqueue(busy, { action: 'other_reading' });
    expect(waiting.waitingOn).toMatchObject({ reason: 'machine', before: { id: first.id, kind: READING } });
    // With two places, one of them held: the free machine's jobs all pass.
    for (const number of [1, 2, 3]) await p.ended((await p.enqueue(free, { parameters: { number } })).id);
    expect(await p.job(waiting.id)).toMatchObject({ status: 'queued', attempt: 0 });
    held.open();
    await p.ended(waiting.id);
    const times = await queryRows<{ gap: number }>(
      p.dataSource,
      `SELECT EXTRACT(epoch FROM b.started_at - a.finished_at)::float8 AS gap FROM jobs a, jobs b WHERE a.id = $1 AND b.id = $2`,
      [first.id, waiting.id],
    );
    expect(times[0]?.gap).toBeLessThan(1);
  });

  it('keeps to the limit of the whole fleet', async () => {
    const p = await start();
    const q = await start();
    const held = gate();
    for (const process of [p, q]) {
      process.remote.otherwise(async () => {
        await held.opened;
        return answer({ look: '' });
      });
    }
    const machines = await Promise.all(Array.from({ length: 6 }, () => p.machine()));
    const { jobs } = await p.service.enqueueMany({ machineIds: machines, action: READING, requestedBy: systemActor });
    for (const process of [p, q]) process.work({ concurrency: 5, fleetConcurrency: 3 });
    await until('three run', async () => (await p.count('jobs', `status = 'running'`)) === 3);
    await p.sweeper.sweep();
    expect(await p.count('jobs', `status = 'running'`)).toBe(3);
    held.open();
    for (const { jobId } of jobs) expect((await p.ended(jobId)).status).toBe('ok');
    expect(p.remote.began.length + q.remote.began.length).toBe(6);
  });
});
