import { Logger } from '@nestjs/common';
import { answer, fakeAction, hang } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';
import { affected, queryOne } from '../../../kernel/database/rows';
import { SshError } from '../../../kernel/ssh/ssh-error';

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

describe('failing', () => {
  it('tries a lost connection again, up to the last attempt', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, () => Promise.reject(new SshError('connection_lost', 'run')));
    p.work();
    const { id } = await p.enqueue(machineId);
    await until('the first attempt failed', async () => (await p.job(id)).errorKind === 'connection_lost');
    expect(await p.job(id)).toMatchObject({ status: 'queued', attempt: 1, phase: 'waiting' });
    const failed = await p.ended(id);
    expect(failed).toMatchObject({ status: 'error', errorKind: 'connection_lost', attempt: 2, snapshotId: null });
    expect(failed.errorAction).toContain('Try again');
    expect(failed.steps.find(({ name }) => name === 'look')?.status).toBe('failed');
    const state = await queryOne(p.dataSource, 'SELECT last_error_kind FROM machine_state WHERE machine_id = $1', [
      machineId,
    ]);
    expect(state).toEqual({ last_error_kind: 'connection_lost' });
    expect(p.events.published.map(({ type }) => type)).toEqual(['job_failed']);
  });

  it('tells a machine that could not even write by its reason, and tries it once', async () => {
    const p = await start();
    const machineId = await p.machine();
    const stderr = 'mktemp: failed to create directory via template ‘/tmp/tmp.XXXXXXXXXX’: Read-only file system\n';
    p.remote.on(machineId, () => ({ ...answer({}), exitCode: 73, stray: { stdout: '', stderr } }));
    p.work();
    const failed = await p.ended((await p.enqueue(machineId)).id);
    expect(failed).toMatchObject({ status: 'error', errorKind: 'read_only_fs', attempt: 1 });
    expect(failed.errorMessage).toContain(stderr.trim());
  });

  it.each(['auth_failed', 'host_key_changed', 'sudo_password', 'unreachable'] as const)(
    'never repeats %s',
    async (kind) => {
      const p = await start();
      const machineId = await p.machine();
      p.remote.on(machineId, () => Promise.reject(new SshError(kind, 'auth')));
      p.work();
      const failed = await p.ended((await p.enqueue(machineId)).id);
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
    const failed = await p.ended((await p.enqueue(machineId)).id);
    expect(failed).toMatchObject({ status: 'error', errorKind: 'timeout_progress' });
    const snapshot = await queryOne(p.dataSource, 'SELECT payload_json FROM snapshots WHERE id = $1', [
      failed.snapshotId,
    ]);
    expect(snapshot).toEqual({ payload_json: { schema_version: 1, look: 'half' } });
  });

  it('ends a job whose action always throws, and one whose result cannot be stored', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, () => answer({ look: '' }));
    p.work();
    const thrown = await p.ended((await p.enqueue(machineId, { action: 'broken_reading' })).id);
    expect(thrown).toMatchObject({ status: 'error', errorKind: 'internal_error' });
    const refused = await p.ended((await p.enqueue(machineId, { action: 'unstorable_reading' })).id);
    expect(refused).toMatchObject({ status: 'error', errorKind: 'contract_unknown', snapshotId: null });
    expect(await p.count('machine_locks', 'machine_id = $1', [machineId])).toBe(0);
    const next = await p.ended((await p.enqueue(machineId)).id);
    expect(next.status).toBe('ok');
  });

  it('stops what takes too long', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.remote.on(machineId, hang);
    p.work();
    const failed = await p.ended((await p.enqueue(machineId, { action: 'short_reading' })).id);
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
    const running = await q.enqueue(machineId);
    await until('it runs', async () => (await p.job(running.id)).status === 'running');
    const waiting = await q.enqueue(machineId, { action: 'other_reading' });
    expect(await q.service.cancel(waiting.id, systemActor)).toMatchObject({ status: 'cancelled', attempt: 0 });
    // Asked in one process, heard in the other.
    expect(await q.service.cancel(running.id, systemActor)).toMatchObject({ status: 'running', cancelRequested: true });
    expect(await p.ended(running.id)).toMatchObject({ status: 'cancelled', errorKind: null });
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
    const { id } = await p.enqueue(machineId);
    await until('the first attempt failed', async () => (await p.job(id)).errorKind === 'penalised');
    expect(await p.service.cancel(id, systemActor)).toMatchObject({ status: 'cancelled', attempt: 1 });
    await worker.stop();
    const left = await p.enqueue(machineId, { action: 'other_reading' });
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
        return (await p.job(left.id)).status === 'cancelled';
      },
      30_000,
    );
  }, 40_000);
});
