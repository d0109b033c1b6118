import { insertRow } from '../../../test/support/insert-row';
import { addMachine } from '../../../test/support/machine-samples';
import { createTestApp, type Client, type TestApp } from '../../../test/support/test-app';
import { systemActor } from '../../kernel/auth/actor';
import type { Contract } from '../../kernel/contracts/contract';
import { Contracts } from '../../kernel/contracts/contracts';
import { alsoUnversioned } from '../../kernel/contracts/names';
import { count, document, list, mapOf, text } from '../../kernel/contracts/schemas';
import { newId } from '../../kernel/database/ids';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainEvents } from '../../kernel/events/domain-events';
import { eventContract } from '../../kernel/events/event-contracts';
import { secretRegistry } from '../../kernel/logging/secret-registry';
import { quoted } from '../../kernel/sentences/sentences';
import { MachinesModule } from '../machines/machines.module';
import type { EventDto, SnapshotDetailDto } from './dto/history.dto';
import { HistoryModule } from './history.module';
import { Snapshots } from './snapshots';

/** A contract that only this test has, with three versions: a count, which got a unit, which became a list of counts. */
const sample: Contract = {
  name: 'sample',
  title: 'Sample',
  description: 'Of this test.',
  columns: ['snapshots.payload_json'],
  versions: {
    1: { body: document(1, { count }), upcast: (old) => ({ count: old['count'], unit: 'piece' }) },
    2: {
      body: document(2, { count, unit: text }),
      upcast: ({ count: n, unit }) => ({ counts: [{ [unit as string]: n }] }),
    },
    3: { body: document(3, { counts: list(mapOf(count)) }, { text }) },
  },
};
const reduced: Contract = {
  ...sample,
  name: 'sample.important',
  columns: ['snapshots.important_json'],
  versions: { 1: { body: document(1, { n: count }) } },
};
const told = alsoUnversioned(eventContract('sample_told', 'What this test tells.', { old_name: text }));

