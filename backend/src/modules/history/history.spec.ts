import { addMachine } from '../../../test/support/machine-samples';
import { createTestApp, type Client, type TestApp } from '../../../test/support/test-app';
import { systemActor } from '../../kernel/auth/actor';
import type { Contract } from '../../kernel/contracts/contract';
import { Contracts } from '../../kernel/contracts/contracts';
import { count, document, text as textSchema } from '../../kernel/contracts/schemas';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { migrate, revertMigrations } from '../../kernel/database/migrate';
import { DomainEvents } from '../../kernel/events/domain-events';
import { secretRegistry } from '../../kernel/logging/secret-registry';
import { MachinesModule } from '../machines/machines.module';
import type { MessageDto } from './dto/messages.dto';
import { HistoryModule } from './history.module';
import { ImportantMessages, type GoneErrors, type ImportantMessage } from './important-messages';
import { Snapshots } from './snapshots';
import { quoted } from '../../kernel/sentences/sentences';

interface Page {
  items: { id: string }[];
  nextCursor: string | null;
}

const warning: ImportantMessage = {
  category: 'warning',
  severity: 'warning',
  packageName: 'sample',
  component: null,
  message: 'it warns',
};
const open: Contract = {
  name: 'sample',
  title: 'Sample',
  description: 'Of this test.',
  columns: ['snapshots.payload_json'],
  versions: { 1: { body: document(1, { count }, { text: textSchema }) } },
};
const reduced: Contract = {
  ...open,
  name: 'sample.important',
  columns: ['snapshots.important_json'],
  versions: { 1: { body: document(1, { n: { type: ['integer', 'object'] } }) } },
};

