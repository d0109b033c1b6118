import { Logger } from '@nestjs/common';
import { person } from '../../../../test/support/deciders';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeChange } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { originOf, type RequestOrigin } from '../../../kernel/audit/request-origin';
import { newId } from '../../../kernel/database/ids';
import { queryOne } from '../../../kernel/database/rows';
import { planDigest } from '../contracts/action-plan';
import type { RequestWithPlan } from './request-record';

const anna = person('Anna');
const ben = person('Ben');
const cleo = person('Cleo');
const LINES = ['machine m', 'upgrade a 1 2'];

let database: TestDatabase;
let p: JobsProcess;
const open: JobsProcess[] = [];

async function start(): Promise<JobsProcess> {
  const started = await JobsProcess.open(database.url, [fakeChange()]);
  started.contracts.register(CHANGE_PLAN_CONTRACT);
  started.remote.otherwise(() => answer({ look: LINES.join('\n') }));
  open.push(started);
  return started;
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});
beforeEach(async () => {
  p = await start();
});
afterEach(async () => {
  for (const process of open.splice(0)) await process.close();
});
afterAll(() => database.drop());

/** Planned by Anna, by a worker that has gone. */
async function asked(machineId?: string): Promise<RequestWithPlan> {
  const planner = await start();
  planner.work();
  const on = machineId ?? (await p.machine());
  const { id } = await planner.enqueue(on, { action: `${CHANGE}_plan`, requestedBy: anna.actor });
  const { requestId } = await planner.ended(id);
  await planner.close();
  open.splice(open.indexOf(planner), 1);
  return request(requestId ?? '');
}

async function request(id: string): Promise<RequestWithPlan> {
  const found = await p.requestsReader.find(id);
  if (found === null) throw new Error('there is no request');
  return found;
}

const confirm = ({ id, planDigest: digest }: RequestWithPlan, by: RequestOrigin) =>
  p.requests.confirm(id, { digest: digest ?? '', accepted: [] }, by);
const changes = (machineId: string) => p.count('jobs', 'kind = $1 AND machine_id = $2', [CHANGE, machineId]);
/** Past the program, as an intruder: its own statements fill no document by hand. */
const sql = async (text: string, ...params: unknown[]): Promise<void> => {
  const [, touched] = await p.dataSource.query<[unknown, number]>(text, params);
  expect(touched).toBe(1);
};

const OTHER_LINES = `'["machine m","upgrade a 1 3"]'`;
const OTHER_DIGEST = planDigest(['machine m', 'upgrade a 1 3']);
/** What somebody with a way into the database may try; `$1` is the request. */
const EDITS: readonly (readonly [string, string])[] = [
  [
    'the parameters',
    `UPDATE action_requests SET payload_json = jsonb_set(payload_json, '{parameters,deep}', 'true') WHERE id = $1`,
  ],
  ['the action', `UPDATE action_requests SET action = 'other_change' WHERE id = $1`],
  ['who asked', `UPDATE action_requests SET requested_by_id = 'somebody' WHERE id = $1`],
  ['the risk', `UPDATE action_requests SET risk = 'none' WHERE id = $1`],
  ['the time that it is valid', `UPDATE action_requests SET expires_at = expires_at + interval '1 day' WHERE id = $1`],
  ['the digest of the request', `UPDATE action_requests SET plan_digest = '${OTHER_DIGEST}' WHERE id = $1`],
  ['the seal of the request', `UPDATE action_requests SET seal = NULL WHERE id = $1`],
  [
    'the lines',
    `UPDATE action_request_targets SET plan_json = jsonb_set(plan_json, '{lines}', ${OTHER_LINES}) WHERE request_id = $1`,
  ],
  [
    'the lines with their digest',
    `UPDATE action_request_targets SET plan_json = jsonb_set(plan_json, '{lines}', ${OTHER_LINES}), plan_digest = '${OTHER_DIGEST}' WHERE request_id = $1`,
  ],
  [
    'the consequences',
    `UPDATE action_request_targets SET plan_json = jsonb_set(plan_json, '{summary}', '"nothing much"') WHERE request_id = $1`,
  ],
  [
    'the digest of the target',
    `UPDATE action_request_targets SET plan_digest = '${OTHER_DIGEST}' WHERE request_id = $1`,
  ],
  ['the seal of the target', `UPDATE action_request_targets SET seal = NULL WHERE request_id = $1`],
];

