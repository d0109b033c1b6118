import { Logger } from '@nestjs/common';
import { gate, answer, fakeAction, hang, READING } from '../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { until } from '../../../test/support/ssh-wait';
import { systemActor } from '../../kernel/auth/actor';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';
import { SshError } from '../../kernel/ssh/ssh-error';
import type { JobRecord } from './job-record';

let database: TestDatabase;
const open: JobsProcess[] = [];

const broken = fakeAction({
  name: 'broken_reading',
  outcome: () => {
    throw new Error('a fault of the program');
  },
});
const unstorable = fakeAction({
  name: 'unstorable_reading',
  outcome: () => ({ status: 'ok', document: { kind: 'no_contract', status: 'ok', payload: {}, important: {} } }),
});
const actions = [
  fakeAction(),
  fakeAction({ name: 'other_reading' }),
  fakeAction({ name: 'short_reading', timeoutSeconds: 1, maxAttempts: 1 }),
  broken,
  unstorable,
];

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

async function enqueue(process: JobsProcess, machineId: string, more: object = {}): Promise<JobRecord> {
  return (await process.service.enqueue({ machineId, action: READING, requestedBy: systemActor, ...more })).job;
}

async function job(process: JobsProcess, id: string): Promise<JobRecord> {
  const found = await process.reader.find(id);
  if (found === null) throw new Error('the job is gone');
  return found;
}

async function ended(process: JobsProcess, id: string): Promise<JobRecord> {
  await until(`job ${id} ends`, async () => !['queued', 'running'].includes((await job(process, id)).status));
  return job(process, id);
}

async function count(process: JobsProcess, table: string, where = 'true', params: unknown[] = []): Promise<number> {
  const row = await queryOne<{ n: string }>(
    process.dataSource,
    `SELECT count(*) AS n FROM ${table} WHERE ${where}`,
    params,
  );
  return Number(row?.n);
}

const waitingTokens = (process: JobsProcess) => count(process, 'pgboss.job', `state = 'created'`);

