import { insertMachine } from '../../../test/support/insert-row';
import { createTestApp, type TestApp } from '../../../test/support/test-app';
import { newId } from '../../kernel/database/ids';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';
import { TransactionRunner } from '../../kernel/database/transaction';
import { MachinesModule } from '../machines/machines.module';
import { NetworkMembers } from './network-members';
import { NetworksModule } from './networks.module';

interface Network {
  readonly id: string;
  readonly updatedAt: string;
}

const office = { name: 'Office', ranges: ['10.1.0.0/16'], concurrency: 4 };

describe('networks', () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule, NetworksModule] });
  });
  afterEach(async () => {
    await affected(test.dataSource, 'DELETE FROM machines');
    await affected(test.dataSource, 'DELETE FROM networks');
  });
  afterAll(() => test.close());

  const create = async (more: object = {}): Promise<Network> => {
    const response = await test.as('administrator').post('/networks', { ...office, ...more });
    expect(response.body).toMatchObject({ id: expect.any(String) as unknown });
    expect(response.status).toBe(201);
    return response.body as Network;
  };
  const networkOf = async (machineId: string): Promise<string | null> => {
    const sql = `SELECT n.name FROM machines m LEFT JOIN networks n ON n.id = m.network_id WHERE m.id = $1`;
    return (await queryOne<{ name: string | null }>(test.dataSource, sql, [machineId]))?.name ?? null;
  };
  const put = (address: string | null): Promise<string> => insertMachine(test.dataSource, { address });
  const all = async (): Promise<unknown> => (await test.as('viewer').get('/networks')).body;

  it('are made, listed, changed in part and removed, each with its audit', async () => {
    const made = await create();
    expect(made).toMatchObject({ ...office, machines: 0, running: 0, waiting: 0, updatedBy: 'The administrator' });
    const change = { concurrency: 7, seen: made.updatedAt };
    const changed = await test.as('administrator').patch(`/networks/${made.id}`, change);
    expect(changed.body).toMatchObject({ ...office, concurrency: 7 });
    expect(await all()).toEqual([changed.body]);
    const seen = encodeURIComponent((changed.body as Network).updatedAt);
    expect((await test.as('administrator').delete(`/networks/${made.id}?seen=${seen}`)).status).toBe(204);
    expect(await all()).toEqual([]);
    const audit = await queryRows<{ action: string; details: object }>(
      test.dataSource,
      'SELECT action, details_json AS details FROM audit_log WHERE object_id = $1 ORDER BY id',
      [made.id],
    );
    expect(audit.map(({ action }) => action)).toEqual(['network.created', 'network.changed', 'network.removed']);
    expect(audit[1]?.details).toMatchObject({ before: { concurrency: 4 }, after: { concurrency: 7 } });
  });

  it.each([
    ['no range', { ranges: [] }, 'ranges'],
    ['a range that is none', { ranges: ['the office'] }, 'ranges'],
    ['bits of the host', { ranges: ['10.1.2.3/16'] }, 'ranges'],
    ['the same range twice', { ranges: ['10.1.0.0/16', '10.1.0.0/16'] }, 'ranges'],
    ['no place at all', { concurrency: 0 }, 'concurrency'],
    ['half a place', { concurrency: 1.5 }, 'concurrency'],
    ['no name', { name: '  ' }, 'name'],
    ['a name that is null', { name: null }, 'name'],
    ['something unknown', { limit: 3 }, 'limit'],
  ])('with %s is refused, naming the field', async (_what, more, field) => {
    const response = await test.as('administrator').post('/networks', { ...office, ...more });
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ code: 'invalid_input', errors: [{ field }] });
    const made = await create();
    const change = await test.as('administrator').patch(`/networks/${made.id}`, { ...more, seen: made.updatedAt });
    expect(change.status).toBe(400);
    expect(await all()).toMatchObject([office]);
  });

  it('refuses a name or a range that another has, and says which', async () => {
    await create();
    const sameName = await test
      .as('administrator')
      .post('/networks', { ...office, name: 'OFFICE', ranges: ['10.2.0.0/16'] });
    expect(sameName.body).toMatchObject({ code: 'network_name_taken', status: 409 });
    const sameRange = await test.as('administrator').post('/networks', { ...office, name: 'Other' });
    expect(sameRange.body).toMatchObject({ code: 'network_range_taken', status: 409 });
    expect((sameRange.body as { detail: string }).detail).toContain('Office');
    expect(await all()).toMatchObject([office]);
  });

  it('refuses a change of what has changed meanwhile, and who may not', async () => {
    const made = await create();
    const change = { concurrency: 7, seen: '2020-01-01T00:00:00Z' };
    const late = await test.as('administrator').patch(`/networks/${made.id}`, change);
    expect(late.body).toMatchObject({ code: 'network_changed', status: 409 });
    const gone = await test.as('administrator').patch(`/networks/${newId()}`, change);
    expect(gone.status).toBe(404);
    expect((await test.as('viewer').post('/networks', office)).status).toBe(403);
    expect(await all()).toMatchObject([office]);
  });

  it('have the machines whose address they hold, the narrowest range first', async () => {
    const [inside, deeper, outside, unknown, six] = [
      await put('10.1.2.3'),
      await put('10.1.9.1'),
      await put('10.2.0.1'),
      await put(null),
      await put('2001:db8::7'),
    ];
    const made = await create();
    await create({ name: 'Lab', ranges: ['10.1.9.0/24', '2001:db8::/32'] });
    expect(await Promise.all([inside, deeper, outside, unknown, six].map(networkOf))).toEqual([
      'Office',
      'Lab',
      null,
      null,
      'Lab',
    ]);
    expect(await all()).toMatchObject([
      { name: 'Lab', machines: 2 },
      { name: 'Office', machines: 1 },
    ]);
    const wider = { ranges: ['10.0.0.0/8'], seen: made.updatedAt };
    const changed = await test.as('administrator').patch(`/networks/${made.id}`, wider);
    expect(changed.body).toMatchObject({ machines: 2 });
    expect(await networkOf(outside)).toBe('Office');
    const seen = encodeURIComponent((changed.body as Network).updatedAt);
    await test.as('administrator').delete(`/networks/${made.id}?seen=${seen}`);
    expect(await networkOf(inside)).toBeNull();
    expect(await networkOf(deeper)).toBe('Lab');
  });

  it('get a machine when it is added or its address edited', async () => {
    await create();
    const added = await test.as('administrator').post('/machines', {
      name: 'desk',
      hostname: '10.1.0.5',
      username: 'root',
      credentials: { authMethod: 'password', password: 'fjord-lantern-42', sudoMode: 'none' },
    });
    expect(added.body).toMatchObject({ hostname: '10.1.0.5' });
    const { id } = added.body as { id: string };
    expect(await networkOf(id)).toBe('Office');
    const rename = (hostname: string) => test.as('administrator').patch(`/machines/${id}`, { hostname });
    expect((await rename('desk.example.org')).status).toBe(200);
    expect(await networkOf(id)).toBeNull();
    expect((await rename('10.1.0.6')).status).toBe(200);
    expect(await networkOf(id)).toBe('Office');
  });

  it('are decided one after the other with addresses that are learned meanwhile', async () => {
    const members = test.app.get(NetworkMembers, { strict: false });
    const transactions = test.app.get(TransactionRunner, { strict: false });
    const machineId = await put(null);
    let making: Promise<Network> | undefined;
    await transactions.run(async (tx) => {
      await members.hold(tx, 'address');
      await affected(tx.manager, `UPDATE machines SET address = '10.1.4.4' WHERE id = $1`, [machineId]);
      await members.assign(tx, machineId);
      // It must not look at the machine before this address stands.
      making = create();
    });
    await making;
    expect(await networkOf(machineId)).toBe('Office');
  });
});
