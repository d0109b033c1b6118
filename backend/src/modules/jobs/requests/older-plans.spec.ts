import { Logger } from '@nestjs/common';
import { person } from '../../../../test/support/deciders';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeChange, fakePlan, gate } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { newId } from '../../../kernel/database/ids';
import { quoted } from '../../../kernel/sentences/sentences';
import type { CollectedRun } from '../actions/job-action';
import type { PlanOutcome } from '../actions/change-action';
import type { RequestWithPlan } from './request-record';
import { RequestTargets } from './request-targets';

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

function planned({ sections }: CollectedRun): PlanOutcome {
  const look = sections.get('look')?.stdout ?? '';
  return look === 'nothing' ? { kind: 'nothing', summary: quoted('nothing to do') } : fakePlan(look.split('\n'));
}

async function machines(count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const id = await p.machine(`m${String(ids.length)}`);
    says(id, 'upgrade a 1 2');
    ids.push(id);
  }
  return ids;
}
const says = (id: string, look: string): void => {
  p.remote.on(id, () => answer({ look }));
};
const ask = (machineIds: readonly string[]) =>
  p.bulk.ask({ action: CHANGE, machineIds, parameters: {}, requestedBy: anna.actor });
async function asked(machineIds: readonly string[]): Promise<RequestWithPlan> {
  const id = await ask(machineIds);
  await until('the request is whole', async () => (await request(id)).planning === 0);
  return request(id);
}
/** @returns the request that the plan became; null where nothing is to be done */
async function alone(machineId: string): Promise<string | null> {
  const job = await p.enqueue(machineId, { action: `${CHANGE}_plan`, requestedBy: anna.actor });
  return (await p.ended(job.id)).requestId;
}
async function request(id: string | null): Promise<RequestWithPlan> {
  const found = id === null ? null : await p.requestsReader.find(id);
  if (found === null) throw new Error('there is no request');
  return found;
}
const targets = ({ id }: RequestWithPlan) => new RequestTargets(p.dataSource, p.contracts).of(id);
const standings = async (of: RequestWithPlan): Promise<string[]> =>
  (await targets(of)).map(({ machineName, status, statusReason }) => `${machineName} ${status} ${statusReason ?? '-'}`);
const confirm = ({ id, planDigest }: RequestWithPlan) =>
  p.requests.confirmMany(id, { digest: planDigest ?? '', accepted: [] }, ben);

