import { Logger } from '@nestjs/common';
import { person } from '../../../../test/support/deciders';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeChange, fakePlan, gate } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { quoted } from '../../../kernel/sentences/sentences';
import { affected } from '../../../kernel/database/rows';
import type { CollectedRun } from '../actions/job-action';
import type { PlanOutcome } from '../actions/change-action';
import { RequestTargets, type RequestTarget } from './request-targets';
import type { RequestWithPlan } from './request-record';
import { sharedEffects, targetsDigest } from './several-machines';

const anna = person('Anna');
const ben = person('Ben');

let database: TestDatabase;
let p: JobsProcess;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});
beforeEach(async () => {
  p = await JobsProcess.open(database.url, [fakeChange({ planned })]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
});
afterEach(() => p.close());
afterAll(() => database.drop());

/** What the machine's look says decides: `nothing`, `blocked`, `removes`, or the lines themselves. */
function planned({ sections }: CollectedRun): PlanOutcome {
  const look = sections.get('look')?.stdout ?? '';
  if (look === 'nothing') return { kind: 'nothing', summary: quoted('nothing to do') };
  if (look === 'broken')
    return { kind: 'failed', failure: { kind: 'dpkg_interrupted', message: quoted('dpkg is broken'), action: null } };
  const check = {
    code: 'dpkg',
    verdict: look === 'blocked' ? 'blocked' : 'ok',
    sentence: quoted('dpkg says no'),
    action: null,
  } as const;
  const removes = look.includes('remove');
  return fakePlan(look.split('\n'), {
    checks: [check],
    risk: removes ? 'high' : 'low',
    effects: { removed: removes ? 1 : 0, added: 0, origins: 'security' },
    consequences: removes ? [{ code: 'removals', sentence: quoted('b is removed.') }] : [],
  });
}

async function machines(...looks: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, look] of looks.entries()) {
    const id = await p.machine(`m${String(index)}`);
    p.remote.on(id, () => answer({ look: look.replaceAll('SELF', id) }));
    ids.push(id);
  }
  return ids;
}

async function request(id: string): Promise<RequestWithPlan> {
  const found = await p.requestsReader.find(id);
  if (found === null) throw new Error('there is no request');
  return found;
}
const targets = (id: string): Promise<RequestTarget[]> => new RequestTargets(p.dataSource, p.contracts).of(id);
const ask = (machineIds: readonly string[], parameters = {}) =>
  p.bulk.ask({ action: CHANGE, machineIds, parameters, requestedBy: anna.actor });
const whole = (id: string) => until('the request is whole', async () => (await request(id)).planning === 0);

/** Asked for by Anna, planned on every machine. */
async function asked(...looks: string[]): Promise<{ found: RequestWithPlan; ids: string[] }> {
  const ids = await machines(...looks);
  p.work();
  const id = await ask(ids);
  await whole(id);
  return { found: await request(id), ids };
}
const confirm = ({ id, planDigest }: RequestWithPlan, by = ben, accepted: string[] = []) =>
  p.requests.confirmMany(id, { digest: planDigest ?? '', accepted }, by);
const standings = async (id: string): Promise<string[]> =>
  (await targets(id)).map(({ machineName, status, runStatus }) => `${machineName} ${status} ${runStatus ?? '-'}`);

