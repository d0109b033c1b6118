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
import type { Transaction } from '../../../kernel/database/transaction';
import { quoted } from '../../../kernel/sentences/sentences';
import type { ChangeOutcome } from '../actions/change-action';
import { Outcomes } from './outcomes';

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

/** A change that is at work. @param store what stores its result */
async function begun(store: (tx: Transaction) => Promise<void> = () => Promise.resolve()) {
  const outcome: ChangeOutcome = { status: 'ok', result: {}, important: {}, summary: quoted('changed'), store };
  const change = Object.assign(fakeChange({ followUps: [{ action: READING, parameters: {} }] }), {
    collect: () => outcome,
  });
  p = await JobsProcess.open(database.url, [fakeAction(), change]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  p.detached.machines = machines;
  p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  return p;
}

async function confirmed(): Promise<{ id: string; machineId: string }> {
  const machineId = await p.machine();
  const { requestId } = await p.ended((await p.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
  const digest = (await p.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
  const { id } = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
  await until('the run begins', () => machines.runs.has(id));
  return { id, machineId };
}

const raise = (tx: Transaction, state: string): Promise<unknown> =>
  affected(tx.manager, `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${state}'; END $$`, []);
const stored = (id: string) =>
  queryOne(p.dataSource, 'SELECT status, result_json IS NOT NULL AS result FROM executions WHERE id = $1', [id]);

describe('the result of a change that the database refuses for a while', () => {
  it('is stored when whoever held its machine lets it go', async () => {
    await begun();
    p.work();
    const { id, machineId } = await confirmed();
    const holder = p.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT id FROM machines WHERE id = $1 FOR NO KEY UPDATE', [machineId]);
    const tries = jest.spyOn(Outcomes.prototype, 'write');
    machines.end(id);
    await until('it is tried again', () => tries.mock.calls.length > 1, 30_000);
    tries.mockRestore();
    await holder.rollbackTransaction();
    await holder.release();
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    expect(await stored(id)).toEqual({ status: 'ok', result: true });
  });

  it.each(['53100', '53200', '58030', '57014'])('is stored when it takes it again: %s', async (state) => {
    let refusals = 2;
    await begun(async (tx) => {
      refusals -= 1;
      if (refusals >= 0) await raise(tx, state);
    });
    p.work();
    const { id } = await confirmed();
    machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    expect(await stored(id)).toEqual({ status: 'ok', result: true });
  });

  it('is collected again by another worker where it takes longer than anybody waits', async () => {
    let full = true;
    await begun(async (tx) => {
      if (full) await raise(tx, '53100');
    });
    const worker = p.work({ outcomePatienceMs: 500, renewEveryMs: 200 });
    const { id } = await confirmed();
    machines.end(id);
    await until('it is given up', () => worker.running === 0);
    expect(await p.job(id)).toMatchObject({ status: 'running' });
    await worker.stop();
    full = false;
    await affected(p.dataSource, `UPDATE machine_locks SET expires_at = now() - interval '1 minute'`, []);
    p.work({ sweepEveryMs: 200 });
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    expect(await stored(id)).toEqual({ status: 'ok', result: true });
  });

  it('ends as a failure where its statements never come to an end in time', async () => {
    await begun((tx) => raise(tx, '57014').then(() => undefined));
    p.work({ outcomePatienceMs: 500 });
    const { id, machineId } = await confirmed();
    machines.end(id);
    const job = await p.ended(id);
    expect(job).toMatchObject({ status: 'error', errorKind: 'internal_error' });
    expect(job.errorMessage).toContain('was changed, or may have been');
    expect(job.errorAction).toMatch(/^Analyse the machine/);
    // What it did is looked for at once: nothing else tells of it.
    const looked = await p.count('jobs', 'machine_id = $1 AND kind = $2', [machineId, READING]);
    expect(looked).toBe(1);
  });
});
