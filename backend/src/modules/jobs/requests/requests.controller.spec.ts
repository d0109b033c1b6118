import { insertRow } from '../../../../test/support/insert-row';
import { addMachine } from '../../../../test/support/machine-samples';
import { explain, recordStatements } from '../../../../test/support/query-plans';
import { createWholeApp, type Client, type TestApp } from '../../../../test/support/test-app';
import { newId } from '../../../kernel/database/ids';

interface Page {
  items: { id: string; status: string; createdAt: string }[];
  nextCursor: string | null;
}

const DIGEST = 'a'.repeat(64);

describe('requests over HTTP', () => {
  let test: TestApp;
  let administrator: Client;
  let machineId: string;

  beforeAll(async () => {
    test = await createWholeApp();
    administrator = test.as('administrator');
    machineId = await addMachine(administrator, 'web-1');
  }, 60_000);
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('DELETE FROM action_requests');
  });

  async function insertRequest(columns: Record<string, unknown> = {}): Promise<string> {
    const id = newId();
    await insertRow(test.dataSource, 'action_requests', {
      id,
      machine_id: machineId,
      requested_by_type: 'user',
      requested_by_name: 'Anna',
      action: 'apt_upgrade',
      status: 'pending',
      plan_digest: DIGEST,
      created_at: new Date(),
      expires_at: new Date(Date.now() + 3_600_000),
      ...columns,
    });
    await insertRow(test.dataSource, 'action_request_targets', {
      request_id: id,
      machine_id: machineId,
      status: 'pending',
      plan_digest: DIGEST,
    });
    return id;
  }
  const list = async (query: string): Promise<Page> => (await test.as('viewer').get(`/requests${query}`)).body as Page;

  it('are listed once each over their pages, newest first, also those of one moment', async () => {
    const moment = new Date();
    const ids: string[] = [];
    for (let count = 0; count < 7; count += 1) ids.push(await insertRequest({ created_at: moment }));
    ids.push(await insertRequest({ created_at: new Date(moment.getTime() - 1) }));
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = await list(`?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([...ids.slice(0, 7).sort().reverse(), ids[7]]);
  });

  it('say in words that are translated that a policy decided, and never translate the name of a person', async () => {
    const schedule = { requested_by_type: 'schedule', requested_by_id: newId(), requested_by_name: 'Nightly' };
    const decided = { status: 'approved', approved_at: new Date(), approved_by: 'The policy of Nightly.' };
    const policy = await insertRequest({ ...schedule, ...decided, decided_by_id: schedule.requested_by_id });
    const person = await insertRequest({ ...schedule, ...decided, decided_by_id: newId() });
    const said = async (id: string) =>
      ((await test.as('viewer').get(`/requests/${id}`)).body as { said: Record<string, unknown> }).said['decidedBy'];
    expect(await said(policy)).toMatchObject([{ code: 'jobs.policy_of', params: { schedule: 'Nightly' } }]);
    expect(await said(person)).toBeUndefined();
  });

  it('that nobody confirmed in time are listed as expired before the sweep says so', async () => {
    const overdue = await insertRequest({ expires_at: new Date(Date.now() - 1000) });
    const waiting = await insertRequest();
    expect((await list('?status=pending')).items).toMatchObject([{ id: waiting, status: 'pending' }]);
    expect((await list('?status=expired')).items).toMatchObject([{ id: overdue, status: 'expired' }]);
    expect((await list(`?status=expired,pending&machineId=${newId()}`)).items).toEqual([]);
  });

  it('are told apart by whether a person decided about them or they were carried out', async () => {
    const nightly = { requested_by_type: 'schedule', requested_by_id: newId(), requested_by_name: 'Nightly' };
    const byPolicy = { ...nightly, decided_by_id: nightly.requested_by_id, approved_by: 'The policy of Nightly.' };
    const byPerson = { approved_by: 'Ben', decided_by_id: newId() };
    const decided = [
      await insertRequest({ ...byPolicy, status: 'executed' }),
      await insertRequest({ ...nightly, ...byPerson, status: 'rejected' }),
      await insertRequest({ ...nightly, ...byPerson, status: 'approved' }),
      // Confirmed, and never begun.
      await insertRequest({ ...nightly, ...byPerson, status: 'expired' }),
      await insertRequest({ status: 'expired', requested_by_id: byPerson.decided_by_id, ...byPerson }),
      await insertRequest({ ...nightly, requested_by_id: null, ...byPerson, status: 'expired' }),
    ];
    const others = [
      await insertRequest({ ...nightly, status: 'expired' }),
      await insertRequest({ ...byPolicy, status: 'expired' }),
      await insertRequest({ expires_at: new Date(Date.now() - 1000) }),
    ];
    const waiting = await insertRequest();
    const found = async (query: string) => (await list(query)).items.map(({ id }) => id).sort();
    expect(await found('?decided=true')).toEqual(decided.toSorted());
    expect(await found('?decided=false&status=expired')).toEqual(others.toSorted());
    expect(await found('?decided=false')).toEqual([...others, waiting].sort());
    expect((await administrator.get('/requests?decided=perhaps')).status).toBe(400);
  });

  it('are found among thousands of plans of nights without going through those', async () => {
    const decided = await insertRequest({ status: 'executed', created_at: new Date(0) });
    await test.dataSource.query(
      `INSERT INTO action_requests (id, requested_by_type, requested_by_name, action, status, created_at)
       SELECT gen_random_uuid(), 'schedule', 'Nightly', 'apt_upgrade', 'expired', now() FROM generate_series(1, 5000)`,
    );
    await test.dataSource.query('VACUUM ANALYZE action_requests');
    const query = '?decided=true&status=approved,executed,rejected,expired';
    let items: Page['items'] = [];
    const statements = await recordStatements(test.dataSource, async () => {
      ({ items } = await list(query));
    });
    expect(items).toMatchObject([{ id: decided }]);
    const statement = statements.find(({ sql }) => sql.includes('ORDER BY r.created_at DESC'));
    if (statement === undefined) throw new Error('the list was not read');
    expect((await explain(test.dataSource, statement)).blocks).toBeLessThan(40);
  });

  it.each(['viewer', 'operator'] as const)('are not decided by a %s', async (role) => {
    const id = await insertRequest();
    const body = { digest: DIGEST, accepted: [] };
    expect((await test.as(role).post(`/requests/${id}/confirm`, body)).status).toBe(403);
    expect((await test.as(role).post(`/requests/${id}/reject`, {})).status).toBe(403);
    expect((await list('')).items).toMatchObject([{ id, status: 'pending' }]);
  });

  it.each([
    ['nothing', {}, 'digest'],
    ['a digest in capitals', { digest: DIGEST.toUpperCase(), accepted: [] }, 'digest'],
    ['a word in place of a list', { digest: DIGEST, accepted: 'removals' }, 'accepted'],
    ['too many consequences', { digest: DIGEST, accepted: Array.from({ length: 51 }, () => 'removals') }, 'accepted'],
  ])('are not confirmed by %s', async (_what, body, field) => {
    const id = await insertRequest();
    const { status, body: problem } = await administrator.post(`/requests/${id}/confirm`, body);
    expect([status, (problem as { errors: { field: string }[] }).errors[0]?.field]).toEqual([400, field]);
    expect((await list('')).items).toMatchObject([{ id, status: 'pending' }]);
  });

  it('are rejected once, with the reason', async () => {
    const id = await insertRequest();
    const rejected = await administrator.post(`/requests/${id}/reject`, { reason: '  not on a Friday ' });
    expect(rejected.body).toMatchObject({ id, status: 'rejected', decisionReason: 'not on a Friday' });
    expect((await administrator.post(`/requests/${id}/reject`, { reason: 'not on a Friday' })).body).toEqual(
      rejected.body,
    );
    const again = await administrator.post(`/requests/${id}/reject`, { reason: 'never' });
    expect([again.status, (again.body as { code: string }).code]).toEqual([409, 'request_decided']);
    expect((await administrator.post(`/requests/${newId()}/reject`, {})).status).toBe(404);
  });

  it('are planned again with or without a body, and not on machines that they are not for', async () => {
    const id = await insertRequest({ payload_json: null });
    for (const body of [undefined, {}, { machineIds: [machineId] }]) {
      const { status, body: problem } = await administrator.post(`/requests/${id}/clone`, body);
      expect([status, (problem as { code: string }).code]).toEqual([409, 'plan_unreadable']);
    }
    for (const machineIds of [[], ['web-1'], [machineId, machineId], machineId]) {
      expect((await administrator.post(`/requests/${id}/clone`, { machineIds })).status).toBe(400);
    }
  });

  it('take no cursor of another list, and none that is made up', async () => {
    await insertRequest();
    await insertRequest();
    const { nextCursor } = await list('?limit=1');
    expect(nextCursor).not.toBeNull();
    expect((await administrator.get(`/jobs?cursor=${nextCursor ?? ''}`)).status).toBe(400);
    expect((await administrator.get('/requests?cursor=nonsense')).status).toBe(400);
    expect((await administrator.get('/requests?limit=201')).status).toBe(400);
  });
});
