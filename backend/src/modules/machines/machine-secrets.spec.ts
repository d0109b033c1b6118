import { ed25519KeyPair } from '../../../test/support/key-pairs';
import { addMachine, plantedSecrets } from '../../../test/support/machine-samples';
import { createTestApp, principalOf, type Client, type TestApp } from '../../../test/support/test-app';
import { originOf } from '../../kernel/audit/request-origin';
import { actorOf } from '../../kernel/auth/actor';
import { secretRegistry } from '../../kernel/logging/secret-registry';
import { Credentials } from '../credentials/credentials.service';
import { HistoryModule } from '../history/history.module';
import { AptProxies } from './apt-proxies';
import { MachinesModule } from './machines.module';

const origin = originOf(actorOf(principalOf('operator')));

describe('secrets of machines', () => {
  let test: TestApp;
  let operator: Client;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule, HistoryModule] });
    operator = test.as('operator');
  });
  afterAll(() => test.close());
  beforeEach(() => test.dataSource.query('TRUNCATE machines CASCADE'));

  const PASSPHRASE = 'Planted-key-passphrase-4';
  const { private: privateKey } = ed25519KeyPair({
    passphrase: PASSPHRASE,
    cipher: 'aes256-ctr',
    rounds: 16,
  });
  const aptProxy = { mode: 'custom', url: 'http://cache@proxy:3128', password: plantedSecrets.proxyPassword };
  const planted = [...Object.values(plantedSecrets), PASSPHRASE, privateKey.split('\n')[2] ?? privateKey];

  it('cannot be read back anywhere', async () => {
    const id = await addMachine(operator, 'web-1', { aptProxy });
    await operator.patch(`/machines/${id}`, {
      aptProxy: { ...aptProxy, password: `${plantedSecrets.proxyPassword}-new` },
    });
    const byKey = { authMethod: 'ssh_key', privateKey, keyPassphrase: PASSPHRASE, sudoMode: 'none' };
    expect((await operator.put(`/machines/${id}/credentials`, byKey)).status).toBe(200);
    const administrator = test.as('administrator');
    const answers = await Promise.all(
      [
        '/machines',
        `/machines/${id}`,
        `/machines/${id}/events`,
        `/machines/${id}/snapshots`,
        `/machines/${id}/messages`,
        '/audit',
        '/tags',
      ].map((path) => administrator.get(path)),
    );
    const dump = await test.dataSource.query<object[]>(
      `SELECT to_json(e) FROM machine_events e UNION ALL SELECT to_json(a) FROM audit_log a UNION ALL SELECT to_json(m) FROM machines m
       UNION ALL SELECT to_json(c) FROM machine_credentials c UNION ALL SELECT to_json(s) FROM machine_state s`.replaceAll(
        'to_json',
        'to_jsonb',
      ),
    );
    const texts = [...answers.map(({ body }) => JSON.stringify(body)), JSON.stringify(dump)];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const secret of planted) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    // The envelopes themselves are nobody's business either.
    expect(texts.slice(0, -1).filter((text) => text.includes('suenc:'))).toEqual([]);
    expect(answers[1]?.body).toMatchObject({
      aptProxy: { hasPassword: true },
      credentials: { hasPrivateKey: true, hasPassphrase: true, hasPassword: false },
    });
  });

  it('come back whole for use, audited before, and masked only as long as they are held', async () => {
    const credentials = test.app.get(Credentials, { strict: false });
    const id = await addMachine(operator, 'web-1');
    const held = await credentials.take(id, 'a test', origin);
    expect(held.secret).toEqual({ kind: 'password', password: plantedSecrets.password });
    expect(held.sudo).toEqual({ kind: 'password', password: plantedSecrets.sudoPassword });
    expect(secretRegistry.mask(`x${plantedSecrets.sudoPassword}`)).toBe('x•••');
    held.release();
    expect(() => held.secret).toThrow('released');
    expect(secretRegistry.values()).toEqual([]);
    const audit = (await test.as('administrator').get('/audit')).body as { items: object[] };
    expect(audit.items[0]).toMatchObject({
      action: 'credentials.used',
      machineId: id,
      outcome: 'ok',
      actorName: 'The operator',
    });
  });

  it('are dropped when their use fails', async () => {
    const credentials = test.app.get(Credentials, { strict: false });
    const id = await addMachine(operator, 'web-1');
    const use = credentials.withCredentials(id, 'a test', origin, () => Promise.reject(new Error('the use failed')));
    await expect(use).rejects.toThrow('the use failed');
    expect(secretRegistry.values()).toEqual([]);
  });

  it('do not open in another row or column', async () => {
    const credentials = test.app.get(Credentials, { strict: false });
    const [first, second] = [await addMachine(operator, 'web-1'), await addMachine(operator, 'web-2')];
    await test.dataSource.query(
      `UPDATE machine_credentials c SET enc_password = o.enc_password FROM machine_credentials o WHERE c.machine_id = $1 AND o.machine_id = $2`,
      [second, first],
    );
    await expect(credentials.take(second, 'a test', origin)).rejects.toMatchObject({
      code: 'credentials_unreadable',
    });
    await test.dataSource.query(
      'UPDATE machine_credentials SET enc_sudo_password = enc_password WHERE machine_id = $1',
      [first],
    );
    await expect(credentials.take(first, 'a test', origin)).rejects.toMatchObject({ code: 'credentials_unreadable' });
    await expect(test.dataSource.query(`UPDATE machine_credentials SET enc_password = 'clear text'`)).rejects.toThrow(
      'check',
    );
    expect(secretRegistry.values()).toEqual([]);
  });

  it('of a proxy go with the proxy, not to another address', async () => {
    const proxies = test.app.get(AptProxies);
    const id = await addMachine(operator, 'web-1', { aptProxy });
    const held = await proxies.take(id, 'a test', origin);
    expect(held).toMatchObject({ mode: 'custom', url: `http://cache:${plantedSecrets.proxyPassword}@proxy:3128/` });
    held.release();
    const { mode, url } = aptProxy;
    await operator.patch(`/machines/${id}`, { aptProxy: { mode, url } });
    expect((await operator.get(`/machines/${id}`)).body).toMatchObject({ aptProxy: { url, hasPassword: true } });
    await operator.patch(`/machines/${id}`, { aptProxy: { mode, url: 'http://cache@elsewhere:3128' } });
    expect((await operator.get(`/machines/${id}`)).body).toMatchObject({ aptProxy: { hasPassword: false } });
    expect(secretRegistry.values()).toEqual([]);
  });
});
