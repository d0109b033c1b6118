import { Logger } from '@nestjs/common';
import { person } from '../../../../test/support/deciders';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeChange, fakePlan } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import type { Actor } from '../../../kernel/auth/actor';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';
import { quoted } from '../../../kernel/sentences/sentences';
import type { PlanOutcome } from '../actions/change-action';
import { planDigest } from '../contracts/action-plan';
import type { RequestWithPlan } from './request-record';

const anna: Actor = { type: 'user', id: newId(), name: 'Anna' };
const ben = person('Ben');

let database: TestDatabase;
let p: JobsProcess;
/** What the next plans say; null: what the machine printed, line by line. */
let planned: PlanOutcome | null = null;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});

beforeEach(async () => {
  planned = null;
  p = await JobsProcess.open(database.url, [
    fakeChange({
      planned: ({ sections }) => planned ?? fakePlan((sections.get('look')?.stdout ?? '').split('\n')),
    }),
  ]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
});

afterEach(async () => {
  await p.close();
});

afterAll(async () => {
  await database.drop();
});

/** Plans on the machine, as it answers. @returns the id of the request, if the planning job left one */
async function plan(machineId: string, look: string, parameters = {}): Promise<string | null> {
  p.remote.on(machineId, () => answer({ look }));
  if (p.remote.began.length === 0) p.work();
  const job = await p.enqueue(machineId, { action: `${CHANGE}_plan`, parameters, requestedBy: anna });
  const ended = await p.ended(job.id);
  expect(ended).toMatchObject({ status: 'ok' });
  return ended.requestId;
}

async function request(id: string | null): Promise<RequestWithPlan> {
  const found = id === null ? null : await p.requestsReader.find(id);
  if (found === null) throw new Error('there is no request');
  return found;
}

const confirm = (id: string, digest: string, accepted: string[] = []) =>
  p.requests.confirm(id, { digest, accepted }, ben);

describe('a plan', () => {
  it('becomes a request with the digest of its sorted lines', async () => {
    const machineId = await p.machine();
    const id = await plan(machineId, 'upgrade b 1 2\nupgrade a 1 2\nupgrade b 1 2', { deep: true });
    const found = await request(id);
    expect(found).toMatchObject({
      action: CHANGE,
      machineId,
      status: 'pending',
      risk: 'low',
      summary: 'things will change',
      requestedBy: anna,
      decidedAt: null,
      jobId: null,
      plan: { parameters: { deep: true }, lines: ['upgrade a 1 2', 'upgrade b 1 2'] },
      unreadable: [],
    });
    // printf 'upgrade a 1 2\nupgrade b 1 2\n' | sha256sum
    expect(found.planDigest).toBe('c7fb56f8e4c306c815e154b16815e91262fd8bb2a6c23c91a9ce262041221b1a');
    expect(Number(found.expiresAt) - Number(found.createdAt)).toBe(600_000);
    expect(await p.job(text(found.planJobId))).toMatchObject({ requestId: id });
  });

  it('replaces the one that waited, and tells the difference to it', async () => {
    const machineId = await p.machine();
    const first = await plan(machineId, 'upgrade a 1 2\nupgrade b 1 2');
    const second = await plan(machineId, 'upgrade a 1 3\nupgrade b 1 2');
    expect(await request(first)).toMatchObject({ status: 'expired', decisionReason: 'Replaced by a newer plan.' });
    const found = await request(second);
    expect(found.status).toBe('pending');
    expect(await p.requestsReader.sinceLastPlan(found)).toMatchObject({
      requestId: first,
      requestedBy: { name: 'Anna' },
      same: 1,
      added: ['upgrade a 1 3'],
      missing: ['upgrade a 1 2'],
    });
    expect(await p.requestsReader.sinceLastPlan(await request(first))).toBeNull();
  });

  it('of nothing asks for nothing, and ends the one that waited', async () => {
    const machineId = await p.machine();
    const first = await plan(machineId, 'upgrade a 1 2');
    planned = { kind: 'nothing', summary: quoted('nothing to do') };
    expect(await plan(machineId, '')).toBeNull();
    expect(await request(first)).toMatchObject({ status: 'expired' });
  });

  it('that failed ends the job with its class and asks for nothing', async () => {
    const machineId = await p.machine();
    planned = { kind: 'failed', failure: { kind: 'apt_lock_busy', message: quoted('busy'), action: null } };
    p.remote.on(machineId, () => answer({ look: '' }));
    p.work();
    const job = await p.enqueue(machineId, { action: `${CHANGE}_plan`, requestedBy: anna });
    expect(await p.ended(job.id)).toMatchObject({ status: 'error', errorKind: 'apt_lock_busy', requestId: null });
    expect(await p.count('action_requests', 'machine_id = $1', [machineId])).toBe(0);
  });

  it.each([
    ['lines that no machine could sort alike', ['upgrade é 1 2']],
    ['no line', []],
  ])('with %s is not kept', async (_what, lines) => {
    const machineId = await p.machine();
    planned = fakePlan(lines);
    p.remote.on(machineId, () => answer({ look: '' }));
    p.work();
    const job = await p.enqueue(machineId, { action: `${CHANGE}_plan`, requestedBy: anna });
    expect(await p.ended(job.id)).toMatchObject({ status: 'error', errorKind: 'contract_mismatch' });
    expect(await p.count('action_requests', 'machine_id = $1', [machineId])).toBe(0);
  });
});

describe('a confirmation', () => {
  it('is needed: a change cannot be started without', async () => {
    const machineId = await p.machine();
    await expect(p.enqueue(machineId, { action: CHANGE })).rejects.toMatchObject({
      code: 'plan_needed',
      status: 409,
      action: `Start ${CHANGE}_plan, look at the plan that it makes, and confirm that.`,
    });
    await expect(
      p.service.enqueueMany({ action: CHANGE, machineIds: [machineId], requestedBy: anna }),
    ).rejects.toMatchObject({ code: 'plan_needed' });
  });

  it('queues one job, whoever asks how often, with the parameters of the plan', async () => {
    const machineId = await p.machine();
    const id = text(await plan(machineId, 'upgrade a 1 2', { deep: true }));
    const digest = planDigest(['upgrade a 1 2']);
    const [first, second] = await Promise.all([confirm(id, digest), confirm(id, digest)]);
    expect(first).toMatchObject({ kind: CHANGE, machineId, requestId: id, maxAttempts: 1, requestedBy: ben.actor });
    expect(second.id).toBe(first.id);
    expect((await confirm(id, digest)).id).toBe(first.id);
    expect(await p.count('jobs', 'kind = $1 AND machine_id = $2', [CHANGE, machineId])).toBe(1);
    const [row] = await queryRows<{ payload_json: unknown }>(
      p.dataSource,
      'SELECT payload_json FROM jobs WHERE id = $1',
      [first.id],
    );
    expect(row?.payload_json).toEqual({ schema_version: 1, parameters: { deep: true } });
    expect(await request(id)).toMatchObject({
      status: 'approved',
      decidedBy: 'Ben',
      decidedById: ben.actor.id,
      jobId: first.id,
    });
    expect(await p.confirmed.forJob(first.id)).toEqual({
      requestId: id,
      planLines: ['upgrade a 1 2'],
      planDigest: digest,
      details: { schema_version: 1, seen: 'upgrade a 1 2' },
      intact: true,
    });
    const audit = await queryRows<{ actor_name: string; details_json: object }>(
      p.dataSource,
      `SELECT actor_name, details_json FROM audit_log WHERE action = 'request.confirmed' AND object_id = $1`,
      [id],
    );
    expect(audit).toEqual([
      {
        actor_name: 'Ben',
        details_json: {
          schema_version: 1,
          action: CHANGE,
          plan_digest: digest,
          accepted: [],
          job_id: first.id,
          reason: null,
          session_id: 'session of Ben',
        },
      },
    ]);
  });

  it.each(['digest', 'consequence', 'check', 'time', 'rejection'])(
    'is refused for its %s, and changes nothing',
    async (why) => {
      const machineId = await p.machine();
      planned = fakePlan(['remove a 1 -'], {
        consequences: [{ code: 'removals', sentence: quoted('a is removed.') }],
        checks: [
          { code: 'dpkg', verdict: why === 'check' ? 'blocked' : 'ok', sentence: quoted('x'), action: quoted('do y') },
        ],
      });
      const id = text(await plan(machineId, ''));
      const digest = planDigest(['remove a 1 -']);
      if (why === 'time') await overdue(id);
      if (why === 'rejection') await p.requests.reject(id, 'not today', ben);
      const given = why === 'digest' ? planDigest(['remove b 1 -']) : digest;
      await expect(confirm(id, given, why === 'consequence' ? ['other'] : ['removals'])).rejects.toMatchObject(
        {
          digest: { code: 'digest_differs', status: 409 },
          consequence: { code: 'consequences_not_accepted', status: 400, extensions: { missing: ['removals'] } },
          check: { code: 'plan_blocked', status: 409, extensions: { checks: ['dpkg'] } },
          time: { code: 'plan_expired', status: 409 },
          rejection: { code: 'request_rejected', status: 409 },
        }[why] as object,
      );
      expect(await p.count('jobs', 'kind = $1 AND machine_id = $2', [CHANGE, machineId])).toBe(0);
      expect((await request(id)).jobId).toBeNull();
    },
  );

  it('is answered as before for the same words only', async () => {
    const lines = ['remove a 1 -'];
    planned = fakePlan(lines, { consequences: [{ code: 'removals', sentence: quoted('a is removed.') }] });
    const id = text(await plan(await p.machine(), ''));
    const job = await confirm(id, planDigest(lines), ['removals']);
    expect((await confirm(id, planDigest(lines), ['removals'])).id).toBe(job.id);
    await expect(confirm(id, planDigest(lines), [])).rejects.toMatchObject({
      code: 'confirmed_otherwise',
      status: 409,
    });
  });

  it('leaves nothing when the machine cannot be worked on', async () => {
    const machineId = await p.machine();
    const id = text(await plan(machineId, 'upgrade a 1 2'));
    await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE id = $1`, [machineId]);
    await expect(confirm(id, planDigest(['upgrade a 1 2']))).rejects.toMatchObject({ code: 'machine_quarantined' });
    expect(await request(id)).toMatchObject({ status: 'pending', jobId: null });
  });
});

describe('the end of a request', () => {
  it('is a rejection, once, with its reason', async () => {
    const id = text(await plan(await p.machine(), 'upgrade a 1 2'));
    expect(await p.requests.reject(id, 'not today', ben)).toMatchObject({
      status: 'rejected',
      decidedBy: 'Ben',
      decisionReason: 'not today',
    });
    expect(await p.requests.reject(id, null, ben)).toMatchObject({ decisionReason: 'not today' });
    await expect(p.requests.reject(id, 'never', ben)).rejects.toMatchObject({ code: 'request_decided' });
  });

  it('is its time: seen by every reader at once, and written by the sweep', async () => {
    const id = text(await plan(await p.machine(), 'upgrade a 1 2'));
    await overdue(id);
    expect(await request(id)).toMatchObject({ status: 'expired', decisionReason: 'Nobody confirmed it in time.' });
    const ids = async (status: 'pending' | 'expired') =>
      (await p.requestsReader.page({ statuses: [status] }, 50, null)).map((found) => found.id);
    expect(await ids('expired')).toContain(id);
    expect(await ids('pending')).not.toContain(id);
    await p.expiry.sweep();
    expect(await p.count('action_requests', `id = $1 AND status = 'expired'`, [id])).toBe(1);
    expect(await p.count('action_request_targets', `request_id = $1 AND status = 'expired'`, [id])).toBe(1);
  });

  it('is its execution', async () => {
    const machineId = await p.machine();
    const id = text(await plan(machineId, 'upgrade a 1 2'));
    const job = await confirm(id, planDigest(['upgrade a 1 2']));
    await p.transactions.run((tx) => p.confirmed.executed(tx, id, machineId, job.id));
    expect(await request(id)).toMatchObject({ status: 'executed', executionId: job.id });
    await p.service.cancel(job.id, ben.actor);
    await p.expiry.sweep();
    expect(await request(id)).toMatchObject({ status: 'executed' });
  });

  it('is the end of its job before anything was changed', async () => {
    const id = text(await plan(await p.machine(), 'upgrade a 1 2'));
    await p.close();
    // Nobody takes the job.
    p = await JobsProcess.open(database.url, [fakeChange()]);
    const job = await confirm(id, planDigest(['upgrade a 1 2']));
    await p.expiry.sweep();
    expect(await request(id)).toMatchObject({ status: 'approved' });
    await p.service.cancel(job.id, ben.actor);
    await p.expiry.sweep();
    expect(await request(id)).toMatchObject({
      status: 'expired',
      decisionReason: 'Its run ended before it changed anything.',
    });
    await expect(p.confirmed.forJob(newId())).rejects.toThrow('has no plan that can be read');
  });
});

/** The id that must be there. */
function text(id: string | null): string {
  if (id === null) throw new Error('there is no id');
  return id;
}

async function overdue(id: string): Promise<void> {
  const sql = `UPDATE action_requests SET expires_at = created_at, created_at = created_at - interval '1 hour' WHERE id = $1`;
  expect(await affected(p.dataSource, sql, [id])).toBe(1);
}
