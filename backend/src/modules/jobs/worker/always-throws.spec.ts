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
import { until } from '../../../../test/support/ssh-wait';
import { affected, queryOne } from '../../../kernel/database/rows';
import { quoted } from '../../../kernel/sentences/sentences';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { ChangeAction, ChangeOutcome } from '../actions/change-action';
import type { ActionOutcome, ReadAction } from '../actions/job-action';
import type { JobRecord } from '../job-record';

const NAME = 'poison_reading';
let database: TestDatabase;
let p: JobsProcess;
let machines: FakeMachines;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  machines = new FakeMachines();
});
afterEach(async () => {
  machines.restore();
  await p.close();
  const source = await database.dataSource();
  for (const table of ['machine_locks', 'action_requests', 'machines']) await source.query(`DELETE FROM ${table}`);
});

const poison = (): never => {
  throw new Error('a fault of the program');
};

async function start(action: ReadAction<object> | ChangeAction<object>): Promise<void> {
  p = await JobsProcess.open(database.url, [fakeAction(), action]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  p.detached.machines = machines;
  p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  p.work();
}

const document = { kind: READING, status: 'ok', payload: {}, important: {} } as const;
const broken = (outcome: ActionOutcome): ReadAction<object> => fakeAction({ name: NAME, outcome: () => outcome });

/** Machines that do not answer, after which its action is asked what a part of the answer means. */
const half = (): Promise<never> => {
  const error = new SshError('timeout_progress', 'run');
  error.partial = answer({ look: 'half' });
  return Promise.reject(error);
};

/** It has ended, once, as a dead letter of this class; its machine is free and has this error, and nothing else has suffered. */
async function expectDead(job: JobRecord, errorKind: string, ofMachine: string | null = errorKind): Promise<void> {
  expect(job).toMatchObject({ status: 'error', errorKind, attempt: 1, phase: null, deadLetter: { open: true } });
  expect(job.steps.filter(({ status }) => status === 'running' || status === 'waiting')).toEqual([]);
  expect(await p.count('machine_locks')).toBe(0);
  const state = 'SELECT running_job_id, last_error_kind FROM machine_state WHERE machine_id = $1';
  const expected = { running_job_id: null, last_error_kind: ofMachine };
  expect(await queryOne(p.dataSource, state, [job.machineId])).toEqual(expected);
  expect((await p.lettersReader.page({}, { limit: 10 })).items.map(({ id }) => id)).toEqual([job.id]);
  for (const machineId of [job.machineId, await p.machine('another')])
    expect(await p.ended((await p.enqueue(machineId)).id)).toMatchObject({ status: 'ok' });
}

describe('a reading job ends as a dead letter when its action always throws', () => {
  it.each<[string, ReadAction<object>, string]>([
    ['as its script is built', Object.assign(fakeAction({ name: NAME }), { script: poison }), 'internal_error'],
    [
      'as its script is looked for',
      Object.assign(fakeAction({ name: NAME }), { script: () => ({ file: '/nowhere.sh' }) }),
      'internal_error',
    ],
    ['as its answer is read', Object.assign(fakeAction({ name: NAME }), { collect: poison }), 'internal_error'],
    [
      'as its rows are stored',
      broken({ status: 'ok', document, store: () => Promise.reject(new Error('no')) }),
      'internal_error',
    ],
    [
      'as the database refuses its rows',
      broken({
        status: 'ok',
        document,
        store: async (tx) => {
          await affected(tx.manager, 'UPDATE machines SET name = NULL');
        },
      }),
      'internal_error',
    ],
    [
      'as its document breaks its contract',
      broken({ status: 'ok', document: { ...document, kind: 'no_contract' } }),
      'contract_unknown',
    ],
  ])('%s', async (_at, action, errorKind) => {
    await start(action);
    const { id } = await p.enqueue(await p.machine(), { action: NAME });
    await expectDead(await p.ended(id), errorKind);
    expect(await p.count('snapshots', 'source_job_id = $1', [id])).toBe(0);
    expect(p.events.published.filter(({ jobId }) => jobId === id).map(({ type }) => type)).toEqual(['job_failed']);
  });

  it('as half an answer is read: what broke it is what is told', async () => {
    await start(Object.assign(fakeAction({ name: NAME }), { collect: poison }));
    const machineId = await p.machine();
    p.remote.on(machineId, half);
    const job = await p.ended((await p.enqueue(machineId, { action: NAME })).id);
    p.remote.on(machineId, () => answer({ look: 'whole' }));
    await expectDead(job, 'timeout_progress');
  });

  it('and also when whoever listens to ends of jobs throws at each: it is ended without them', async () => {
    await start(fakeAction({ name: NAME }));
    const { handler } = p.events;
    p.events.handler = poison;
    const job = await p.ended((await p.enqueue(await p.machine(), { action: NAME })).id);
    p.events.handler = handler;
    await expectDead(job, 'internal_error');
    expect(p.events.published.filter(({ jobId }) => jobId === job.id)).toEqual([]);
  });

  it('and by the sweep too, which goes on with the others', async () => {
    p = await JobsProcess.open(database.url, [fakeAction({ maxAttempts: 1 })]);
    const jobs: string[] = [];
    for (const name of ['poison', 'other']) {
      jobs.push((await p.enqueue(await p.machine(name))).id);
      await p.takeOne('dead worker');
    }
    for (const id of jobs) await p.expire(id);
    const { handler } = p.events;
    p.events.handler = (event, tx) =>
      event.jobId === jobs[0] ? poison() : (handler?.(event, tx) ?? Promise.resolve());
    await p.sweepUntil('both are closed', async () => (await p.count('jobs', `status = 'running'`)) === 0);
    for (const id of jobs)
      expect(await p.job(id)).toMatchObject({ status: 'error', errorKind: 'worker_lost', deadLetter: { open: true } });
    expect(p.events.published.map(({ jobId }) => jobId)).toEqual([jobs[1]]);
    expect(await p.count('machine_locks')).toBe(0);
  }, 60_000);
});

describe('a planning job ends as a dead letter when its change always throws', () => {
  it.each<[string, Partial<ChangeAction<object>>, string]>([
    ['as its script is built', { planScript: poison }, 'internal_error'],
    ['as the plan is made', { plan: poison }, 'internal_error'],
  ])('%s', async (_at, more, errorKind) => {
    await start(Object.assign(fakeChange(), more));
    const { id } = await p.enqueue(await p.machine(), { action: `${CHANGE}_plan` });
    await expectDead(await p.ended(id), errorKind, null);
    expect(await p.count('action_requests')).toBe(0);
  });
});

describe('a change ends as a dead letter, its run on the machine untouched, when its action always throws', () => {
  const outcome = (more: Partial<ChangeOutcome>) => (): ChangeOutcome => ({
    status: 'ok',
    result: {},
    important: {},
    summary: quoted('changed'),
    ...more,
  });
  const aftermath = (more: object) => ({
    aftermath: {
      step: 'act',
      patienceSeconds: () => 600,
      script: () => ({ file: __filename }),
      settled: () => true,
      lost: outcome({}),
      ...more,
    },
  });

  it.each<[string, Partial<ChangeAction<object>>]>([
    ['as its script is built', { script: poison }],
    ['as its collecting script is built', { collectScript: poison }],
    ['as its collecting script is looked for', { collectScript: () => ({ file: '/nowhere.sh' }) }],
    ['as the evidence is read', { collect: poison }],
    ['as its rows are stored', { collect: outcome({ store: () => Promise.reject(new Error('no')) }) }],
    ['as its effect is looked for', aftermath({ script: poison })],
    ['as it is told whether its effect is there', aftermath({ settled: poison })],
  ])('%s', async (_at, more) => {
    await start(Object.assign(fakeChange(), more));
    const machineId = await p.machine();
    const { requestId } = await p.ended((await p.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
    const digest = (await p.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
    const { id } = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
    if (!('script' in more)) {
      await until('the run begins', () => machines.runs.has(id));
      machines.end(id);
    }
    const job = await p.ended(id);
    await expectDead(job, 'internal_error', 'script' in more ? null : 'internal_error');
    // What may have changed the machine is looked at, not begun again.
    expect(job.errorMessage).toMatch(
      'script' in more ? /while it worked on this job/ : /was changed, or may have been/,
    );
    expect(job.errorAction).toMatch('script' in more ? /^Start it again/ : /^Analyse the machine/);
    expect(machines.runs.get(id)?.starts ?? 0).toBe('script' in more ? 0 : 1);
    const execution = 'SELECT status, error_kind FROM executions WHERE id = $1';
    expect(await queryOne(p.dataSource, execution, [id])).toEqual({ status: 'error', error_kind: 'internal_error' });
    // Of what was never started on the machine nothing was carried out.
    const became = 'script' in more ? 'expired' : 'executed';
    expect(await p.requestsReader.find(requestId ?? '')).toMatchObject({ status: became });
  });

  it('but goes on where only its progress cannot be read', async () => {
    await start(Object.assign(fakeChange(), { progress: poison }));
    const machineId = await p.machine();
    const { requestId } = await p.ended((await p.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
    const digest = (await p.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
    const { id } = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
    await until('the run begins', () => machines.runs.has(id));
    machines.tell(id, 'act 10 a');
    machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'ok', deadLetter: null });
    expect(machines.fences).toHaveLength(1);
  });
});