describe('asking for work', () => {
  it('leaves neither job nor token when the transaction rolls back', async () => {
    const p = await start();
    const machineId = await p.machine();
    const before = await waitingTokens(p);
    await expect(
      p.transactions.run(async () => {
        await enqueue(p, machineId);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await count(p, 'jobs', 'machine_id = $1', [machineId])).toBe(0);
    expect(await waitingTokens(p)).toBe(before);
  });

  it('hands out one job of a machine and lets the others wait', async () => {
    const p = await start();
    const machineId = await p.machine();
    const before = await waitingTokens(p);
    const first = await enqueue(p, machineId);
    const second = await enqueue(p, machineId, { action: 'other_reading' });
    expect(first.phase).toBe('dispatched');
    expect(second.phase).toBe('waiting');
    expect(await waitingTokens(p)).toBe(before + 1);
    const token = await queryOne<{ data: object }>(
      p.dataSource,
      `SELECT data FROM pgboss.job ORDER BY created_on DESC LIMIT 1`,
    );
    expect(token?.data).toEqual({ jobId: first.id });
    await p.service.cancel(first.id, systemActor);
    expect(await job(p, second.id)).toMatchObject({ phase: 'dispatched' });
    await p.service.cancel(second.id, systemActor);
  });

  it('returns the very same job that waits already, but not one with other parameters', async () => {
    const p = await start();
    const machineId = await p.machine();
    const first = await enqueue(p, machineId, { parameters: { number: 1 } });
    const again = await p.service.enqueue({
      machineId,
      action: READING,
      parameters: { number: 1, deep: false },
      requestedBy: systemActor,
    });
    expect(again).toMatchObject({ deduplicated: true, job: { id: first.id } });
    const other = await enqueue(p, machineId, { parameters: { number: 2 } });
    expect(other.id).not.toBe(first.id);
    for (const { id } of [first, other]) await p.service.cancel(id, systemActor);
  });

  it('refuses unknown actions, wrong parameters and machines that cannot be worked on', async () => {
    const p = await start();
    const machineId = await p.machine();
    await expect(enqueue(p, machineId, { action: 'nonsense' })).rejects.toMatchObject({
      code: 'unknown_action',
      status: 404,
    });
    await expect(enqueue(p, machineId, { parameters: { number: 'one' } })).rejects.toMatchObject({
      code: 'invalid_input',
      errors: [{ field: 'parameters.number', message: 'must be integer' }],
    });
    await expect(enqueue(p, machineId, { parameters: { extra: 1 } })).rejects.toMatchObject({
      errors: [{ field: 'parameters.extra' }],
    });
    await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE id = $1`, [machineId]);
    await expect(enqueue(p, machineId)).rejects.toMatchObject({ code: 'machine_quarantined', status: 409 });
    await affected(p.dataSource, `UPDATE machines SET status = 'active' WHERE id = $1`, [machineId]);
    await affected(p.dataSource, `UPDATE machine_host_keys SET status = 'unknown' WHERE machine_id = $1`, [machineId]);
    await expect(enqueue(p, machineId)).rejects.toMatchObject({ code: 'host_key_unknown' });
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
    const { id } = await enqueue(p, machineId);
    await until('the second step runs', async () => (await job(p, id)).step === 'think');
    const running = await job(p, id);
    expect(running).toMatchObject({ status: 'running', phase: 'following', attempt: 1, finishedAt: null });
    const state = 'SELECT running_job_id, revision, last_error_kind FROM machine_state WHERE machine_id = $1';
    expect(await queryOne(p.dataSource, state, [machineId])).toMatchObject({ running_job_id: id });
    held.open();
    const done = await ended(p, id);
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
    expect(snapshot).toEqual({ id: done.snapshotId, payload_json: { look: 'seen' }, status: 'ok' });
    expect(await queryOne(p.dataSource, state, [machineId])).toMatchObject({
      running_job_id: null,
      last_error_kind: null,
    });
    expect(await count(p, 'machine_locks', 'machine_id = $1', [machineId])).toBe(0);
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
    const a = await enqueue(p, machineId, { parameters: { number: 1 } });
    const b = await enqueue(p, machineId, { parameters: { number: 2 } });
    const urgent = await enqueue(p, machineId, { parameters: { number: 3 }, priority: 5 });
    const c = await enqueue(p, machineId, { parameters: { number: 4 } });
    const first = await enqueue(p, machineId, { parameters: { number: 2 }, priority: 9 });
    expect(first.id).toBe(b.id);
    p.work();
    await ended(p, c.id);
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
    const first = await enqueue(p, busy);
    await until('the first runs', async () => (await job(p, first.id)).status === 'running');
    const waiting = await enqueue(p, busy, { action: 'other_reading' });
    expect(waiting.waitingForKind).toBe(READING);
    // With two places, one of them held: the free machine's jobs all pass.
    for (const number of [1, 2, 3]) await ended(p, (await enqueue(p, free, { parameters: { number } })).id);
    expect(await job(p, waiting.id)).toMatchObject({ status: 'queued', attempt: 0 });
    held.open();
    await ended(p, waiting.id);
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
    await until('three run', async () => (await count(p, 'jobs', `status = 'running'`)) === 3);
    await p.sweeper.sweep();
    expect(await count(p, 'jobs', `status = 'running'`)).toBe(3);
    held.open();
    for (const { jobId } of jobs) expect((await ended(p, jobId)).status).toBe('ok');
    expect(p.remote.began.length + q.remote.began.length).toBe(6);
  });
});

describe('failing', () => {
  it('tries a lost connection again, up to the last attempt', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, () => Promise.reject(new SshError('connection_lost', 'run')));
    p.work();
    const { id } = await enqueue(p, machineId);
    await until('the first attempt failed', async () => (await job(p, id)).errorKind === 'connection_lost');
    expect(await job(p, id)).toMatchObject({ status: 'queued', attempt: 1, phase: 'waiting' });
    const failed = await ended(p, id);
    expect(failed).toMatchObject({ status: 'error', errorKind: 'connection_lost', attempt: 2, snapshotId: null });
    expect(failed.errorAction).toContain('Try again');
    expect(failed.steps.find(({ name }) => name === 'look')?.status).toBe('failed');
    const state = await queryOne(p.dataSource, 'SELECT last_error_kind FROM machine_state WHERE machine_id = $1', [
      machineId,
    ]);
    expect(state).toEqual({ last_error_kind: 'connection_lost' });
    expect(p.events.published.map(({ type }) => type)).toEqual(['job_failed']);
  });

  it.each(['auth_failed', 'host_key_changed', 'sudo_password', 'unreachable'] as const)(
    'never repeats %s',
    async (kind) => {
      const p = await start();
      const machineId = await p.machine();
      p.remote.on(machineId, () => Promise.reject(new SshError(kind, 'auth')));
      p.work();
      const failed = await ended(p, (await enqueue(p, machineId)).id);
      expect(failed).toMatchObject({ status: 'error', errorKind: kind, attempt: 1 });
    },
  );

  it('keeps a partial answer as an error with what was read', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, () => {
      const error = new SshError('timeout_progress', 'run');
      error.partial = answer({ look: 'half' });
      return Promise.reject(error);
    });
    p.work();
    const failed = await ended(p, (await enqueue(p, machineId)).id);
    expect(failed).toMatchObject({ status: 'error', errorKind: 'timeout_progress' });
    const snapshot = await queryOne(p.dataSource, 'SELECT payload_json FROM snapshots WHERE id = $1', [
      failed.snapshotId,
    ]);
    expect(snapshot).toEqual({ payload_json: { look: 'half' } });
  });

  it('ends a job whose action always throws, and one whose result cannot be stored', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, () => answer({ look: '' }));
    p.work();
    const thrown = await ended(p, (await enqueue(p, machineId, { action: 'broken_reading' })).id);
    expect(thrown).toMatchObject({ status: 'error', errorKind: 'internal_error' });
    const refused = await ended(p, (await enqueue(p, machineId, { action: 'unstorable_reading' })).id);
    expect(refused).toMatchObject({ status: 'error', errorKind: 'contract_unknown', snapshotId: null });
    expect(await count(p, 'machine_locks', 'machine_id = $1', [machineId])).toBe(0);
    const next = await ended(p, (await enqueue(p, machineId)).id);
    expect(next.status).toBe('ok');
  });

  it('stops what takes too long', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, hang);
    p.work();
    const failed = await ended(p, (await enqueue(p, machineId, { action: 'short_reading' })).id);
    expect(failed).toMatchObject({ status: 'error', errorKind: 'timeout_total' });
  });
});

describe('cancelling', () => {
  it('ends a waiting job at once, a running one when it heeds, an ended one never', async () => {
    const p = await start();
    const q = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, hang);
    p.work();
    const running = await enqueue(q, machineId);
    await until('it runs', async () => (await job(p, running.id)).status === 'running');
    const waiting = await enqueue(q, machineId, { action: 'other_reading' });
    expect(await q.service.cancel(waiting.id, systemActor)).toMatchObject({ status: 'cancelled', attempt: 0 });
    // Asked in one process, heard in the other.
    expect(await q.service.cancel(running.id, systemActor)).toMatchObject({ status: 'running', cancelRequested: true });
    expect(await ended(p, running.id)).toMatchObject({ status: 'cancelled', errorKind: null });
    await expect(q.service.cancel(running.id, systemActor)).rejects.toMatchObject({
      code: 'job_already_ended',
      status: 409,
    });
  });

  it('also stops a job that waits for its next attempt, and one that nobody follows any more', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, () => Promise.reject(new SshError('penalised', 'banner')));
    const worker = p.work();
    const { id } = await enqueue(p, machineId);
    await until('the first attempt failed', async () => (await job(p, id)).errorKind === 'penalised');
    expect(await p.service.cancel(id, systemActor)).toMatchObject({ status: 'cancelled', attempt: 1 });
    await worker.stop();
    const left = await enqueue(p, machineId, { action: 'other_reading' });
    await p.claims.take('dead worker', { free: 5, fleet: 50 });
    await p.service.cancel(left.id, systemActor);
    await affected(
      p.dataSource,
      `UPDATE machine_locks SET expires_at = now() - interval '1 second' WHERE job_id = $1`,
      [left.id],
    );
    await until(
      'the sweep closes it',
      async () => {
        await p.sweeper.sweep();
        return (await job(p, left.id)).status === 'cancelled';
      },
      30_000,
    );
  }, 40_000);
});