const FORGED_JOB = `
  INSERT INTO jobs (id, kind, machine_id, status, phase, created_at, timeout_seconds, max_attempts, request_id,
    requested_by_type, requested_by_id, requested_by_name, payload_json)
  SELECT $1, kind, $3, 'queued', 'waiting', created_at, timeout_seconds, max_attempts, $4,
    requested_by_type, requested_by_id, requested_by_name, payload_json FROM jobs WHERE id = $2`;
const FORGED_DECISION = `
  UPDATE action_requests r SET status = 'approved', approved_at = o.approved_at, approved_by = o.approved_by,
    decided_by_id = o.decided_by_id, decision_session_id = o.decision_session_id
  FROM action_requests o WHERE r.id = $1 AND o.id = $2`;
const FORGED_TARGET = `
  UPDATE action_request_targets t SET job_id = $2, decision_seal = o.decision_seal
  FROM action_request_targets o WHERE t.request_id = $1 AND o.request_id = $3`;

describe('what was asked for', () => {
  it.each(EDITS)('is not confirmed once %s was edited', async (_what, edit) => {
    const { id, machineId } = await asked();
    await sql(edit, id);
    // Whoever confirms sees what stands there now.
    await expect(confirm(await request(id), ben)).rejects.toMatchObject({ code: 'request_altered', status: 409 });
    expect(await request(id)).toMatchObject({ status: 'pending', decidedBy: null });
    expect(await changes(machineId ?? '')).toBe(0);
  });

  it('is not confirmed for another machine, nor for one more', async () => {
    const moved = await asked();
    const other = await p.machine('other');
    await sql('UPDATE action_request_targets SET machine_id = $2 WHERE request_id = $1', moved.id, other);
    await expect(confirm(await request(moved.id), ben)).rejects.toMatchObject({ code: 'request_altered' });
    expect(await changes(other)).toBe(0);
    const grown = await asked(await p.machine('beta'));
    await p.dataSource.query(
      `INSERT INTO action_request_targets (request_id, machine_id, status, plan_digest, plan_json, seal)
       SELECT request_id, $2, status, plan_digest, plan_json, seal FROM action_request_targets WHERE request_id = $1`,
      [grown.id, other],
    );
    await expect(p.transactions.run((tx) => p.seals.intact(tx, grown.id))).resolves.toBe(false);
  });

  const LATE = EDITS.filter(([what]) => /parameters|action|lines|digest|consequences|seal of the target/.test(what));
  it.each([
    ...LATE,
    [
      'the parameters of the job',
      `UPDATE jobs SET payload_json = jsonb_set(payload_json, '{parameters,deep}', 'true') WHERE request_id = $1 AND kind = '${CHANGE}'`,
    ],
    ['the decision', `UPDATE action_requests SET status = 'rejected' WHERE id = $1`],
    ['who decided', `UPDATE action_requests SET approved_by = 'Cleo', decided_by_id = 'cleo' WHERE id = $1`],
    ['when it was decided', `UPDATE action_requests SET approved_at = approved_at - interval '1 day' WHERE id = $1`],
    ['the session of the decision', `UPDATE action_requests SET decision_session_id = 'other' WHERE id = $1`],
    ['the seal of the decision', `UPDATE action_request_targets SET decision_seal = NULL WHERE request_id = $1`],
  ] as const)('is not begun once %s was edited after the confirmation', async (_what, edit) => {
    const found = await asked();
    const job = await confirm(found, ben);
    await sql(edit, found.id);
    p.work();
    expect(await p.ended(job.id)).toMatchObject({ status: 'error', errorKind: 'request_altered' });
    // Nothing of it was carried out.
    expect((await request(found.id)).status).not.toBe('executed');
    expect(p.detached.machines.runs.size).toBe(0);
  });

  it('is not begun where nobody has decided, and the decision and its job were written by hand', async () => {
    const found = await asked();
    const real = await asked(await p.machine('beta'));
    const { id: model } = await confirm(real, ben);
    const job = newId();
    await p.dataSource.query(FORGED_JOB, [job, model, found.machineId, found.id]);
    await sql(FORGED_DECISION, found.id, real.id);
    // With the seal of another decision, which is the best that an intruder has.
    await sql(FORGED_TARGET, found.id, job, real.id);
    p.work();
    await p.sweepUntil('it ends', async () => (await p.job(job)).status === 'error');
    expect(await p.job(job)).toMatchObject({ errorKind: 'request_altered' });
    expect(p.detached.machines.runs.has(job)).toBe(false);
    await until('the real one begins', () => p.detached.machines.runs.has(model));
    p.detached.machines.end(model);
    expect(await p.ended(model)).toMatchObject({ status: 'ok' });
  });

  it('is not begun by the worker that adopts it either, and is followed where it has begun', async () => {
    const edit = EDITS[0]?.[1] ?? '';
    const found = await asked();
    const { id } = await confirm(found, ben);
    expect(await p.takeOne('dead worker')).toMatchObject({ jobId: id });
    await sql(edit, found.id);
    await p.expire(id);
    p.work();
    await p.sweepUntil('it ends', async () => (await p.job(id)).status === 'error');
    expect(await p.job(id)).toMatchObject({ errorKind: 'request_altered' });
    expect(p.detached.machines.runs.size).toBe(0);

    const begun = await asked(await p.machine('beta'));
    const job = await confirm(begun, ben);
    await until('the run begins', () => p.detached.machines.runs.has(job.id));
    await sql(edit, begun.id);
    p.detached.machines.end(job.id);
    expect(await p.ended(job.id)).toMatchObject({ status: 'ok' });
  });
});