describe('documents of history', () => {
  let test: TestApp;
  let operator: Client;
  let id: string;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule, HistoryModule] });
    operator = test.as('operator');
    test.app.get(Contracts).register(sample, reduced, told);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines CASCADE');
    id = await addMachine(operator, 'web-1');
  });

  const run = <T>(work: (tx: Transaction) => Promise<T>) => test.app.get(TransactionRunner).run(work);
  const store = (kind: string, payload: object) =>
    run((tx) => test.app.get(Snapshots).store(tx, { machineId: id, kind, status: 'ok', payload, important: { n: 3 } }));

  /** A row as another version of the program left it. */
  async function left(version: number, payload: object, kind = 'sample'): Promise<string> {
    const snapshotId = newId();
    await test.dataSource.query(
      `INSERT INTO snapshots (id, machine_id, kind, schema_version, created_at, status, payload_json)
       VALUES ($1, $2, $3, $4, now(), 'ok', $5)`,
      [snapshotId, id, kind, version, JSON.stringify(payload)],
    );
    return snapshotId;
  }

  it('keeps documents whole, with their version', async () => {
    const payload = { counts: [{ piece: 3 }], text: 'as it came' };
    const { id: snapshotId } = await store('sample', payload);
    expect((await operator.get(`/snapshots/${snapshotId}`)).body).toMatchObject({
      kind: 'sample',
      schemaVersion: 3,
      status: 'ok',
      payload: { schema_version: 3, ...payload },
      important: { schema_version: 1, n: 3 },
      unreadable: [],
    });
    expect((await operator.get(`/machines/${id}/snapshots?kind=sample`)).body).toMatchObject({
      items: [{ id: snapshotId }],
      nextCursor: null,
    });
    expect((await operator.get(`/machines/${id}/snapshots?kind=other`)).status).toBe(400);
    expect((await operator.get('/snapshots/01900000-0000-7000-8000-00000000dead')).status).toBe(404);
  });

  it.each([
    [1, { schema_version: 1, count: 3 }, [{ piece: 3 }]],
    [2, { schema_version: 2, count: 3, unit: 'box' }, [{ box: 3 }]],
    [3, { schema_version: 3, counts: [{ box: 3 }, { piece: 1 }] }, [{ box: 3 }, { piece: 1 }]],
  ])('gives rooms a row of version %i upcast, and shows it as it is stored', async (version, stored, counts) => {
    const snapshotId = await left(version, stored);
    expect(await test.app.get(Snapshots).latest(id, 'sample')).toMatchObject({
      id: snapshotId,
      payload: { readable: true, version, document: { schema_version: 3, counts } },
    });
    const { body } = await operator.get(`/snapshots/${snapshotId}`);
    expect(body).toMatchObject({ schemaVersion: version, payload: stored, important: null, unreadable: [] });
  });

  it.each<[string, number, object, string]>([
    ['a newer version', 4, { schema_version: 4, more: [1] }, 'newer'],
    ['a damaged document', 2, { schema_version: 2, count: 'three' }, 'damaged'],
  ])('shows %s as it is, marked, and drops nothing', async (_what, version, stored, reason) => {
    const snapshotId = await left(version, stored);
    const { status, body } = await operator.get(`/snapshots/${snapshotId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      payload: stored,
      unreadable: [{ contract: 'sample', schemaVersion: version, unreadable: reason, document: stored }],
    });
    expect(await test.app.get(Snapshots).latest(id, 'sample')).toMatchObject({ payload: { readable: false, reason } });
    expect((await operator.get(`/machines/${id}/snapshots`)).body).toMatchObject({ items: [{ id: snapshotId }] });
  });

  it.each<[string, object, string]>([
    ['a difference that a newer program wrote', { schema_version: 2, changes: [] }, 'newer'],
    [
      'one that does not fit',
      { schema_version: 1, operations: [{ op: 'replace', path: '/no/such', value: 1 }] },
      'damaged',
    ],
  ])('shows %s as it is, marked', async (_what, patch, reason) => {
    const { id: baseId } = await store('sample', { counts: [{ piece: 1 }] });
    const snapshotId = await left(3, patch);
    await test.dataSource.query('UPDATE snapshots SET content_snapshot_id = $2 WHERE id = $1', [snapshotId, baseId]);
    const { body } = await operator.get(`/snapshots/${snapshotId}`);
    expect(body).toMatchObject({ payload: patch });
    expect((body as SnapshotDetailDto).unreadable).toContainEqual(
      expect.objectContaining({ contract: 'snapshot_patch', unreadable: reason, document: patch }),
    );
    expect(await test.app.get(Snapshots).latest(id, 'sample')).toMatchObject({
      payload: { readable: false, reason, document: patch },
    });
  });

  it('shows what a feature that is gone has left', async () => {
    const snapshotId = await left(1, { schema_version: 1 }, 'gone');
    expect((await operator.get(`/snapshots/${snapshotId}`)).body).toMatchObject({
      unreadable: [{ contract: 'gone', unreadable: 'unknown', notice: expect.stringContaining('gone@1') as string }],
    });
    expect(await test.app.get(Snapshots).latest(id, 'other')).toBeNull();
  });

  it('gives the facts of an event: as a contract has them, upcast from before there was one, or marked', async () => {
    const event = {
      type: 'sample_told',
      machineId: id,
      severity: 'info',
      actor: systemActor,
      message: quoted('x'),
    } as const;
    await run((tx) => test.app.get(DomainEvents).publish(tx, { ...event, payload: { oldName: 'a' } }));
    const insert = (facts: object) =>
      test.dataSource.query(
        `INSERT INTO machine_events (id, machine_id, event_type, severity, created_at, payload_json)
         VALUES ($1, $2, 'sample_told', 'info', now(), $3)`,
        [newId(), id, JSON.stringify(facts)],
      );
    await insert({ oldName: 'b' });
    await insert({ schema_version: 9, what: 'ever' });
    const { body } = await operator.get(`/machines/${id}/events?limit=4`);
    expect((body as { items: EventDto[] }).items.map(({ facts }) => facts)).toEqual([
      expect.objectContaining({ unreadable: 'newer', document: { schema_version: 9, what: 'ever' } }),
      expect.objectContaining({ schemaVersion: 0, unreadable: null, document: { schema_version: 1, old_name: 'b' } }),
      expect.objectContaining({ schemaVersion: 1, unreadable: null, document: { schema_version: 1, old_name: 'a' } }),
      expect.objectContaining({ contract: 'event.machine_created', unreadable: null }),
    ]);
    const changed = newId();
    const execution = { machine_id: id, action: 'sample', mode: 'manual', started_at: new Date(), status: 'ok' };
    await insertRow(test.dataSource, 'executions', { id: changed, ...execution });
    await run((tx) => test.app.get(DomainEvents).publish(tx, { ...event, executionId: changed }));
    const [newest] = ((await operator.get(`/machines/${id}/events?limit=1`)).body as { items: EventDto[] }).items;
    expect(newest?.executionId).toBe(changed);
    const unfit = run((tx) => test.app.get(DomainEvents).publish(tx, { ...event, payload: { newName: 'c' } }));
    await expect(unfit).rejects.toThrow('The document event.sample_told@1 does not match at /');
    const nameless = { ...event, type: 'untold', payload: { a: 1 } };
    await expect(run((tx) => test.app.get(DomainEvents).publish(tx, nameless))).rejects.toThrow('no contract');
    const kept = await operator.get(`/machines/${id}/events`);
    expect((kept.body as { items: EventDto[] }).items).toHaveLength(5);
  });

  it('keeps no document without its contract, and none that repeats a secret', async () => {
    await expect(store('sample', { counts: [{ piece: 'three' }] })).rejects.toMatchObject({
      code: 'contract_mismatch',
      message: 'The document sample@3 does not match at /counts/0/piece: it must be integer.',
    });
    await expect(store('absent', {})).rejects.toMatchObject({ code: 'contract_unknown' });
    const drop = secretRegistry.register('Planted-secret-55');
    try {
      await expect(store('sample', { counts: [], text: 'Planted-secret-55' })).rejects.toMatchObject({
        code: 'document_holds_secret',
      });
    } finally {
      drop();
    }
    expect(await test.dataSource.query('SELECT 1 FROM snapshots')).toEqual([]);
  });
});
