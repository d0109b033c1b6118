import { addMachine } from '../../../../test/support/machine-samples';
import { insertRow } from '../../../../test/support/insert-row';
import { createWholeApp, type Client, type TestApp } from '../../../../test/support/test-app';
import { newId } from '../../../kernel/database/ids';

interface Letter {
  id: string;
  errorKind: string;
  way: string;
  deadLetter: { open: boolean };
}
interface Page {
  items: Letter[];
  nextCursor: string | null;
  counts: { errorKind: string; count: number; machines: number }[];
}

describe('dead letters over HTTP', () => {
  let test: TestApp;
  let operator: Client;
  const machines: string[] = [];

  beforeAll(async () => {
    test = await createWholeApp();
    operator = test.as('operator');
    for (const name of ['web-1', 'web-2', 'web-3']) machines.push(await addMachine(test.as('administrator'), name));
  }, 60_000);
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('DELETE FROM jobs');
  });

  let moment = Date.now();
  async function insertLetter(columns: Record<string, unknown> = {}): Promise<string> {
    const id = newId();
    moment += 1;
    await insertRow(test.dataSource, 'jobs', {
      id,
      kind: 'machine_probe',
      machine_id: machines[0],
      status: 'error',
      error_kind: 'unreachable',
      error_message: 'The machine cannot be reached.',
      created_at: new Date(moment),
      died_at: new Date(moment),
      finished_at: new Date(moment),
      ...columns,
    });
    return id;
  }
  const list = async (query = ''): Promise<Page> =>
    (await test.as('viewer').get(`/jobs/dead-letters${query}`)).body as Page;

  it('are listed once each over their pages, newest first, with the counts of all of them', async () => {
    const kinds = ['machine_probe', 'apt_update_analyze', 'apt_upgrade_plan', 'apt_upgrade'];
    const ids: string[] = [];
    for (const [at, machine_id] of machines.entries())
      for (const kind of kinds)
        ids.push(await insertLetter({ machine_id, kind, error_kind: at === 0 ? 'worker_lost' : 'unreachable' }));
    await insertLetter({ kind: 'of_the_past', settled_at: new Date(), settled_by: 'Ben' });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = await list(`?limit=5${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(page.counts).toEqual([
        { errorKind: 'unreachable', count: 8, machines: 2 },
        { errorKind: 'worker_lost', count: 4, machines: 1 },
      ]);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(ids.reverse());
    const narrowed = `?errorKind=unreachable&action=apt_upgrade&machineId=${machines[2] ?? ''}`;
    expect((await list(narrowed)).items.map(({ id }) => id)).toEqual([seen[0]]);
    expect((await list('?action=machine_probe')).items).toHaveLength(3);
  });

  it('say whether they are started again, planned again, or neither', async () => {
    const ways: Record<string, string> = {
      [await insertLetter({ kind: 'machine_probe' })]: 'redrive',
      [await insertLetter({ kind: 'apt_upgrade_plan' })]: 'redrive',
      [await insertLetter({ kind: 'apt_upgrade', request_id: newId() })]: 'plan',
      [await insertLetter({ kind: 'of_the_future' })]: 'none',
    };
    expect(Object.fromEntries((await list()).items.map(({ id, way }) => [id, way]))).toEqual(ways);
  });

  it.each([
    ['?limit=201', 'limit'],
    ['?errorKind=', 'errorKind'],
    ['?errorKind=Nonsense!', 'errorKind'],
    ['?machineId=web-1', 'machineId'],
    ['?cursor=nonsense', 'cursor'],
    ['?colour=red', 'colour'],
  ])('are not listed by %s', async (query, field) => {
    const { status, body } = await operator.get(`/jobs/dead-letters${query}`);
    expect([status, (body as { errors: { field: string }[] }).errors[0]?.field]).toEqual([400, field]);
  });

  it.each([
    ['nothing', {}, 'ids'],
    ['ids and a class together', { ids: [newId()], errorKind: 'unreachable' }, 'ids'],
    ['no ids', { ids: [] }, 'ids'],
    ['more ids than go at once', { ids: Array.from({ length: 1001 }, newId) }, 'ids'],
    ['what is no id', { ids: ['web-1'] }, 'ids'],
    ['a class that is none', { errorKind: 'DROP TABLE' }, 'errorKind'],
    ['a cursor that is none', { errorKind: 'unreachable', cursor: 'x' }, 'cursor'],
    ['more than that', { errorKind: 'unreachable', all: true }, 'all'],
  ])('are neither started again nor dismissed by %s', async (_what, body, field) => {
    const id = await insertLetter();
    for (const url of ['/jobs/redrive', '/jobs/dead-letters/dismiss']) {
      const answer = await operator.post(url, body);
      expect([answer.status, (answer.body as { errors: { field: string }[] }).errors[0]?.field]).toEqual([400, field]);
    }
    expect((await list()).items.map((letter) => letter.id)).toEqual([id]);
  });

  it('are settled by operators, not by viewers', async () => {
    const id = await insertLetter();
    const viewer = test.as('viewer');
    expect((await viewer.post(`/jobs/${id}/redrive`, {})).status).toBe(403);
    expect((await viewer.post('/jobs/redrive', { ids: [id] })).status).toBe(403);
    expect((await viewer.post('/jobs/dead-letters/dismiss', { ids: [id] })).status).toBe(403);
    const refused = await operator.post(`/jobs/${id}/redrive`, {});
    // The machine of this test has no approved host key: refused clearly, and nothing has changed.
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([409, 'host_key_unknown']);
    const many = await operator.post('/jobs/redrive', { errorKind: 'unreachable' });
    expect(many.body).toMatchObject({
      queued: 0,
      refused: 1,
      nextCursor: null,
      results: [{ jobId: id, outcome: 'refused', newJobId: null, code: 'host_key_unknown' }],
    });
    expect((await list()).items).toMatchObject([{ id, deadLetter: { open: true } }]);
    expect((await operator.post('/jobs/dead-letters/dismiss', { errorKind: 'unreachable' })).body).toEqual({
      dismissed: 1,
      nextCursor: null,
    });
    expect(await list()).toEqual({ items: [], nextCursor: null, counts: [] });
  });

  it('are started again by the class of their error, as many as there are', async () => {
    for (const id of machines)
      await insertRow(test.dataSource, 'machine_host_keys', {
        id: newId(),
        machine_id: id,
        hostname: 'web',
        port: 22,
        fingerprint_sha256: `SHA256:${id}`,
        status: 'approved',
        first_seen_at: new Date(),
        last_seen_at: new Date(),
      });
    const ids: string[] = [];
    for (const machine_id of machines) ids.push(await insertLetter({ machine_id }));
    const other = await insertLetter({ kind: 'apt_update_analyze', error_kind: 'worker_lost' });
    const { status, body } = await operator.post('/jobs/redrive', { errorKind: 'unreachable' });
    expect([status, body]).toMatchObject([202, { queued: 3, refused: 0, nextCursor: null }]);
    expect((await list()).items.map(({ id }) => id)).toEqual([other]);
    const job = (await operator.get(`/jobs/${ids[0] ?? ''}`)).body as { deadLetter: { redrivenAs: string } };
    expect((await operator.get(`/jobs/${job.deadLetter.redrivenAs}`)).body).toMatchObject({ redriveOf: ids[0] });
  });
});
