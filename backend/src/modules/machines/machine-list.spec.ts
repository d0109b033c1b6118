import { randomUUID } from 'node:crypto';
import { addMachine } from '../../../test/support/machine-samples';
import { createTestApp, type Client, type TestApp } from '../../../test/support/test-app';
import type { MachinePageDto } from './dto/machine-tile.dto';
import { machineListStatement } from './machine-list.statement';
import { MachinesModule } from './machines.module';
import { NEED_STATES } from './needs';

const KINDS = ['vm', 'physical', 'lxc', null] as const;
const SIZE = 137;

describe('the list of machines', () => {
  let test: TestApp;
  let viewer: Client;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule] });
    viewer = test.as('viewer');
    await seed();
  });
  afterAll(() => test.close());

  /** Many with the same name, rank, time and count, so that only the id tells them apart. */
  async function seed(): Promise<void> {
    await test.dataSource.query(
      `INSERT INTO machines (id, name, hostname, os_family, machine_kind, username, status, created_at, updated_at, last_seen_at)
       SELECT gen_random_uuid(), 'Web ' || (i / 7), 'host-' || i || '.example', 'debian', ($2::text[])[1 + i % 4], 'root',
              CASE WHEN i % 10 = 0 THEN 'unreachable' ELSE 'active' END, now(), now(),
              CASE WHEN i % 5 = 0 THEN NULL ELSE '2026-01-01T00:00:00.123456Z'::timestamptz + (i / 20) * interval '1 microsecond' END
         FROM generate_series(1, $1::int) AS i`,
      [SIZE, KINDS],
    );
    await test.dataSource.query(
      `INSERT INTO machine_state (machine_id, status, updated_at, needs_rank, underlying_needs_rank, apt_updates_count)
       SELECT id, 'unknown', now(), row_number() OVER (ORDER BY hostname) % 10, 7, NULLIF(row_number() OVER (ORDER BY hostname) % 4, 0)
         FROM machines`,
    );
  }

  async function page(query: string): Promise<MachinePageDto> {
    const { status, body } = await viewer.get(`/machines?${query}`);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body as MachinePageDto;
  }

  async function everything(query: string): Promise<MachinePageDto['items']> {
    const items: MachinePageDto['items'] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const got: MachinePageDto = await page(`${query}&limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`);
      items.push(...got.items);
      cursor = got.nextCursor;
    }
    return items;
  }

  describe.each(['need', 'name', 'lastSeen', 'updates'])('sorted by %s', (sort) => {
    it.each(['asc', 'desc'])('%s, gives every machine exactly once over its pages', async (order) => {
      const paged = await everything(`sort=${sort}&order=${order}`);
      const whole = await page(`sort=${sort}&order=${order}&limit=500`);
      expect(paged.map(({ id }) => id)).toEqual(whole.items.map(({ id }) => id));
      expect(new Set(paged.map(({ id }) => id)).size).toBe(SIZE);
      expect(whole).toMatchObject({ nextCursor: null, total: SIZE });
    });
  });

  it('stays complete while machines come and go between pages', async () => {
    const first = await page('sort=name&limit=50');
    const removed = first.items.at(-1)?.id;
    await test.dataSource.query('UPDATE machines SET deleted_at = now() WHERE id = $1', [removed]);
    await addMachine(test.as('operator'), 'aaa');
    const rest = await page(`sort=name&limit=500&cursor=${first.nextCursor ?? ''}`);
    expect(first.items.length + rest.items.length).toBe(SIZE);
    expect(new Set([...first.items, ...rest.items].map(({ id }) => id)).size).toBe(SIZE);
    await test.dataSource.query('UPDATE machines SET deleted_at = NULL WHERE id = $1', [removed]);
    await test.dataSource.query(`DELETE FROM machines WHERE name = 'aaa'`);
  });

  it('begins with the most pressing need, and with the newest contact', async () => {
    const needs = (await page('limit=500')).items.map(({ need }) => NEED_STATES.indexOf(need));
    expect(needs).toEqual([...needs].sort((a, b) => a - b));
    const seen = (await page('sort=lastSeen&limit=500')).items.map(({ lastSeenAt }) => lastSeenAt);
    expect(seen[0]).not.toBeNull();
    expect(seen.at(-1)).toBeNull();
  });

  it('counts the needs of all that match, whatever state is chosen', async () => {
    const all = await page('limit=1');
    expect(Object.keys(all.counts)).toEqual([...NEED_STATES]);
    expect(Object.values(all.counts).reduce((sum, count) => sum + count, 0)).toBe(SIZE);
    const some = await page('state=security&state=clean&limit=500');
    expect(some.counts).toEqual(all.counts);
    expect(some.total).toBe(all.counts.security + all.counts.clean);
    expect(some.items).toHaveLength(some.total);
    expect(new Set(some.items.map(({ need }) => need))).toEqual(new Set(['security', 'clean']));
    expect(await page('q=nothing-is-called-so')).toEqual({
      items: [],
      nextCursor: null,
      total: 0,
      counts: Object.fromEntries(NEED_STATES.map((need) => [need, 0])),
    });
  });

  it('filters by text, status, kind and tag', async () => {
    expect((await page('q=HOST-13.')).items.map(({ hostname }) => hostname)).toEqual(['host-13.example']);
    expect((await page('q=web%203&limit=500')).items.length).toBeGreaterThan(6);
    expect((await page('q=%25')).total).toBe(0);
    expect((await page('q=host_1')).total).toBe(0);
    expect((await page('status=unreachable')).total).toBe(13);
    expect((await page('kind=unknown')).total + (await page('kind=vm&kind=lxc&kind=physical')).total).toBe(SIZE);
    const [one, two] = (await page('limit=2')).items;
    const tag = (await test.as('operator').post('/tags', { name: 'Prod' })).body as { id: string };
    for (const id of [one?.id, two?.id]) await test.as('operator').patch(`/machines/${id ?? ''}`, { tagIds: [tag.id] });
    expect((await page(`tag=${tag.id}`)).total).toBe(2);
    expect((await page('tag=prod&q=web')).items[0]?.tags).toEqual([{ id: tag.id, name: 'Prod', color: null }]);
    expect((await page('tag=other')).total).toBe(0);
    expect((await page('archived=true')).total).toBe(0);
  });

  it('shows the job that runs', async () => {
    const { id = '' } = (await page('limit=1')).items[0] ?? {};
    const jobId = randomUUID();
    await test.dataSource.query(
      `INSERT INTO jobs (id, kind, machine_id, status, phase, step, created_at, started_at) VALUES ($1, 'machine_probe', $2, 'running', 'following', 'read', now(), now())`,
      [jobId, id],
    );
    await test.dataSource.query('UPDATE machine_state SET running_job_id = $1 WHERE machine_id = $2', [jobId, id]);
    expect((await viewer.get(`/machines/${id}`)).body).toMatchObject({
      runningJob: { id: jobId, kind: 'machine_probe', phase: 'following', step: 'read' },
    });
  });

  it.each([
    ['limit', 'limit=0'],
    ['limit', 'limit=501'],
    ['limit', 'limit=ten'],
    ['sort', 'sort=password'],
    ['sort', 'sort=name&sort=need'],
    ['order', 'order=up;drop'],
    ['state', 'state=fine'],
    ['kind', 'kind=toaster'],
    ['archived', 'archived=perhaps'],
    ['q', `q=${'x'.repeat(10_000)}`],
    ['q', 'q=%00'],
    ['cursor', 'cursor=nonsense'],
    ['cursor', `cursor=${Buffer.from('["machines:name:asc","x","y"]').toString('base64url')}&sort=name`],
    ['surprise', 'surprise=1'],
  ])('refuses a bad %s: %#', async (field, query) => {
    const { status, body } = await viewer.get(`/machines?${query}`);
    expect([status, (body as { errors: { field: string }[] }).errors[0]?.field]).toEqual([400, field]);
  });

  it('refuses the cursor of another order', async () => {
    const { nextCursor } = await page('sort=name&limit=10');
    expect((await viewer.get(`/machines?sort=name&order=desc&cursor=${nextCursor ?? ''}`)).status).toBe(400);
  });

  it('is one statement that touches no table of history', async () => {
    const statements = jest.spyOn(test.dataSource.logger, 'logQuery');
    await page('limit=100');
    const sent = statements.mock.calls.map(([statement]) => statement);
    statements.mockRestore();
    expect(sent.filter((statement) => /\b(machines?_?\w*|tags)\b/.test(statement))).toHaveLength(1);
    const { sql } = machineListStatement({ sort: 'need', limit: 100, archived: false }, 7);
    for (const table of ['snapshots', 'executions', 'machine_events', 'important_messages', 'apt_']) {
      expect(sql.replaceAll(/(s\.|AS )apt_/g, '')).not.toContain(table);
    }
  });
});
