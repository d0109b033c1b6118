import { addMachine, plantedSecrets } from '../../../test/support/machine-samples';
import { runResult } from '../../../test/support/fake-ssh';
import { ED, asRoot, hostKeyChecks } from '../../../test/support/host-key-checks';
import { principalOf } from '../../../test/support/test-app';
import { originOf } from '../../kernel/audit/request-origin';
import { actorOf } from '../../kernel/auth/actor';
import { queryOne } from '../../kernel/database/rows';
import { TransactionRunner } from '../../kernel/database/transaction';
import { secretRegistry } from '../../kernel/logging/secret-registry';
import { SshError } from '../../kernel/ssh/ssh-error';
import { MachineConnections } from './machine-connections';
import { MachineState } from './machine-state';

const request = { origin: originOf(actorOf(principalOf('operator'))), purpose: 'a test' };

describe('connecting to a machine', () => {
  const keys = hostKeyChecks();

  it('connects with the approved keys only, and keeps how the test ended', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willConnect(ED, asRoot);
    const result = await keys.connectionTest(id);
    expect(result.stages.map((stage) => stage.status)).toEqual(result.stages.map(() => 'ok'));
    expect(result.stages.map((stage) => stage.durationMs)).toEqual([1, 2, 3, 4, 5, 6, expect.any(Number)]);
    expect(keys.ssh.connected[0]?.hostKeys.approved.map((key) => key.fingerprint)).toEqual([ED.fingerprint]);
    expect(keys.ssh.connected[0]).toMatchObject({
      username: 'updater',
      secret: { kind: 'password', password: plantedSecrets.password },
    });
    expect(await keys.usesOf(id)).toBe(1);
    const { credentials, status, lastSeenAt } = await keys.detail(id);
    expect(credentials).toMatchObject({ status: 'ok', lastTestAt: result.testedAt });
    expect([status, lastSeenAt]).toEqual(['active', expect.any(String)]);
  });

  it('keeps that a test failed when the stored credentials do not open', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willConnect(ED, asRoot);
    await keys.connectionTest(id);
    const other = await addMachine(keys.operator, 'web-2');
    await keys.test.dataSource.query(
      `UPDATE machine_credentials c SET enc_password = o.enc_password FROM machine_credentials o
        WHERE c.machine_id = $1 AND o.machine_id = $2`,
      [id, other],
    );
    const { status, body } = await keys.operator.post(`/machines/${id}/connection-test`);
    expect([status, body]).toMatchObject([409, { code: 'credentials_unreadable' }]);
    expect(await keys.detail(id)).toMatchObject({ credentials: { status: 'error' } });
    expect((await keys.eventsOf(id)).at(-1)).toMatchObject({
      event_type: 'connection_tested',
      severity: 'warning',
      payload_json: { status: 'error', kind: 'credentials_unreadable' },
    });
  });

  it('is not unreachable any more once it answers a test, also before its key is approved', async () => {
    const id = await addMachine(keys.operator, 'web-1');
    keys.ssh.willShow(new SshError('dns', 'connect', { host: 'web-1.example', port: 22 }));
    expect((await keys.connectionTest(id)).stages[0]).toMatchObject({ name: 'resolve', status: 'failed', kind: 'dns' });
    expect(await keys.detail(id)).toMatchObject({ need: 'unreachable' });
    keys.ssh.willShow([ED]);
    expect((await keys.connectionTest(id)).status).toBe('waiting');
    expect(await keys.detail(id)).toMatchObject({
      status: 'new',
      need: 'unknown',
      lastError: { kind: 'host_key_unknown' },
    });
  });

  it('learns where a machine behind a name was reached, and by that to which network it belongs', async () => {
    const id = await keys.enrolled('web-1');
    const office = { name: 'Office', ranges: ['10.7.0.0/16'], concurrency: 2 };
    expect((await keys.test.as('administrator').post('/networks', office)).status).toBe(201);
    const known = async () => {
      const sql = `SELECT host(m.address) AS address, n.name FROM machines m LEFT JOIN networks n ON n.id = m.network_id WHERE m.id = $1`;
      return queryOne(keys.test.dataSource, sql, [id]);
    };
    expect(await known()).toEqual({ address: null, name: null });
    for (const [seen, address, name] of [
      ['10.7.1.1', '10.7.1.1', 'Office'],
      ['::ffff:10.7.1.2', '10.7.1.2', 'Office'],
      ['fe80::7%eth0', 'fe80::7', null],
    ]) {
      keys.ssh.remoteAddress = seen ?? '';
      keys.ssh.willConnect(ED, asRoot);
      await keys.connectionTest(id);
      expect(await known()).toEqual({ address, name });
    }
  });

  it('tells once that a machine fell silent, and once that it is back', async () => {
    const id = await keys.enrolled('web-1');
    for (const kind of ['connect_timeout', 'unreachable'] as const) {
      keys.ssh.willFail(new SshError(kind, 'connect'));
      await keys.connectionTest(id);
    }
    expect(await keys.detail(id)).toMatchObject({
      status: 'unreachable',
      need: 'unreachable',
      lastError: { kind: 'unreachable' },
    });
    keys.ssh.willConnect(ED, asRoot);
    await keys.connectionTest(id);
    expect(await keys.detail(id)).toMatchObject({ status: 'active', lastError: null, need: 'unknown' });
    const told = (await keys.eventsOf(id))
      .map((event) => event.event_type)
      .filter((type) => type.startsWith('machine_'));
    expect(told).toEqual(['machine_created', 'machine_unreachable', 'machine_reachable']);
  });

  it('takes a machine that did not come back from its restart for back once somebody is signed in', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willConnect(ED, asRoot);
    await keys.connectionTest(id);
    await keys.test.app.get(TransactionRunner).run((tx) => {
      const lost = { lastErrorKind: 'reboot_not_back', lastErrorMessage: 'Silent.', lastErrorAction: 'reboot' };
      keys.test.app.get(MachineState).patch(tx, id, lost);
      // Of what was met later signing in tells nothing.
      keys.test.app.get(MachineState).patch(tx, id, { lastErrorKind: 'sudo_tty', lastErrorMessage: 'No terminal.' });
      return Promise.resolve();
    });
    keys.ssh.willConnect(ED, asRoot);
    await keys.connectionTest(id);
    expect(await keys.detail(id)).toMatchObject({ lastError: null, need: 'unknown' });
  });

  it.each(['sudo_password', 'sudo_policy', 'sudo_tty'] as const)('keeps %s as a failed test', async (kind) => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willConnect(ED, () => new SshError(kind, 'sudo'));
    const result = await keys.connectionTest(id);
    expect(result.stages.at(-1)).toMatchObject({ name: 'sudo', status: 'failed', kind });
    expect(result.stages.at(-2)).toMatchObject({ name: 'authenticate', status: 'ok' });
    expect((await keys.detail(id)).credentials).toMatchObject({ status: 'error' });
  });

  it('is not fooled by a run that did not become root', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willConnect(ED, () => runResult({ root: '1000\n' }));
    expect((await keys.connectionTest(id)).stages.at(-1)).toMatchObject({ status: 'failed', kind: 'sudo_policy' });
  });

  it('holds the secrets exactly as long as the connection', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willConnect(ED);
    const opened = await keys.test.app.get(MachineConnections).connect(id, request);
    expect(opened.sudo).toEqual({ kind: 'password', password: plantedSecrets.sudoPassword });
    expect(opened.masker.mask(`a ${plantedSecrets.sudoPassword} b`)).toBe('a ••• b');
    expect(secretRegistry.values()).toHaveLength(2);
    await opened.close();
    await opened.connection.closed;
    expect(secretRegistry.values()).toEqual([]);
  });

  it('closes a connection that was made while somebody quarantined or archived the machine', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willConnect(ED);
    const original = keys.ssh.connect.bind(keys.ssh);
    const spy = jest.spyOn(keys.ssh, 'connect').mockImplementation(async (options) => {
      spy.mockRestore();
      await keys.operator.post(`/machines/${id}/archive`);
      return original(options);
    });
    await expect(keys.test.app.get(MachineConnections).connect(id, request)).rejects.toMatchObject({
      code: 'machine_archived',
    });
    expect(await keys.detail(id)).toMatchObject({ status: 'archived', lastSeenAt: null });
  });
});