describe('a request for several machines', () => {
  it('has a plan for each, and one digest over all of them', async () => {
    const { found, ids } = await asked('machine SELF\nupgrade a 1 2', 'machine SELF\nupgrade a 1 2\nupgrade b 1 2');
    const made = await targets(found.id);
    expect(found).toMatchObject({
      action: CHANGE,
      machineId: null,
      machines: 2,
      leftOut: 0,
      planning: 0,
      status: 'pending',
      risk: 'low',
      summary: 'Machines: 2, left out: 0.',
      requestedBy: anna.actor,
      planDigest: targetsDigest(made.map(({ machineId, planDigest }) => ({ machineId, planDigest: planDigest ?? '' }))),
      parameters: { deep: false },
      approval: { machines: 2, effects: { removed: 0, added: 0, origins: 'security' } },
    });
    expect(Number(found.expiresAt)).toBeGreaterThan(Date.now() + 500_000);
    const plans = made.flatMap(({ machineId, planDigest, plan }) =>
      plan === null || planDigest === null ? [] : [{ machineId, planDigest, plan }],
    );
    expect(sharedEffects(plans)).toEqual([
      { line: 'upgrade a 1 2', machineIds: ids },
      { line: 'upgrade b 1 2', machineIds: [ids[1]] },
    ]);
  });

  it('leaves out where nothing is to be done, where a check says no, where no plan could be made, and who is not let in', async () => {
    const ids = await machines('upgrade a 1 2', 'nothing', 'blocked', 'broken', 'upgrade a 1 2');
    await affected(p.dataSource, `UPDATE machines SET status = 'quarantined' WHERE id = $1`, [ids[4]]);
    p.work();
    const id = await ask(ids);
    await whole(id);
    expect(await request(id)).toMatchObject({ machines: 1, leftOut: 4, summary: 'Machines: 1, left out: 4.' });
    expect((await targets(id)).map(({ status, statusReason }) => [status, statusReason])).toEqual([
      ['pending', null],
      ['skipped', expect.stringContaining('nothing to do')],
      ['skipped', 'dpkg says no'],
      ['skipped', expect.stringContaining('dpkg is broken')],
      ['skipped', 'The machine is in quarantine, because its host key changed.'],
    ]);
    // Whatever is left out can be carried out no more.
    await confirm(await request(id));
    expect(await p.count('jobs', 'kind = $1 AND request_id = $2', [CHANGE, id])).toBe(1);
  });

  it('reads its plans once, when the last of them is there', async () => {
    const read = jest.spyOn(RequestTargets.prototype, 'of');
    const { found } = await asked('upgrade a', 'nothing', 'upgrade a', 'broken', 'upgrade a');
    expect(found).toMatchObject({ machines: 3, leftOut: 2 });
    const inTransactions = read.mock.calls.filter(([, manager]) => manager !== undefined);
    read.mockRestore();
    expect(inTransactions.map(([id]) => id)).toEqual([found.id]);
  });

  it('ends at once where there is nothing to ask for', async () => {
    const { found } = await asked('nothing', 'broken');
    expect(found).toMatchObject({ status: 'expired', planDigest: null, leftOut: 2 });
    await expect(confirm(found)).rejects.toMatchObject({ status: 409 });
  });

  it('is not confirmed while a machine is still planned, and can be taken back', async () => {
    const ids = await machines('upgrade a 1 2', 'upgrade a 1 2');
    const id = await ask(ids);
    expect(await request(id)).toMatchObject({ planning: 2, planDigest: null });
    await expect(confirm(await request(id))).rejects.toMatchObject({ code: 'request_planning', status: 409 });
    await p.requests.withdraw(id, null, anna);
    p.work();
    await until(
      'the plans are made',
      async () => (await p.count('jobs', `request_id = $1 AND status = 'ok'`, [id])) === 2,
    );
    expect(await request(id)).toMatchObject({ status: 'rejected', planDigest: null });
  });

  it('is planned beside others that plan the same: none takes the plan of another, and the newest counts', async () => {
    const ids = await machines('upgrade a 1 2');
    const single = await p.enqueue(ids[0] ?? '', { action: `${CHANGE}_plan`, requestedBy: ben.actor });
    const [one, two] = [await ask(ids), await ask(ids)];
    p.work();
    await whole(one);
    await whole(two);
    expect((await p.ended(single.id)).requestId).not.toBeNull();
    expect(await request(one)).toMatchObject({ status: 'expired', machines: 0, leftOut: 1 });
    expect(await request(two)).toMatchObject({ status: 'pending', machines: 1 });
  });

  it('is refused for machines that there are not, and for what is no change', async () => {
    const [id = ''] = await machines('nothing');
    await expect(ask([id, ben.actor.id ?? ''])).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(ask([id], { deep: 3 })).rejects.toMatchObject({ code: 'invalid_input' });
    const other = { machineIds: [id], parameters: {}, requestedBy: anna.actor };
    await expect(p.bulk.ask({ ...other, action: 'fake_reading' })).rejects.toMatchObject({ code: 'unknown_action' });
    expect(await p.count('action_requests', 'machine_id IS NULL')).toBe(
      await p.count(
        'action_requests r',
        'machine_id IS NULL AND EXISTS (SELECT 1 FROM action_request_targets t WHERE t.request_id = r.id)',
      ),
    );
  });
});

