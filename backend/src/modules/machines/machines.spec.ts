import { ed25519KeyPair } from '../../../test/support/key-pairs';
import { addMachine, machineInput, passwordCredentials } from '../../../test/support/machine-samples';
import { createTestApp, type Client, type TestApp } from '../../../test/support/test-app';
import { HistoryModule } from '../history/history.module';
import { MachinesModule } from './machines.module';

interface Problem {
  code: string;
  errors?: { field: string; message: string }[];
  machine?: { id: string; name: string };
}

describe('machines', () => {
  let test: TestApp;
  let operator: Client;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule, HistoryModule] });
    operator = test.as('operator');
  });
  afterAll(() => test.close());
  beforeEach(() => test.dataSource.query('TRUNCATE machines, tags CASCADE'));

  const count = async (): Promise<number> => {
    const [row] = await test.dataSource.query<{ n: string }[]>('SELECT count(*) AS n FROM machines');
    return Number(row?.n);
  };
  const eventTypes = async (id: string): Promise<string[]> => {
    const { body } = await operator.get(`/machines/${id}/events`);
    return (body as { items: { eventType: string }[] }).items.map((event) => event.eventType).reverse();
  };

  describe('what is refused', () => {
    const credentials = (more: object) => ({ credentials: { ...passwordCredentials, ...more } });
    const key = ed25519KeyPair().private;
    const byKey = { authMethod: 'ssh_key', password: undefined, privateKey: key };

    it.each<[string, object]>([
      ['name', { name: '' }],
      ['name', { name: 'x'.repeat(10_000) }],
      ['name', { name: 'a\nb' }],
      ['name', { name: '$(id)' }],
      ['name', { name: '-x' }],
      ['name', { name: 7 }],
      ['name', { name: null }],
      ['name', { name: undefined }],
      ['hostname', { hostname: '-oProxyCommand=id' }],
      ['hostname', { hostname: '$(id)' }],
      ['hostname', { hostname: 'a\nb' }],
      ['hostname', { hostname: 'a b' }],
      ['hostname', { hostname: 'x'.repeat(10_000) }],
      ['hostname', { hostname: ['web'] }],
      ['port', { port: 0 }],
      ['port', { port: 65_536 }],
      ['port', { port: 2.5 }],
      ['port', { port: '22' }],
      ['port', { port: null }],
      ['username', { username: '-root' }],
      ['username', { username: '$(id)' }],
      ['username', { username: 'root\n' }],
      ['username', { username: '' }],
      ['machineKind', { machineKind: 'toaster' }],
      ['tagIds', { tagIds: ['nonsense'] }],
      ['tagIds', { tagIds: ['01900000-0000-7000-8000-00000000dead'] }],
      ['tagIds', { tagIds: 'x' }],
      ['surprise', { surprise: 1 }],
      ['id', { id: '01900000-0000-7000-8000-00000000dead' }],
      ['status', { status: 'active' }],
      ['credentials', { credentials: undefined }],
      ['credentials', { credentials: 'password' }],
      ['credentials', { credentials: [passwordCredentials] }],
      ['credentials.authMethod', credentials({ authMethod: 'telnet' })],
      ['credentials.password', credentials({ password: undefined })],
      ['credentials.password', credentials({ password: '' })],
      ['credentials.password', credentials({ password: 'two\nlines' })],
      ['credentials.password', credentials({ password: 'x'.repeat(10_000) })],
      ['credentials.sudoPassword', credentials({ sudoPassword: undefined })],
      ['credentials.sudoPassword', credentials({ sudoMode: 'none' })],
      ['credentials.privateKey', credentials({ privateKey: key })],
      ['credentials.privateKey', credentials({ ...byKey, privateKey: 'no key' })],
      ['credentials.keyPassphrase', credentials({ ...byKey, keyPassphrase: 'two\nlines' })],
      ['credentials.password', credentials({ ...byKey, sudoMode: 'same_as_ssh', sudoPassword: undefined })],
      ['credentials.enc_password', credentials({ enc_password: 'suenc:1:a:b:c' })],
      ['aptProxy.mode', { aptProxy: { mode: 'maybe' } }],
      ['aptProxy.url', { aptProxy: { mode: 'custom' } }],
      ['aptProxy.url', { aptProxy: { mode: 'custom', url: 'http://u:p@proxy:3128' } }],
      ['aptProxy.url', { aptProxy: { mode: 'custom', url: 'http://proxy:3128', password: 'x' } }],
      ['aptProxy.url', { aptProxy: { mode: 'none', url: 'http://proxy:3128' } }],
    ])('%s, case %#', async (field, more) => {
      const { status, body, type } = await operator.post('/machines', machineInput('web-1', more));
      expect({ status, type, code: (body as Problem).code }).toEqual({
        status: 400,
        type: 'application/problem+json',
        code: 'invalid_input',
      });
      expect((body as Problem).errors?.map((error) => error.field.replace(/\.\d+$/, ''))).toContain(field);
      expect(JSON.stringify(body)).not.toContain('Planted');
      expect(await count()).toBe(0);
    });

    it.each(['{"name":', '[]', '"text"', '{"__proto__":{"name":"x"}}'])('the body %s', async (text) => {
      const { status, body } = await operator.post('/machines').set('Content-Type', 'application/json').send(text);
      expect(status).toBe(400);
      expect((body as Problem).code).toMatch(/^(malformed_body|malformed_request|invalid_input)$/);
      expect(await count()).toBe(0);
    });

    it.each(['x', '1', '%00', '00000000-0000-0000-0000-00000000000g'])('the id %s', async (id) => {
      const { status } = await operator.get(`/machines/${id}`);
      expect(status).toBe(400);
    });

    it('tells of a wrong type before any length or limit', async () => {
      const messages = (body: object) => (body as Problem).errors?.map(({ message }) => message);
      const created = await operator.post('/machines', machineInput('web-1', { port: '22', name: 7 }));
      expect(messages(created.body)).toEqual(['name must be a string', 'port must be an integer number']);
      const listed = await operator.get('/machines?q=a&q=b&limit=many');
      expect(messages(listed.body)).toEqual(['q must be a string', 'limit must be an integer number']);
    });

    it('a change with a bad field, whole', async () => {
      const id = await addMachine(operator, 'web-1');
      const { status } = await operator.patch(`/machines/${id}`, { name: 'renamed', username: '-x' });
      expect(status).toBe(400);
      expect((await operator.get(`/machines/${id}`)).body).toMatchObject({ name: 'web-1' });
    });
  });

  it('answers 404 for what is not there', async () => {
    const id = '01900000-0000-7000-8000-00000000dead';
    const answers = await Promise.all([
      operator.get(`/machines/${id}`),
      operator.patch(`/machines/${id}`, { name: 'x' }),
      operator.post(`/machines/${id}/archive`),
      operator.put(`/machines/${id}/credentials`, passwordCredentials),
      operator.post(`/machines/${id}/connection-test`),
      operator.get(`/machines/${id}/hardware`),
    ]);
    expect(answers.map(({ status, body }) => [status, (body as Problem).code])).toEqual(
      answers.map(() => [404, 'not_found']),
    );
  });

  it('lets nobody do what the role does not include', async () => {
    const id = await addMachine(operator, 'web-1');
    const viewer = test.as('viewer');
    expect((await viewer.get(`/machines/${id}`)).status).toBe(200);
    expect((await viewer.post('/machines', machineInput('web-2'))).status).toBe(403);
    expect((await viewer.patch(`/machines/${id}`, { name: 'x' })).status).toBe(403);
    expect((await viewer.put(`/machines/${id}/credentials`, passwordCredentials)).status).toBe(403);
    expect((await viewer.post(`/machines/${id}/connection-test`)).status).toBe(403);
    expect((await test.anonymous.get('/machines')).status).toBe(401);
    expect(await count()).toBe(1);
  });

  it('adds a machine with its tags and tells what it became', async () => {
    const tag = (await operator.post('/tags', { name: 'prod', color: '#aa0000' })).body as { id: string };
    const { status, body } = await operator.post(
      '/machines',
      machineInput('web-1', { tagIds: [tag.id], machineKind: 'vm' }),
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'web-1',
      port: 22,
      username: 'updater',
      osFamily: null,
      machineKind: 'vm',
      status: 'new',
      need: 'unknown',
      tags: [{ id: tag.id, name: 'prod', color: '#aa0000' }],
      apt: { updatesCount: null, securityCount: null, keptBackCount: null, rebootRequired: null },
      openMessagesCount: null,
      aptProxy: { mode: 'system', url: null, hasPassword: false },
      credentials: {
        authMethod: 'password',
        sudoMode: 'separate',
        hasPassword: true,
        hasSudoPassword: true,
        hasPrivateKey: false,
        status: 'unknown',
      },
      hostKeys: [],
    });
    expect(await eventTypes((body as { id: string }).id)).toEqual(['machine_created']);
    expect(test.live.changes).toContainEqual({ machineIds: [(body as { id: string }).id] });
  });

  describe('one machine per address', () => {
    it('names the machine that has it, whatever the spelling', async () => {
      const id = await addMachine(operator, 'web-1', { hostname: 'Web.Example' });
      const { status, body } = await operator.post('/machines', machineInput('web-2', { hostname: 'web.EXAMPLE' }));
      expect([status, body]).toMatchObject([409, { code: 'machine_address_taken', machine: { id, name: 'web-1' } }]);
      await addMachine(operator, 'web-3', { hostname: 'web.example', port: 2222 });
      await addMachine(operator, 'six', { hostname: '2001:db8:0::1' });
      expect((await operator.post('/machines', machineInput('six-2', { hostname: '2001:DB8::1' }))).status).toBe(409);
      await addMachine(operator, 'four', { hostname: '127.0.74.1' });
      const mapped = machineInput('four-2', { hostname: '::ffff:127.0.74.1' });
      expect((await operator.post('/machines', mapped)).status).toBe(409);
    });

    it('holds for requests at the same moment', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          operator.post('/machines', machineInput(`web-${String(index)}`, { hostname: 'same' })),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
      expect(await count()).toBe(1);
    });

    it('holds for changes and restores', async () => {
      const [first, second] = [await addMachine(operator, 'web-1'), await addMachine(operator, 'web-2')];
      expect((await operator.patch(`/machines/${second}`, { hostname: 'web-1.example' })).status).toBe(409);
      expect((await operator.post(`/machines/${first}/archive`)).status).toBe(204);
      expect((await operator.patch(`/machines/${second}`, { hostname: 'web-1.example' })).status).toBe(200);
      const { status, body } = await operator.post(`/machines/${first}/restore`);
      expect([status, (body as Problem).machine]).toEqual([409, { id: second, name: 'web-2' }]);
      expect((await operator.get(`/machines/${first}`)).body).toMatchObject({ status: 'archived' });
    });
  });

  it('keeps what an edit changed in the time line', async () => {
    const tag = (await operator.post('/tags', { name: 'lab' })).body as { id: string };
    const id = await addMachine(operator, 'web-1');
    const before = (await operator.get(`/machines/${id}`)).body as { revision: number };
    const { body } = await operator.patch(`/machines/${id}`, { name: 'web-9', port: 2200, tagIds: [tag.id] });
    expect(body).toMatchObject({ name: 'web-9', port: 2200, hostname: 'web-1.example', tags: [{ name: 'lab' }] });
    expect((body as { revision: number }).revision).toBeGreaterThan(before.revision);
    const [row] = await test.dataSource.query<{ payload_json: unknown; message: string }[]>(
      `SELECT message, payload_json FROM machine_events WHERE event_type = 'machine_edited'`,
    );
    expect(row?.message).toBe('The operator changed name, port, tags.');
    expect(row?.payload_json).toEqual({
      schema_version: 1,
      changes: { name: { from: 'web-1', to: 'web-9' }, port: { from: 22, to: 2200 }, tags: { from: [], to: ['lab'] } },
    });
    await operator.patch(`/machines/${id}`, { name: 'web-9' });
    expect(await eventTypes(id)).toEqual(['machine_created', 'machine_edited']);
  });

  it('archives and restores, and refuses to touch what is archived', async () => {
    const id = await addMachine(operator, 'web-1');
    expect((await operator.post(`/machines/${id}/archive`)).status).toBe(204);
    expect((await operator.get('/machines')).body).toMatchObject({ total: 0, items: [] });
    expect((await operator.get('/machines?archived=true')).body).toMatchObject({
      total: 1,
      items: [{ id, status: 'archived' }],
    });
    const refused = await Promise.all([
      operator.post(`/machines/${id}/archive`),
      operator.patch(`/machines/${id}`, { name: 'x' }),
      operator.put(`/machines/${id}/credentials`, passwordCredentials),
      operator.post(`/machines/${id}/connection-test`),
    ]);
    expect(refused.map(({ body }) => (body as Problem).code)).toEqual(refused.map(() => 'machine_archived'));
    expect((await operator.post(`/machines/${id}/restore`)).body).toMatchObject({ status: 'new', archivedAt: null });
    expect(await eventTypes(id)).toEqual(['machine_created', 'machine_archived', 'machine_restored']);
  });

  it('does not archive a machine while work goes on there', async () => {
    const id = await addMachine(operator, 'web-1');
    await test.dataSource.query('UPDATE machine_state SET running_job_id = $1 WHERE machine_id = $2', [id, id]);
    expect((await operator.post(`/machines/${id}/archive`)).body).toMatchObject({ code: 'machine_busy', status: 409 });
  });

  it('keeps tag names apart and takes a removed tag off its machines', async () => {
    const tag = (await operator.post('/tags', { name: 'Prod' })).body as { id: string };
    expect((await operator.post('/tags', { name: 'prod' })).body).toMatchObject({
      code: 'tag_name_taken',
      status: 409,
    });
    const id = await addMachine(operator, 'web-1', { tagIds: [tag.id] });
    expect((await operator.patch(`/tags/${tag.id}`, { name: 'lab' })).body).toEqual({
      id: tag.id,
      name: 'lab',
      color: null,
    });
    expect((await operator.get('/tags')).body).toEqual([expect.objectContaining({ id: tag.id, machineCount: 1 })]);
    expect((await operator.delete(`/tags/${tag.id}`)).status).toBe(204);
    expect((await operator.delete(`/tags/${tag.id}`)).status).toBe(404);
    expect((await operator.get(`/machines/${id}`)).body).toMatchObject({ tags: [] });
  });
});
