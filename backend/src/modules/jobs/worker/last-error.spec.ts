import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import { FakeMachines } from '../../../../test/support/fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { queryOne } from '../../../kernel/database/rows';
import { quoted } from '../../../kernel/sentences/sentences';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { ChangeOutcome, FinishedChange } from '../actions/change-action';
import type { ActionOutcome } from '../actions/job-action';

const PLAN = `${CHANGE}_plan`;
const refusal = { kind: 'mode_refused', message: quoted('Not in this mode.'), action: null };
const broke = (kind: string) => ({ kind, message: quoted(`It ${kind}.`) });

let database: TestDatabase;
let machines: FakeMachines;
let p: JobsProcess;
/** What the change makes of its end. */
let collected: (run: FinishedChange) => Partial<ChangeOutcome>;
let refused: boolean;
/** What the reading makes of its end; null: all is well. */
let read: () => ActionOutcome | null;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  [collected, refused] = [() => ({}), false];
  machines = new FakeMachines();
  const change = fakeChange();
  const plan = change.plan.bind(change);
  const collect = change.collect.bind(change);
  change.plan = (run, context) => (refused ? { kind: 'failed', failure: refusal } : plan(run, context));
  change.collect = (run, context) => Object.assign(collect(run, context), collected(run));
  read = () => null;
  const look = fakeAction();
  const well = look.collect.bind(look);
  look.collect = (run, context) => read() ?? well(run, context);
  p = await JobsProcess.open(database.url, [look, change]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  p.detached.machines = machines;
  p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  p.work();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await p.close();
});

/** @returns the job that carries a plan out */
async function confirmed(machineId: string): Promise<string> {
  const { requestId } = await p.ended((await p.enqueue(machineId, { action: PLAN })).id);
  if (requestId === null) throw new Error('there is no plan');
  const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
  return (await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson)).id;
}

async function lastError(machineId: string): Promise<string | null> {
  const sql = `SELECT last_error_kind AS kind, last_error_action AS action FROM machine_state WHERE machine_id = $1`;
  const found = await queryOne<{ kind: string | null; action: string | null }>(p.dataSource, sql, [machineId]);
  return found?.kind == null ? null : `${found.kind} ${found.action ?? '-'}`;
}

describe('the last error of a machine after a job', () => {
  it.each<[string, Parameters<FakeMachines['end']>[1], Partial<ChangeOutcome>, string | null]>([
    ['began and did not end well', 'ended', {}, `broke ${CHANGE}`],
    ['was cut off', 'interrupted', {}, `broke ${CHANGE}`],
    ['found another machine than was planned for', 'drifted', {}, null],
    ['was refused before it changed anything', 'ended', { untouched: true }, null],
  ])('is that of a change only where something was changed: one that %s', async (_what, ending, more, expected) => {
    const error = { kind: 'broke', message: quoted('It broke.') };
    collected = () => ({ status: 'error', error, ...more });
    const machineId = await p.machine();
    const id = await confirmed(machineId);
    await until('the run begins', () => machines.runs.has(id));
    machines.end(id, ending);
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'broke' });
    expect(await lastError(machineId)).toBe(expected);
  });

  it('of a change stands besides those that the same run met, and the run is known', async () => {
    const [error, further] = [broke('broke'), broke('burned')];
    collected = () => ({ status: 'error', error, furtherErrors: [further] });
    const machineId = await p.machine();
    const id = await confirmed(machineId);
    await until('the run begins', () => machines.runs.has(id));
    machines.end(id, 'ended');
    await p.ended(id);
    expect(await lastError(machineId)).toBe(`broke ${CHANGE}`);
    const sql = 'SELECT kind, job_id AS job FROM machine_errors WHERE machine_id = $1 ORDER BY place';
    expect(await p.dataSource.query(sql, [machineId])).toEqual([
      { kind: 'burned', job: id },
      { kind: 'broke', job: id },
    ]);
  });

  it('is none of a change that never began because another is at work', async () => {
    const machineId = await p.machine();
    const openSession = p.detached.open.bind(p.detached);
    jest.spyOn(p.detached, 'open').mockImplementation(async (visit) => ({
      ...(await openSession(visit)),
      start: async () => Promise.resolve({ outcome: { kind: 'busy', holder: null }, state: {} as never }),
    }));
    const id = await confirmed(machineId);
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'machine_busy' });
    expect(await lastError(machineId)).toBeNull();
  });

  it('is none of a plan that fails for a reason of its own', async () => {
    refused = true;
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId, { action: PLAN });
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'mode_refused' });
    expect(await lastError(machineId)).toBeNull();
  });

  it('of a change that failed comes back once the connection is well again', async () => {
    collected = () => ({ status: 'error', error: { kind: 'broke', message: quoted('It broke.') } });
    const machineId = await p.machine();
    const id = await confirmed(machineId);
    await until('the run begins', () => machines.runs.has(id));
    machines.end(id, 'ended');
    await p.ended(id);
    p.remote.on(machineId, () => Promise.reject(new SshError('sudo_password', 'sudo')));
    await p.ended((await p.enqueue(machineId, { action: PLAN })).id);
    expect(await lastError(machineId)).toBe('sudo_password -');
    p.remote.on(machineId, () => answer({ look: '' }));
    await p.ended((await p.enqueue(machineId)).id);
    expect(await lastError(machineId)).toBe(`broke ${CHANGE}`);
  });

  it('of a change is not settled by a good end of it whose outcome tells that itself', async () => {
    const machineId = await p.machine();
    const run = async (more: Partial<ChangeOutcome>): Promise<void> => {
      collected = () => more;
      const id = await confirmed(machineId);
      await until('the run begins', () => machines.runs.has(id));
      machines.end(id, 'ended');
      await p.ended(id);
    };
    await run({ status: 'error', error: { kind: 'broke', message: quoted('It broke.') } });
    await run({ status: 'ok', settlesByStore: true });
    expect(await lastError(machineId)).toBe(`broke ${CHANGE}`);
    await run({ status: 'ok' });
    expect(await lastError(machineId)).toBeNull();
  });

  it('of a reading is not settled by a good end of it whose outcome tells that itself, and it names what it is about', async () => {
    const machineId = await p.machine();
    const further = { ...broke('broke'), subject: 'gamma' };
    const ends = async (outcome: ActionOutcome): Promise<unknown> => {
      read = () => outcome;
      await p.ended((await p.enqueue(machineId)).id);
      const sql = 'SELECT kind, subject FROM machine_errors WHERE machine_id = $1 ORDER BY place';
      return p.dataSource.query(sql, [machineId]);
    };
    const both = ['gamma', 'beta'].map((subject) => ({ kind: 'broke', subject }));
    const error = { ...broke('broke'), subject: 'beta' };
    expect(await ends({ status: 'error', error, furtherErrors: [further] })).toEqual(both);
    expect(await ends({ status: 'ok', settlesByStore: true })).toEqual(both);
    expect(await ends({ status: 'ok' })).toEqual([]);
  });

  it('is that of the connection whoever met it, until anything goes well', async () => {
    const machineId = await p.machine();
    p.remote.on(machineId, () => Promise.reject(new SshError('sudo_password', 'sudo')));
    expect(await p.ended((await p.enqueue(machineId, { action: PLAN })).id)).toMatchObject({ status: 'error' });
    expect(await lastError(machineId)).toBe('sudo_password -');
    p.remote.on(machineId, () => answer({ look: '' }));
    expect(await p.ended((await p.enqueue(machineId)).id)).toMatchObject({ status: 'ok' });
    expect(await lastError(machineId)).toBeNull();
  });
});