describe('one confirmation', () => {
  it('makes a job for each machine, once, and each ends for itself', async () => {
    const { found, ids } = await asked('upgrade a 1 2', 'upgrade a 1 3', 'remove b 1 -');
    await expect(confirm(found)).rejects.toMatchObject({ code: 'consequences_not_accepted' });
    const both = await Promise.allSettled([confirm(found, ben, ['removals']), confirm(found, anna, ['removals'])]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'request_decided' } });
    const jobs = (await targets(found.id)).map(({ jobId }) => jobId ?? '');
    await until('all begin', () => jobs.every((id) => p.detached.machines.runs.has(id)));
    p.detached.machines.end(jobs[0] ?? '');
    p.detached.machines.end(jobs[1] ?? '', 'interrupted');
    await p.ended(jobs[0] ?? '');
    await p.ended(jobs[1] ?? '');
    expect(await standings(found.id)).toEqual(['m0 executed ok', 'm1 executed error', 'm2 pending running']);
    expect((await request(found.id)).status).toBe('approved');
    p.detached.machines.end(jobs[2] ?? '');
    await p.ended(jobs[2] ?? '');
    expect(await request(found.id)).toMatchObject({ status: 'executed', executionId: null });
    expect(await p.count('jobs', 'kind = $1 AND machine_id = ANY($2::uuid[])', [CHANGE, ids])).toBe(3);
  });

  it('is carried out also when its machines end at the same moment', async () => {
    const { found, ids } = await asked('upgrade a 1 2', 'upgrade a 1 2');
    await confirm(found);
    const [first = '', second = ''] = (await targets(found.id)).map(({ jobId }) => jobId ?? '');
    const [written, held] = [gate(), gate()];
    const one = p.transactions.run(async (tx) => {
      await p.confirmed.executed(tx, found.id, ids[0] ?? '', first);
      written.open();
      await held.opened;
    });
    await written.opened;
    let ended = false;
    const two = p.transactions
      .run((tx) => p.confirmed.executed(tx, found.id, ids[1] ?? '', second))
      .finally(() => (ended = true));
    const waits = () => p.count('pg_stat_activity', `wait_event_type = 'Lock' AND datname = current_database()`);
    await until('the second waits, or has ended', async () => ended || (await waits()) > 0);
    held.open();
    await Promise.all([one, two]);
    expect((await request(found.id)).status).toBe('executed');
  });

  it('is of all plans: one that was edited refuses the whole, and after it only that one', async () => {
    const edit = `UPDATE action_request_targets SET plan_json = jsonb_set(plan_json, '{lines}', '["upgrade z 1 9"]') WHERE request_id = $1 AND machine_id = $2`;
    const first = await asked('upgrade a 1 2', 'upgrade a 1 2');
    await p.dataSource.query(edit, [first.found.id, first.ids[1]]);
    await expect(confirm(first.found)).rejects.toMatchObject({ code: 'request_altered' });
    await p.close();
    p = await JobsProcess.open(database.url, [fakeChange({ planned })]);
    p.contracts.register(CHANGE_PLAN_CONTRACT);
    const ids = await machines('upgrade a 1 2', 'upgrade a 1 2');
    const worker = p.work();
    const id = await ask(ids);
    await whole(id);
    await worker.stop();
    await confirm(await request(id));
    await p.dataSource.query(edit, [id, ids[1]]);
    p.work();
    const [good = '', bad = ''] = (await targets(id)).map(({ jobId }) => jobId ?? '');
    expect(await p.ended(bad)).toMatchObject({ status: 'error', errorKind: 'request_altered' });
    await until('the other begins', () => p.detached.machines.runs.has(good));
    p.detached.machines.end(good);
    expect(await p.ended(good)).toMatchObject({ status: 'ok' });
  });

  it('shows a plan that a newer program stored as it stands, and is not confirmed', async () => {
    const { found, ids } = await asked('upgrade a 1 2', 'upgrade b 1 2');
    const newer = { schema_version: 99, effects: 'many' };
    const edit = 'UPDATE action_request_targets SET plan_json = $3 WHERE request_id = $1 AND machine_id = $2';
    await p.dataSource.query(edit, [found.id, ids[0], newer]);
    const [first, second] = await targets(found.id);
    expect(first).toMatchObject({ plan: null, unreadable: [{ unreadable: 'newer', document: newer }] });
    expect(second?.unreadable).toEqual([]);
    await expect(confirm(found)).rejects.toMatchObject({ status: 409 });
  });

  it('leaves out who cannot be worked on any more; with nobody left it is refused', async () => {
    const { found, ids } = await asked('upgrade a 1 2', 'upgrade a 1 2');
    const quarantine = `UPDATE machines SET status = 'quarantined' WHERE id = $1`;
    await affected(p.dataSource, quarantine, [ids[0]]);
    await affected(p.dataSource, quarantine, [ids[1]]);
    await expect(confirm(found)).rejects.toMatchObject({ code: 'machine_quarantined' });
    expect((await request(found.id)).status).toBe('pending');
    await affected(p.dataSource, `UPDATE machines SET status = 'active' WHERE id = $1`, [ids[1]]);
    await confirm(found);
    expect((await targets(found.id)).map(({ status }) => status)).toEqual(['skipped', 'pending']);
  });

  it('expires machine by machine where a run ends before it changed anything', async () => {
    const { found } = await asked('upgrade a 1 2', 'upgrade a 1 2');
    await p.close();
    p = await JobsProcess.open(database.url, [fakeChange({ planned })]);
    p.contracts.register(CHANGE_PLAN_CONTRACT);
    await confirm(found);
    const jobs = (await targets(found.id)).map(({ jobId }) => jobId ?? '');
    await p.service.cancel(jobs[0] ?? '', ben.actor);
    await p.expiry.sweep();
    expect(await standings(found.id)).toEqual(['m0 expired cancelled', 'm1 pending queued']);
    expect((await request(found.id)).status).toBe('approved');
    await p.service.cancel(jobs[1] ?? '', ben.actor);
    await p.expiry.sweep();
    expect(await request(found.id)).toMatchObject({ status: 'expired' });
  });

  it('is planned again for the same machines, those that were left out too', async () => {
    const { found, ids } = await asked('upgrade a 1 2', 'nothing');
    const again = await p.requests.clone(found.id, anna);
    const id = 'requestId' in again ? again.requestId : '';
    await whole(id);
    expect((await targets(id)).map(({ machineId }) => machineId)).toEqual(ids);
    expect(await request(id)).toMatchObject({ requestedBy: anna.actor, status: 'pending', machines: 1, leftOut: 1 });
    expect((await request(found.id)).status).toBe('expired');
  });
});