describe('a decision', () => {
  it('is made once: of two people who confirm at the same moment one does', async () => {
    const found = await asked();
    const second = await start();
    const { id, planDigest: digest } = found;
    const given = { digest: digest ?? '', accepted: [] };
    const both = await Promise.allSettled([
      confirm(found, ben),
      second.requests.confirm(id, given, cleo),
      confirm(found, ben),
      second.requests.confirm(id, given, cleo),
    ]);
    const jobs = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []));
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect([new Set(jobs).size, jobs.length]).toEqual([1, 2]);
    const { decidedBy } = await request(id);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'request_decided', extensions: { decidedBy } });
    expect(await changes(found.machineId ?? '')).toBe(1);
  });

  it('says when, by whom, in which session and why', async () => {
    const [confirmed, rejected] = [await asked(), await asked(await p.machine('beta'))];
    const digest = confirmed.planDigest ?? '';
    await p.requests.confirm(confirmed.id, { digest, accepted: [], reason: 'the window is open' }, ben);
    for (let sent = 0; sent < 2; sent += 1) await p.requests.reject(rejected.id, 'not today', cleo);
    expect(await p.count('audit_log', `action = 'request.rejected' AND object_id = $1`, [rejected.id])).toBe(1);
    await expect(p.requests.reject(rejected.id, null, ben)).rejects.toMatchObject({ code: 'request_decided' });
    const row = (id: string) =>
      queryOne(
        p.dataSource,
        `SELECT status, approved_at IS NOT NULL AS decided, approved_by, decided_by_id, decision_session_id, decision_reason
         FROM action_requests WHERE id = $1`,
        [id],
      );
    expect(await row(confirmed.id)).toEqual({
      status: 'approved',
      decided: true,
      approved_by: 'Ben',
      decided_by_id: ben.actor.id,
      decision_session_id: 'session of Ben',
      decision_reason: 'the window is open',
    });
    expect(await row(rejected.id)).toEqual({
      status: 'rejected',
      decided: true,
      approved_by: 'Cleo',
      decided_by_id: cleo.actor.id,
      decision_session_id: 'session of Cleo',
      decision_reason: 'not today',
    });
  });

  it('is not changed by another one', async () => {
    const found = await asked();
    await p.requests.reject(found.id, null, ben);
    await expect(confirm(found, ben)).rejects.toMatchObject({ code: 'request_rejected', status: 409 });
    await expect(p.requests.withdraw(found.id, null, anna)).rejects.toMatchObject({ code: 'request_decided' });
    const other = await asked(await p.machine('beta'));
    await confirm(other, ben);
    await expect(p.requests.reject(other.id, null, ben)).rejects.toMatchObject({
      code: 'request_decided',
      status: 409,
      detail: 'Ben decided already whether this plan is carried out.',
    });
  });

  it.each(['system', 'schedule', 'hermes', 'api_client', 'external'] as const)('is never made by %s', async (type) => {
    const found = await asked();
    // Whatever session it may have got hold of.
    const by: RequestOrigin = { ...ben, actor: { type, id: newId(), name: 'it' } };
    const refusal = { code: 'person_needed', status: 403 };
    await expect(confirm(found, by)).rejects.toMatchObject(refusal);
    await expect(p.requests.reject(found.id, null, by)).rejects.toMatchObject(refusal);
    await expect(p.requests.withdraw(found.id, null, by)).rejects.toMatchObject(refusal);
    expect((await request(found.id)).status).toBe('pending');
  });

  it('is never made for a person without a session of their own', async () => {
    const found = await asked();
    await expect(confirm(found, originOf(ben.actor))).rejects.toMatchObject({ code: 'person_needed' });
    expect(await changes(found.machineId ?? '')).toBe(0);
  });
});