describe('a newer plan of a machine', () => {
  it('made for several machines ends the one that waited for it alone', async () => {
    const [id = '', other = ''] = await machines(2);
    p.work();
    const single = await alone(id);
    const elsewhere = await alone(other);
    await asked([id]);
    expect(await request(single)).toMatchObject({ status: 'expired', decisionReason: 'Replaced by a newer plan.' });
    expect(await request(elsewhere)).toMatchObject({ status: 'pending' });
  });

  it('leaves that machine out of an older request for several: the others are confirmed by the same digest', async () => {
    const ids = await machines(2);
    p.work();
    const older = await asked(ids);
    await alone(ids[0] ?? '');
    expect(await standings(older)).toEqual(['m0 skipped Replaced by a newer plan.', 'm1 pending -']);
    expect(await request(older.id)).toMatchObject({ status: 'pending', machines: 1, leftOut: 1 });
    await confirm(older);
    expect(await p.count('jobs', 'kind = $1 AND request_id = $2', [CHANGE, older.id])).toBe(1);
    expect(await p.count('jobs', 'kind = $1 AND machine_id = $2', [CHANGE, ids[0]])).toBe(0);
  });

  it('ends the older request where no machine is left in it; nobody can confirm that one', async () => {
    const ids = await machines(2);
    p.work();
    const older = await asked(ids);
    const newer = await asked(ids);
    expect(await request(older.id)).toMatchObject({
      status: 'expired',
      decisionReason: 'Each of its machines has a newer plan, or needs none any more.',
    });
    await expect(confirm(older)).rejects.toMatchObject({ code: 'plan_expired', status: 409 });
    expect(await standings(newer)).toEqual(['m0 pending -', 'm1 pending -']);
  });

  it('of somebody else, or of a schedule, leaves what people asked for', async () => {
    const [id = ''] = await machines(1);
    p.work();
    const single = await alone(id);
    const many = await asked([id]);
    expect(await request(single)).toMatchObject({ status: 'expired' });
    const nightly = { type: 'schedule', id: newId(), name: 'Nightly' } as const;
    for (const requestedBy of [ben.actor, nightly]) {
      await p.ended((await p.enqueue(id, { action: `${CHANGE}_plan`, requestedBy })).id);
    }
    expect(await request(many.id)).toMatchObject({ status: 'pending', machines: 1 });
    expect(await p.count('action_requests', `status = 'pending' AND machine_id = $1`, [id])).toBe(2);
  });

  it('that finds nothing to do leaves requests for something else', async () => {
    const [id = ''] = await machines(1);
    p.work();
    const other = { action: `${CHANGE}_plan`, parameters: { deep: true }, requestedBy: ben.actor };
    const { requestId } = await p.ended((await p.enqueue(id, other)).id);
    const same = await alone(id);
    says(id, 'nothing');
    expect(
      (await p.ended((await p.enqueue(id, { action: `${CHANGE}_plan`, requestedBy: ben.actor })).id)).requestId,
    ).toBeNull();
    expect(await request(requestId)).toMatchObject({ status: 'pending' });
    expect(await request(same)).toMatchObject({ status: 'expired' });
  });

  it('that finds nothing to do leaves it out too', async () => {
    const ids = await machines(2);
    p.work();
    const older = await asked(ids);
    says(ids[1] ?? '', 'nothing');
    expect(await alone(ids[1] ?? '')).toBeNull();
    expect(await standings(older)).toEqual(['m0 pending -', 'm1 skipped A newer look found nothing to change.']);
  });

  it('counts while another machine of the older request is still planned', async () => {
    const ids = await machines(2);
    const slow = gate();
    p.remote.on(ids[1] ?? '', async () => {
      await slow.opened;
      return answer({ look: 'upgrade a 1 2' });
    });
    p.work();
    const id = await ask(ids);
    await until('the first is planned', async () => (await request(id)).planning === 1);
    await alone(ids[0] ?? '');
    slow.open();
    await until('the request is whole', async () => (await request(id)).planning === 0);
    expect(await request(id)).toMatchObject({ status: 'pending', machines: 1, leftOut: 1 });
    await confirm(await request(id));
    expect(await p.count('jobs', 'kind = $1 AND request_id = $2', [CHANGE, id])).toBe(1);
  });

  it('is left alone by plans of what was decided', async () => {
    const [id = ''] = await machines(1);
    p.work();
    const older = await asked([id]);
    await confirm(older);
    const [run = ''] = (await targets(older)).map(({ jobId }) => jobId ?? '');
    await until('its run begins', () => p.detached.machines.runs.has(run));
    const newer = p.enqueue(id, { action: `${CHANGE}_plan`, requestedBy: anna.actor });
    p.detached.machines.end(run);
    await p.ended((await newer).id);
    expect(await standings(older)).toEqual(['m0 executed -']);
  });

  it('of many requests for the same machines at once is the last on each, and none waits for another without end', async () => {
    const ids = await machines(6);
    const requests = await Promise.all(
      [0, 1, 2, 3, 4].map((turn) => ask(ids.map((_, at) => ids[(at + turn) % 6] ?? ''))),
    );
    for (const count of [1, 2, 3]) p.work({ concurrency: count });
    await until('all are whole', async () =>
      (await Promise.all(requests.map(request))).every(({ planning }) => planning === 0),
    );
    const waiting = `status = 'pending' AND machine_id = ANY($1::uuid[])`;
    expect(await p.count('action_request_targets', waiting, [ids])).toBe(6);
    expect(
      await p.count('jobs', `kind = $1 AND status <> 'ok' AND machine_id = ANY($2::uuid[])`, [`${CHANGE}_plan`, ids]),
    ).toBe(0);
    for (const one of await Promise.all(requests.map(request)))
      expect(one.status).toBe(one.machines === 0 ? 'expired' : 'pending');
  });
});
