import { insertRow } from '../../../../../test/support/insert-row';
import { addMachine } from '../../../../../test/support/machine-samples';
import { createWholeApp, type Client, type TestApp } from '../../../../../test/support/test-app';
import { newId } from '../../../../kernel/database/ids';
import type { EachResultsDto, InboxPageDto, RequestGroupPageDto } from './dto/inbox.dto';

const DIGEST = 'a'.repeat(64);
const RUN = newId();
const HOUR_MS = 3_600_000;

describe('the inbox of requests over HTTP', () => {
  let test: TestApp;
  let administrator: Client;
  const machineIds: string[] = [];

  beforeAll(async () => {
    test = await createWholeApp();
    administrator = test.as('administrator');
    for (const name of ['web-1', 'Web-2', 'web-3']) machineIds.push(await addMachine(administrator, name));
  }, 60_000);
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('DELETE FROM action_requests');
  });

  async function insertRequest(columns: Record<string, unknown> = {}): Promise<string> {
    const row = { id: newId(), machine_id: machineIds[0], ...columns };
    await insertRow(test.dataSource, 'action_requests', {
      requested_by_type: 'user',
      requested_by_name: 'Anna',
      action: 'apt_upgrade',
      status: 'pending',
      plan_digest: DIGEST,
      created_at: new Date(),
      expires_at: new Date(Date.now() + HOUR_MS),
      ...row,
    });
    const target = { request_id: row.id, machine_id: row.machine_id, status: 'pending', plan_digest: DIGEST };
    await insertRow(test.dataSource, 'action_request_targets', target);
    return row.id;
  }
  const ofRun = (index: number, columns: Record<string, unknown> = {}) =>
    insertRequest({
      machine_id: machineIds[index],
      requested_by_type: 'schedule',
      requested_by_name: 'Nightly',
      occurrence_id: RUN,
      ...columns,
    });
  const inHours = (hours: number) => ({ expires_at: new Date(Date.now() + hours * HOUR_MS) });
  const list = async (query = ''): Promise<InboxPageDto> =>
    (await test.as('viewer').get(`/request-inbox${query}`)).body as InboxPageDto;

  /** Every page of a list, by its items. */
  async function all<T>(path: string): Promise<T[]> {
    const seen: T[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = `?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page = (await administrator.get(`${path}${query}`)).body as { items: T[]; nextCursor: string | null };
      seen.push(...page.items);
      cursor = page.nextCursor;
    }
    return seen;
  }

  it('counts every request that waits, and shows those of one run together, what ends first first', async () => {
    const never = await insertRequest({ expires_at: null });
    const later = await insertRequest(inHours(5));
    await ofRun(0, { ...inHours(3), risk: 'low' });
    const first = await ofRun(1, { ...inHours(2), risk: 'high' });
    await ofRun(2, { ...inHours(4), risk: 'medium' });
    const otherAction = await ofRun(2, { ...inHours(1), action: 'reboot', risk: 'low' });
    await insertRequest(inHours(-1));
    await insertRequest({ status: 'rejected' });
    expect((await list('?limit=1')).total).toBe(6);
    const seen = await all<InboxPageDto['items'][number]>('/request-inbox');
    expect(seen.map(({ request, requests }) => [request.id, requests])).toEqual([
      [otherAction, 1],
      [first, 3],
      [later, 1],
      [never, 1],
    ]);
    expect(seen[1]).toMatchObject({ risk: 'high', request: { occurrenceId: RUN } });
  });

  it('says why a schedule left them to people: what most of one run say first, and each for itself', async () => {
    const many = [
      'It removes exim4.',
      'It installs postfix.',
      ...['a', 'b', 'c', 'd'].map((one) => `It downgrades ${one}.`),
    ];
    await ofRun(0, { ...inHours(1), person_reason: many.join('\n') });
    await ofRun(1, { ...inHours(2), person_reason: 'It installs postfix.' });
    const alone = await insertRequest({ ...inHours(3), person_reason: 'It removes a package of mine\nand more' });
    await insertRequest(inHours(4));
    const { items } = await list();
    const [run, one, none] = items;
    expect(run?.reasons.map(({ sentence, requests }) => [sentence, requests])).toEqual([
      ['It installs postfix.', 2],
      ['It downgrades a.', 1],
      ['It downgrades b.', 1],
      ['It downgrades c.', 1],
      ['It downgrades d.', 1],
    ]);
    expect(run?.moreReasons).toBe(1);
    const postfix = { code: 'automation.beyond_new_packages', params: { packages: 'postfix' } };
    expect(run?.reasons[0]?.said).toMatchObject({ sentence: [postfix] });
    expect(one).toMatchObject({ request: { id: alone }, moreReasons: 0 });
    expect(one?.reasons).toHaveLength(2);
    expect(none).toMatchObject({ reasons: [], moreReasons: 0, request: { personReason: null } });

    const grouped = await all<RequestGroupPageDto['items'][number]>(`/request-inbox/${RUN}/apt_upgrade`);
    expect(grouped.map(({ personReason }) => personReason)).toEqual([many.join('\n'), 'It installs postfix.']);
    expect(grouped[1]?.said).toMatchObject({ personReason: [postfix] });
    expect((await administrator.get(`/requests/${run?.request.id ?? ''}`)).body).toMatchObject({
      personReason: many.join('\n'),
      said: { personReason: [{ code: 'automation.beyond_removals' }, postfix, {}, {}, {}, {}] },
    });
  });

  it('reaches each of many that end at the same moment, once', async () => {
    const at = inHours(1);
    const ids: string[] = [];
    for (let count = 0; count < 7; count += 1) ids.push(await insertRequest(at));
    const seen = await all<InboxPageDto['items'][number]>('/request-inbox');
    expect(seen.map(({ request }) => request.id)).toEqual(ids.sort());
  });

  it('does not know a risk that one of a run does not tell', async () => {
    await ofRun(0, { risk: 'high' });
    await ofRun(1, { risk: null });
    expect((await list()).items).toMatchObject([{ risk: null, requests: 2 }]);
  });

  it('shows the requests of a run by the names of their machines, over pages', async () => {
    for (const index of [2, 0, 1]) await ofRun(index);
    await ofRun(0, { action: 'reboot' });
    await ofRun(1, inHours(-1));
    const path = `/request-inbox/${RUN}/apt_upgrade`;
    const seen = await all<RequestGroupPageDto['items'][number]>(path);
    expect(seen.map(({ machineName }) => machineName)).toEqual(['web-1', 'Web-2', 'web-3']);
    // Without a plan that can be read nobody can confirm it.
    expect(seen[0]).toMatchObject({ blocked: true, lines: [], planDigest: DIGEST });
    expect((await administrator.get(`${path}?limit=1`)).body).toMatchObject({ total: 3 });
    expect((await administrator.get(`/request-inbox/${newId()}/apt_upgrade`)).body).toMatchObject({
      items: [],
      total: 0,
      nextCursor: null,
    });
  });

  it.each([
    ['no run', '/nonsense/apt_upgrade', 400],
    ['no action', `/${newId()}/unheard_of`, 404],
    ['a cursor that is made up', '?cursor=nonsense', 400],
    ['too many at once', '?limit=201', 400],
  ])('refuses %s', async (_what, path, expected) => {
    expect((await administrator.get(`/request-inbox${path}`)).status).toBe(expected);
  });

  it('rejects each once, with the reason, and says which it could not', async () => {
    const [one, two] = [await ofRun(0), await ofRun(1)];
    expect((await administrator.post(`/requests/${two}/reject`, {})).status).toBe(200);
    const gone = newId();
    const { body } = await administrator.post('/request-inbox/reject', { ids: [one, two, gone], reason: ' too much ' });
    const { results, ...counts } = body as EachResultsDto;
    expect(counts).toEqual({ decided: 1, refused: 2 });
    expect(results.map(({ id, outcome, code }) => [id, outcome, code])).toEqual([
      [one, 'decided', null],
      [two, 'refused', 'request_decided'],
      [gone, 'refused', 'not_found'],
    ]);
    expect((await administrator.get(`/requests/${one}`)).body).toMatchObject({
      status: 'rejected',
      decisionReason: 'too much',
    });
    expect((await list()).total).toBe(0);
  });

  it('says of each request when its change would begin by the windows of its machine', async () => {
    const from = new Date(Date.now() + 3 * HOUR_MS);
    const window = {
      name: 'Nights',
      cron: '@once',
      opensAt: from.toISOString(),
      timezone: 'UTC',
      durationMinutes: 180,
    };
    const of = { scope: 'machine', machineId: machineIds[1], enabled: true };
    const made = await administrator.post('/maintenance-windows', { ...window, ...of });
    expect(made.status).toBe(201);
    await ofRun(0);
    await ofRun(1);
    const { body } = await test.as('viewer').get(`/request-inbox/${RUN}/apt_upgrade`);
    expect((body as RequestGroupPageDto).items).toMatchObject([
      { machineName: 'web-1', maintenance: { state: 'unbound', windowName: null } },
      { machineName: 'Web-2', maintenance: { state: 'later', windowName: 'Nights', from: from.toISOString() } },
    ]);
    await test.dataSource.query('DELETE FROM maintenance_windows');
  });

  const plan = (more: object = {}) => ({ id: newId(), digest: DIGEST, accepted: [], ...more });
  it.each([
    ['confirm', {}, 'requests'],
    ['confirm', { requests: [] }, 'requests'],
    ['confirm', { requests: Array.from({ length: 101 }, () => plan()) }, 'requests'],
    ['confirm', { requests: [plan({ id: RUN }), plan({ id: RUN })] }, 'requests'],
    ['confirm', { requests: [plan({ digest: 'A'.repeat(64) })] }, 'requests.0.digest'],
    ['confirm', { requests: [plan({ accepted: 'removals' })] }, 'requests.0.accepted'],
    ['confirm', { requests: [plan()], windowOverride: ' ' }, 'windowOverride'],
    ['reject', { ids: [] }, 'ids'],
    ['reject', { ids: [RUN, RUN] }, 'ids'],
    ['reject', { ids: ['web-1'] }, 'ids'],
    ['reject', { ids: [RUN], reason: 'x'.repeat(501) }, 'reason'],
  ])('does not %s what it is not told well: %j', async (way, body, field) => {
    const waiting = await ofRun(0);
    const { status, body: problem } = await administrator.post(`/request-inbox/${way}`, body);
    expect([status, (problem as { errors: { field: string }[] }).errors[0]?.field]).toEqual([400, field]);
    expect((await list()).items).toMatchObject([{ request: { id: waiting } }]);
  });

  it('is read, not decided, by a viewer; an operator confirms nothing of a schedule', async () => {
    const id = await ofRun(0);
    const confirm = { requests: [{ id, digest: DIGEST, accepted: [] }] };
    expect((await test.as('viewer').post('/request-inbox/confirm', confirm)).status).toBe(403);
    expect((await test.as('operator').post('/request-inbox/reject', { ids: [id] })).status).toBe(403);
    expect((await test.as('operator').post('/request-inbox/confirm', confirm)).body).toMatchObject({
      decided: 0,
      results: [{ code: 'not_permitted' }],
    });
    const outside = { ...confirm, windowOverride: 'it is urgent' };
    expect((await test.as('operator').post('/request-inbox/confirm', outside)).status).toBe(403);
    expect((await list()).total).toBe(1);
  });
});