describe('a request', () => {
  it('is withdrawn by whoever asked for it alone, and is rejected then', async () => {
    const { id } = await asked();
    await expect(p.requests.withdraw(id, null, ben)).rejects.toMatchObject({ code: 'not_the_asker', status: 403 });
    expect(await p.requests.withdraw(id, 'not needed', anna)).toMatchObject({
      status: 'rejected',
      decidedBy: 'Anna',
      decisionReason: 'not needed',
    });
    // Once more, because the answer was lost: the same answer, and nothing is written twice.
    expect(await p.requests.withdraw(id, null, anna)).toMatchObject({
      status: 'rejected',
      decisionReason: 'not needed',
    });
    expect(await p.count('audit_log', `action = 'request.withdrawn' AND object_id = $1`, [id])).toBe(1);
  });

  it('that has expired is planned again with its parameters, and stays expired', async () => {
    p.work();
    const machineId = await p.machine();
    const job = await p.enqueue(machineId, { action: `${CHANGE}_plan`, parameters: { deep: true } });
    const id = (await p.ended(job.id)).requestId ?? '';
    await sql(`UPDATE action_requests SET status = 'expired' WHERE id = $1`, id);
    const again = await p.requests.clone(id, cleo);
    const planning = 'job' in again ? again.job.id : '';
    const fresh = await request((await p.ended(planning)).requestId ?? '');
    expect(fresh).toMatchObject({ status: 'pending', requestedBy: cleo.actor, plan: { parameters: { deep: true } } });
    expect(fresh.id).not.toBe(id);
    expect(await request(id)).toMatchObject({ status: 'expired' });
    await expect(confirm(await request(id), ben)).rejects.toMatchObject({ code: 'plan_expired' });
  });
});
