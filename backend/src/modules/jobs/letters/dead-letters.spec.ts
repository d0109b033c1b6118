import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import { FakeMachines } from '../../../../test/support/fake-detached';
import {
  answer,
  CHANGE,
  CHANGE_PLAN_CONTRACT,
  fakeAction,
  fakeChange,
  READING,
} from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { principalOf } from '../../../../test/support/test-app';
import { until } from '../../../../test/support/ssh-wait';
import { originOf } from '../../../kernel/audit/request-origin';
import { actorOf, systemActor } from '../../../kernel/auth/actor';
import type { Role } from '../../../kernel/auth/permissions';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne } from '../../../kernel/database/rows';
import { quoted } from '../../../kernel/sentences/sentences';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { JobRecord } from '../job-record';
import type { Redriver } from './dead-letters.service';

let database: TestDatabase;
let p: JobsProcess;
let machines: FakeMachines;

const OTHER = 'other_reading';
const actions = [
  fakeAction(),
  fakeAction({ name: OTHER }),
  fakeAction({
    name: 'broken_reading',
    outcome: () => {
      throw new Error('a fault of the program');
    },
  }),
  fakeAction({
    name: 'unstorable_reading',
    outcome: () => ({ status: 'ok', document: { kind: 'no_contract', status: 'ok', payload: {}, important: {} } }),
  }),
  fakeAction({
    name: 'judging_reading',
    outcome: () => ({
      status: 'error',
      error: { kind: 'apt_broken', message: quoted('apt is broken') },
      document: { kind: READING, status: 'error', payload: {}, important: {} },
    }),
  }),
];

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  p = await JobsProcess.open(database.url, [...actions, fakeChange()]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  machines = new FakeMachines();
  p.detached.machines = machines;
  p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
});
afterEach(async () => {
  machines.restore();
  await p.close();
  const source = await database.dataSource();
  await source.query('DELETE FROM machine_locks');
  await source.query('DELETE FROM machines');
});

function by(role: Role = 'operator'): Redriver {
  const principal = principalOf(role);
  return { principal, origin: originOf(actorOf(principal)) };
}

const unreachable = (): Promise<never> => Promise.reject(new SshError('unreachable', 'connect'));

/** A reading job that has died on this machine, whose next runs answer. */
async function died(machineId: string, action = READING, parameters: object = {}): Promise<JobRecord> {
  p.remote.on(machineId, unreachable);
  const { id } = await p.enqueue(machineId, { action, parameters });
  const job = await p.ended(id);
  p.remote.on(machineId, () => answer({ look: 'fine' }));
  return job;
}

const openIds = async (): Promise<string[]> =>
  (await p.lettersReader.page({}, { limit: 50 })).items.map(({ id }) => id);

describe('a job dies', () => {
  it.each([
    ['whose machine cannot be reached', READING, 'unreachable', unreachable],
    ['whose action always throws', 'broken_reading', 'internal_error', () => answer({ look: '' })],
    ['whose result cannot be stored', 'unstorable_reading', 'contract_unknown', () => answer({ look: '' })],
    [
      'that makes no plan of half an answer',
      `${CHANGE}_plan`,
      'timeout_progress',
      () => {
        const error = new SshError('timeout_progress', 'run');
        error.partial = answer({ look: 'half' });
        return Promise.reject(error);
      },
    ],
  ] as const)('%s', async (_what, action, errorKind, behaviour) => {
    const machineId = await p.machine();
    p.remote.on(machineId, behaviour);
    p.work();
    const job = await p.ended((await p.enqueue(machineId, { action })).id);
    expect(job).toMatchObject({ status: 'error', errorKind, deadLetter: { open: true, settledAt: null } });
    expect(await openIds()).toEqual([job.id]);
    expect(await p.lettersReader.counts()).toEqual([{ errorKind, count: 1, machines: 1 }]);
  });

  it('once its attempts are spent, not before', async () => {
    const machineId = await p.machine();
    p.remote.on(machineId, () => Promise.reject(new SshError('connection_lost', 'run')));
    p.work();
    const { id } = await p.enqueue(machineId);
    await until('the first attempt failed', async () => (await p.job(id)).errorKind === 'connection_lost');
    expect(await p.job(id)).toMatchObject({ status: 'queued', attempt: 1, deadLetter: null });
    expect(await p.ended(id)).toMatchObject({ attempt: 2, deadLetter: { open: true } });
  });

  it('whose worker was lost with the last attempt', async () => {
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId);
    for (const worker of ['first', 'second']) {
      await p.takeOne(worker);
      await p.expire(id);
      await p.sweepUntil('the sweep finds it', async () => (await p.job(id)).status !== 'running');
    }
    expect(await p.job(id)).toMatchObject({ errorKind: 'worker_lost', deadLetter: { open: true } });
  }, 60_000);

  it('of an action that this program does not have', async () => {
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId);
    await affected(p.dataSource, `UPDATE jobs SET kind = 'of_a_newer_program' WHERE id = $1`, [id]);
    p.work();
    expect(await p.ended(id)).toMatchObject({ errorKind: 'unknown_action', deadLetter: { open: true } });
    await expect(p.letters.redrive(id, by())).rejects.toMatchObject({ code: 'unknown_action', status: 409 });
    expect(await openIds()).toEqual([id]);
  });

  it.each([
    ['that its action judged, with what it read', 'judging_reading', 'error'],
    ['that went well', READING, 'ok'],
  ])('but not one %s', async (_what, action, status) => {
    const machineId = await p.machine();
    p.work();
    expect(await p.ended((await p.enqueue(machineId, { action })).id)).toMatchObject({ status, deadLetter: null });
  });

  it('but not one that somebody cancelled', async () => {
    const { id } = await p.enqueue(await p.machine());
    expect(await p.service.cancel(id, systemActor)).toMatchObject({ status: 'cancelled', deadLetter: null });
    expect(await openIds()).toEqual([]);
  });
});