describe('history', () => {
  let test: TestApp;
  let operator: Client;
  let id: string;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule, HistoryModule] });
    operator = test.as('operator');
    test.app.get(Contracts).register(open, reduced);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines CASCADE');
    id = await addMachine(operator, 'web-1');
  });

  const run = <T>(work: (tx: Transaction) => Promise<T>) => test.app.get(TransactionRunner).run(work);
  const messages = async (query = '') => (await operator.get(`/machines/${id}/messages${query}`)).body as MessageDto[];
  const upsert = (...list: ImportantMessage[]) =>
    run((tx) => test.app.get(ImportantMessages).upsert(tx, { machineId: id, source: 'apt', messages: list }));
  const openCount = async () =>
    ((await operator.get(`/machines/${id}`)).body as { openMessagesCount: number | null }).openMessagesCount;

  async function everything(path: string): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await test.as('administrator').get(`${path}?limit=7${query}`);
      const page = body as Page;
      ids.push(...page.items.map((item) => item.id));
      cursor = page.nextCursor;
    }
    return ids;
  }

  it('gives every event and audit row once over its pages, newest first, also those of one moment', async () => {
    await test.dataSource.query(
      `INSERT INTO machine_events (id, machine_id, event_type, severity, created_at, message)
       SELECT gen_random_uuid(), $1, 'sample', 'info', '2026-01-01T00:00:00Z'::timestamptz + (i / 9) * interval '1 microsecond', i::text
         FROM generate_series(1, 60) AS i`,
      [id],
    );
    const expected = await test.dataSource.query<{ id: string }[]>(
      'SELECT id FROM machine_events WHERE machine_id = $1 ORDER BY created_at DESC, id DESC',
      [id],
    );
    expect(await everything(`/machines/${id}/events`)).toEqual(expected.map((row) => row.id));
    const audit = await test.dataSource.query<{ id: string }[]>('SELECT id FROM audit_log ORDER BY at DESC, id DESC');
    expect(await everything('/audit')).toEqual(audit.map((row) => row.id));
    expect((await operator.get('/audit')).status).toBe(403);
    expect((await operator.get(`/machines/${id}/events?cursor=nonsense`)).status).toBe(400);
    expect((await operator.get(`/machines/${id}/events?limit=0`)).status).toBe(400);
  });

  it('filters the audit, and names machine, actor and details', async () => {
    const administrator = test.as('administrator');
    const { body } = await administrator.get(`/audit?machineId=${id}&action=credentials.stored&outcome=ok&limit=5`);
    const { items } = body as { items: Record<string, unknown>[] };
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ action: 'credentials.stored', machineId: id, outcome: 'ok' });
    expect(items[0]?.['machineName']).toEqual(expect.any(String));
    expect(items[0]).toHaveProperty('details');
    const actorId = String(items[0]?.['actorId']);
    const mine = (await administrator.get(`/audit?actorId=${actorId}`)).body as { items: { actorId: string }[] };
    expect(mine.items.length).toBeGreaterThan(0);
    expect(new Set(mine.items.map((entry) => entry.actorId))).toEqual(new Set([actorId]));
    expect((await administrator.get('/audit?outcome=denied')).body).toMatchObject({ items: [] });
    expect((await administrator.get('/audit?action=nothing.known')).status).toBe(400);
  });

  it('writes an event with who, what and which job, in the transaction of what happened', async () => {
    const jobId = '01900000-0000-7000-8000-0000000000aa';
    const event = {
      type: 'sample_done',
      machineId: id,
      severity: 'warning',
      actor: systemActor,
      message: quoted('It was done.'),
      jobId,
    } as const;
    const failing = run(async (tx) => {
      await test.app.get(DomainEvents).publish(tx, event);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await run((tx) => test.app.get(DomainEvents).publish(tx, event));
    const { body } = await operator.get(`/machines/${id}/events?limit=1`);
    expect((body as Page).items[0]).toMatchObject({
      eventType: 'sample_done',
      severity: 'warning',
      actorType: 'system',
      actorName: 'system_update',
      message: 'It was done.',
      jobId,
      snapshotId: null,
    });
    const rows = await test.dataSource.query<object[]>(`SELECT 1 FROM machine_events WHERE event_type = 'sample_done'`);
    expect(rows).toHaveLength(1);
  });

  it('names in an event who it was, though the name be a password of a machine', async () => {
    const drops = ['debian', 'Administrator-1'].map((word) => secretRegistry.register(word));
    const actor = { type: 'user', id: null, name: 'Administrator-1' } as const;
    const message = quoted('debian-goodies, says Administrator-1');
    await run((tx) =>
      test.app.get(DomainEvents).publish(tx, { type: 'sample_done', machineId: id, severity: 'info', actor, message }),
    );
    for (const drop of drops) drop();
    const { body } = await operator.get(`/machines/${id}/events?limit=1`);
    expect((body as Page).items[0]).toMatchObject({
      actorName: 'Administrator-1',
      message: 'debian-goodies, says •••',
    });
  });

  describe('a reading that says the same again', () => {
    const text = 'x'.repeat(400);
    const store = (payload: object, contentSha256?: string) =>
      run((tx) =>
        test.app.get(Snapshots).store(tx, {
          machineId: id,
          kind: 'sample',
          status: 'ok',
          payload,
          important: { n: payload },
          ...(contentSha256 === undefined ? {} : { contentSha256 }),
        }),
      );
    const read = async (snapshotId: string) =>
      (await operator.get(`/snapshots/${snapshotId}`)).body as { payload: object; contentSnapshotId: string | null };
    const bytes = async (snapshotId: string) =>
      (
        await test.dataSource.query<[{ bytes: number }]>(
          'SELECT length(payload_json::text) AS bytes FROM snapshots WHERE id = $1',
          [snapshotId],
        )
      )[0].bytes;
    const [same, other] = ['a'.repeat(64), 'b'.repeat(64)];

    it('keeps only what differs, names the one it shares, and reads whole', async () => {
      const first = await store({ count: 1, text }, same);
      const second = await store({ count: 2, text }, same);
      const third = await store({ count: 3, text }, same);
      expect([first, second, third].map(({ contentSnapshotId }) => contentSnapshotId)).toEqual([
        null,
        first.id,
        first.id,
      ]);
      expect(await read(third.id)).toMatchObject({
        payload: { count: 3, text },
        important: { n: { count: 3, text } },
        contentSnapshotId: first.id,
      });
      expect(await read(first.id)).toMatchObject({ payload: { count: 1, text }, contentSnapshotId: null });
      expect(await test.app.get(Snapshots).latest(id, 'sample')).toMatchObject({
        payload: { document: { count: 3, text } },
      });
      expect(await bytes(third.id)).toBeLessThan(140);
    });

    it('is kept whole when what is derived differs, when most of it differs, and for another machine', async () => {
      await store({ count: 1, text }, same);
      expect(await store({ count: 1, text }, other)).toMatchObject({ contentSnapshotId: null });
      // Back to what it was before the last: that is news.
      expect(await store({ count: 1, text }, same)).toMatchObject({ contentSnapshotId: null });
      expect(await store({ count: 1, text: 'y'.repeat(400) }, same)).toMatchObject({ contentSnapshotId: null });
      id = await addMachine(operator, 'web-2');
      expect(await store({ count: 1, text: 'y'.repeat(400) }, same)).toMatchObject({ contentSnapshotId: null });
    });

    it('protects the one that it stands on, and goes with its machine', async () => {
      const first = await store({ count: 1, text }, same);
      await store({ count: 2, text }, same);
      await expect(test.dataSource.query('DELETE FROM snapshots WHERE id = $1', [first.id])).rejects.toThrow(
        'snapshots_content_snapshot_id_fkey',
      );
      await test.dataSource.query('DELETE FROM machines WHERE id = $1', [id]);
      expect(await test.dataSource.query('SELECT 1 FROM snapshots')).toEqual([]);
    });

    it('gets its content back when the schema goes back', async () => {
      await store({ count: 1, text }, same);
      const second = await store({ count: 2, text }, same);
      const applied = await migrationNames();
      const count = applied.length - applied.findIndex((name) => name.startsWith('GrowthSharedSnapshots'));
      await revertMigrations({ url: test.database.url }, count);
      try {
        expect(
          await test.dataSource.query('SELECT payload_json, important_json FROM snapshots WHERE id = $1', [second.id]),
        ).toEqual([
          {
            payload_json: { schema_version: 1, count: 2, text },
            important_json: { schema_version: 1, n: { count: 2, text } },
          },
        ]);
      } finally {
        await migrate({ url: test.database.url });
      }
    });

    const migrationNames = async () =>
      (await test.dataSource.query<{ name: string }[]>('SELECT name FROM schema_migrations ORDER BY id')).map(
        ({ name }) => name,
      );
  });

  it('keeps a message once however often it is said, and counts what is open', async () => {
    expect(await openCount()).toBeNull();
    await upsert();
    expect(await openCount()).toBe(0);
    await upsert(warning, warning, { ...warning, packageName: 'other' });
    const [first] = await messages();
    await upsert(warning);
    expect(await messages()).toHaveLength(2);
    expect(await openCount()).toBe(2);
    const seen = (await messages()).find((message) => message.packageName === 'sample');
    expect(Date.parse(String(seen?.lastSeenAt))).toBeGreaterThanOrEqual(Date.parse(String(first?.lastSeenAt)));
    expect(seen?.firstSeenAt).not.toBe(seen?.lastSeenAt);
  });

  it('opens an error again when another run fails of it, and names that run; said again by the same one, it stays', async () => {
    const error = { ...warning, category: 'error', severity: 'error' } as const;
    const failsIn = async (executionId: string) => {
      await test.dataSource.query(
        `INSERT INTO executions (id, machine_id, action, mode, started_at, finished_at, status)
         VALUES ($1, $2, 'sample', 'manual', now(), now(), 'error') ON CONFLICT DO NOTHING`,
        [executionId, id],
      );
      const batch = { machineId: id, source: 'apt', executionId, messages: [error] } as const;
      await run((tx) => test.app.get(ImportantMessages).upsert(tx, batch));
    };
    const [first, second] = ['01900000-0000-7000-8000-0000000000a1', '01900000-0000-7000-8000-0000000000a2'];
    await failsIn(first);
    const messageId = (await messages())[0]?.id ?? '';
    await operator.post(`/messages/${messageId}/acknowledge`);
    await failsIn(first);
    expect(await messages()).toMatchObject([{ id: messageId, acknowledged: true }]);
    expect(await openCount()).toBe(0);
    await failsIn(second);
    const open = { id: messageId, acknowledged: false, acknowledgedBy: null, acknowledgedAt: null };
    expect(await messages()).toMatchObject([open]);
    expect(await openCount()).toBe(1);
    const rows = await test.dataSource.query<object[]>('SELECT execution_id FROM important_messages WHERE id = $1', [
      messageId,
    ]);
    expect(rows).toEqual([{ execution_id: second }]);
  });

  it('opens an error again that was gone in between, and no other message', async () => {
    const said = { component: 'a place', payload: { code: 'failed' } };
    const error = { ...warning, ...said, category: 'error', severity: 'error' } as const;
    const batch = { machineId: id, source: 'apt' } as const;
    const looked = (found: readonly ImportantMessage[], gone?: GoneErrors) =>
      run((tx) =>
        test.app
          .get(ImportantMessages)
          .upsert(tx, { ...batch, ...(gone === undefined ? {} : { gone }), messages: found }),
      );
    const all = { codes: ['failed', 'sample'], except: [] };
    await looked([error, warning]);
    for (const { id: messageId } of await messages()) await operator.post(`/messages/${messageId}/acknowledge`);
    await looked([]);
    await looked([], { ...all, codes: ['another'] });
    await looked([], { ...all, except: ['a place', 'http://there main'] });
    await looked([error, warning], all);
    await looked([error, warning], all);
    expect(await openCount()).toBe(0);
    await looked([], all);
    await looked([], all);
    await looked([error, warning]);
    expect(await messages()).toMatchObject([
      { severity: 'error', acknowledged: false, acknowledgedBy: null, acknowledgedAt: null },
      { severity: 'warning', acknowledged: true },
    ]);
    expect(await openCount()).toBe(1);
  });

  it('lets somebody acknowledge a message and open it again; said again, it stays acknowledged', async () => {
    await upsert(warning);
    const messageId = (await messages())[0]?.id ?? '';
    expect((await test.as('viewer').post(`/messages/${messageId}/acknowledge`)).status).toBe(403);
    const { body } = await operator.post(`/messages/${messageId}/acknowledge`);
    expect(body).toMatchObject({
      acknowledged: true,
      acknowledgedBy: 'The operator',
      acknowledgedAt: expect.any(String) as string,
    });
    expect(await openCount()).toBe(0);
    await upsert(warning);
    expect(await messages('?acknowledged=true')).toHaveLength(1);
    expect(await messages('?acknowledged=false')).toHaveLength(0);
    expect((await operator.delete(`/messages/${messageId}/acknowledge`)).body).toMatchObject({
      acknowledged: false,
      acknowledgedBy: null,
    });
    expect(await openCount()).toBe(1);
    expect((await operator.post('/messages/01900000-0000-7000-8000-00000000dead/acknowledge')).status).toBe(404);
  });
});