describe('a dead letter', () => {
  beforeEach(() => void p.work());

  it('is one no more once a later job of its action was asked for on its machine, whoever asked', async () => {
    const [one, two] = [await p.machine(), await p.machine()];
    const [first, second] = [await died(one), await died(two)];
    await p.ended((await p.enqueue(one, { action: OTHER })).id);
    expect(new Set(await openIds())).toEqual(new Set([first.id, second.id]));
    await p.enqueue(one, { parameters: { number: 7 } });
    expect(await openIds()).toEqual([second.id]);
    expect(await p.job(first.id)).toMatchObject({ deadLetter: { open: false, settledAt: null } });
    await expect(p.letters.redrive(first.id, by())).rejects.toMatchObject({ code: 'dead_letter_settled', status: 409 });
  });

  it('is started again with the parameters that it had, by whoever asks, and both name each other', async () => {
    const machineId = await p.machine();
    const dead = await died(machineId, READING, { number: 3, deep: true });
    const redriver = by();
    const { id } = await p.letters.redrive(dead.id, redriver);
    const job = await p.ended(id);
    expect(job).toMatchObject({
      status: 'ok',
      kind: READING,
      machineId,
      redriveOf: dead.id,
      requestedBy: { type: 'user', name: redriver.principal.displayName },
    });
    const parameters = 'SELECT payload_json FROM jobs WHERE id = $1';
    expect(await queryOne(p.dataSource, parameters, [id])).toEqual(await queryOne(p.dataSource, parameters, [dead.id]));
    expect(await p.job(dead.id)).toMatchObject({
      status: 'error',
      deadLetter: { open: false, settledBy: redriver.principal.displayName, redrivenAs: id },
    });
    expect(await openIds()).toEqual([]);
    const audit = `SELECT actor_name, machine_id, details_json FROM audit_log WHERE action = 'job.redriven' AND object_id = $1`;
    expect(await queryOne(p.dataSource, audit, [dead.id])).toEqual({
      actor_name: redriver.principal.displayName,
      machine_id: machineId,
      details_json: { schema_version: 1, jobs: [dead.id], error_kinds: ['unreachable'], refused: 0 },
    });
  });

  it('becomes one job, however many start it again at once', async () => {
    const machineId = await p.machine();
    const dead = await died(machineId);
    const q = await JobsProcess.open(database.url, actions);
    try {
      const redriven = await Promise.all([p, q, p, q].map((process) => process.letters.redrive(dead.id, by())));
      expect(new Set(redriven.map(({ id }) => id)).size).toBe(1);
      expect(await p.count('jobs', 'machine_id = $1', [machineId])).toBe(2);
      expect(await p.count('audit_log', `action = 'job.redriven' AND object_id = $1`, [dead.id])).toBe(1);
    } finally {
      await q.close();
    }
  });

  it('that dies again is a new one, and the old one stays settled', async () => {
    const dead = await died(await p.machine());
    p.remote.on(dead.machineId, unreachable);
    const again = await p.ended((await p.letters.redrive(dead.id, by())).id);
    expect(again).toMatchObject({ redriveOf: dead.id, deadLetter: { open: true } });
    expect(await openIds()).toEqual([again.id]);
  });

  it('is left as it is where it cannot be started again', async () => {
    const [archived, unreadable, fine] = [await p.machine(), await p.machine(), await p.machine()];
    const letters = [await died(archived), await died(unreadable), await died(fine)];
    await affected(p.dataSource, `UPDATE machines SET status = 'archived', deleted_at = now() WHERE id = $1`, [
      archived,
    ]);
    const newer = { schema_version: 99, parameters: {} };
    await p.dataSource.query('UPDATE jobs SET payload_json = $2 WHERE id = $1', [letters[1]?.id, newer]);
    const ended = await p.ended((await p.enqueue(await p.machine())).id);
    const refused = async (at: number): Promise<unknown> =>
      p.letters.redrive(letters[at]?.id ?? '', by()).catch((error: unknown) => error);
    expect(await refused(0)).toMatchObject({ code: 'machine_archived', status: 409 });
    expect(await refused(1)).toMatchObject({ code: 'parameters_unreadable', status: 409 });
    await expect(p.letters.redrive(ended.id, by())).rejects.toMatchObject({ code: 'not_dead_letter', status: 409 });
    await expect(p.letters.redrive(newId(), by())).rejects.toMatchObject({ status: 404 });
    await expect(p.letters.redrive(letters[2]?.id ?? '', by('viewer'))).rejects.toMatchObject({
      code: 'not_permitted',
    });
    expect(new Set(await openIds())).toEqual(new Set(letters.map(({ id }) => id)));
    expect(await p.count('audit_log', `action = 'job.redriven' AND machine_id = $1`, [archived])).toBe(0);
  });

  it('is started again with others, and of each it is said what became of it', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 4; n += 1) ids.push((await died(await p.machine(), READING, { number: n % 2 })).id);
    const [quarantined = '', ...others] = ids;
    const { machineId } = await p.job(quarantined);
    await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE id = $1`, [machineId]);
    const unknown = newId();
    const results = await p.letters.redriveMany([...ids, unknown, quarantined], by());
    expect(results.map(({ jobId }) => jobId)).toEqual([...ids, unknown]);
    expect(results.map(({ newJobId }) => newJobId !== null)).toEqual([false, true, true, true, false]);
    expect(results.map(({ refusal }) => refusal?.code ?? null)).toEqual([
      'machine_quarantined',
      null,
      null,
      null,
      'not_found',
    ]);
    for (const { newJobId } of results) if (newJobId !== null) expect((await p.ended(newJobId)).status).toBe('ok');
    expect(await openIds()).toEqual([quarantined]);
    // The same again changes nothing.
    const again = await p.letters.redriveMany(others, by());
    expect(again.map(({ newJobId }) => newJobId)).toEqual(results.slice(1, 4).map(({ newJobId }) => newJobId));
    expect(await p.count('jobs', 'redrive_of IS NOT NULL AND redrive_of = ANY($1::uuid[])', [ids])).toBe(3);
  });

  it('is dismissed once, with the reason in the audit', async () => {
    const dead = await died(await p.machine());
    const { origin } = by();
    expect(await p.letters.dismiss([dead.id, newId()], 'switched off for good', origin)).toEqual([dead.id]);
    expect(await p.letters.dismiss([dead.id], null, origin)).toEqual([]);
    expect(await openIds()).toEqual([]);
    expect(await p.job(dead.id)).toMatchObject({ deadLetter: { settledBy: origin.actor.name, redrivenAs: null } });
    expect(await p.count('audit_log', `action = 'job.dismissed' AND object_id = $1`, [dead.id])).toBe(1);
    await expect(p.letters.redrive(dead.id, by())).rejects.toMatchObject({ code: 'dead_letter_settled' });
  });
});

describe('a change that died', () => {
  async function deadChange(): Promise<JobRecord> {
    const machineId = await p.machine();
    const plan = await p.ended(
      (await p.enqueue(machineId, { action: `${CHANGE}_plan`, parameters: { deep: true } })).id,
    );
    const requestId = plan.requestId ?? '';
    const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
    machines.cut();
    const { id } = await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson);
    const job = await p.ended(id);
    machines.restore();
    return job;
  }
  beforeEach(() => void p.work());

  it('is never run again: it is planned again, and the person confirms', async () => {
    const dead = await deadChange();
    expect(dead).toMatchObject({ status: 'error', errorKind: 'connection_lost', deadLetter: { open: true } });
    await expect(p.letters.redrive(dead.id, by('administrator'))).rejects.toMatchObject({
      code: 'plan_needed',
      status: 409,
      extensions: { requestId: dead.requestId },
    });
    expect(await openIds()).toEqual([dead.id]);
    await expect(p.requests.clone(dead.requestId ?? '', anyPerson, [newId()])).rejects.toMatchObject({ status: 400 });
    expect(await openIds()).toEqual([dead.id]);
    const again = await p.requests.clone(dead.requestId ?? '', anyPerson, [dead.machineId]);
    const plan = await p.ended('job' in again ? again.job.id : '');
    expect(plan).toMatchObject({ kind: `${CHANGE}_plan`, status: 'ok' });
    expect(await openIds()).toEqual([]);
    expect(await p.requestsReader.find(plan.requestId ?? '')).toMatchObject({ status: 'pending' });
    expect(machines.runs.size).toBe(0);
  });

  it('is one whose outcome a person gave up', async () => {
    const machineId = await p.machine();
    const { requestId } = await p.ended((await p.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
    const digest = (await p.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
    const { id } = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
    await until('the run begins', () => machines.runs.has(id));
    await until('the machine has told of it', async () => (await p.job(id)).phase === 'following');
    machines.cut();
    await until('it is unknown', async () => (await p.job(id)).phase === 'reconciling');
    await affected(p.dataSource, `UPDATE jobs SET contact_at = contact_at - interval '31 minutes' WHERE id = $1`, [id]);
    await p.unknown.close(id, 'burnt down', originOf(systemActor));
    expect(await p.job(id)).toMatchObject({ errorKind: 'outcome_unknown', deadLetter: { open: true } });
    expect(await openIds()).toEqual([id]);
  });
});
