import { FakeSsh, hostKey, runResult } from '../../../test/support/fake-ssh';
import { addMachine, plantedSecrets } from '../../../test/support/machine-samples';
import { createTestApp, principalOf, type Client, type TestApp } from '../../../test/support/test-app';
import { originOf } from '../../kernel/audit/request-origin';
import { actorOf } from '../../kernel/auth/actor';
import { queryOne } from '../../kernel/database/rows';
import { TransactionRunner } from '../../kernel/database/transaction';
import { secretRegistry } from '../../kernel/logging/secret-registry';
import { SshError } from '../../kernel/ssh/ssh-error';
import { HistoryModule } from '../history/history.module';
import type { ConnectionTestDto } from './dto/connection-test.dto';
import type { MachineDetailDto } from './dto/machine-detail.dto';
import { MachineConnections } from './machine-connections';
import { MachineState } from './machine-state';
import { MachinesModule } from './machines.module';

const ed = hostKey('first');
const otherEd = hostKey('second');
const rsa = hostKey('third', 'ssh-rsa');
const asRoot = () => runResult({ root: '0\n' });
const request = { origin: originOf(actorOf(principalOf('operator'))), purpose: 'a test' };

describe('host keys', () => {
  let test: TestApp;
  let ssh: FakeSsh;
  let operator: Client;
  let administrator: Client;

  beforeAll(async () => {
    ssh = new FakeSsh();
    test = await createTestApp({ imports: [MachinesModule, HistoryModule], ssh });
    operator = test.as('operator');
    administrator = test.as('administrator');
  });
  afterAll(() => test.close());
  beforeEach(() => test.dataSource.query('TRUNCATE machines CASCADE'));
  afterEach(() => {
    expect(ssh.unexpected.splice(0)).toEqual([]);
    expect(secretRegistry.values()).toEqual([]);
    ssh.connected.splice(0);
  });

  const detail = async (id: string): Promise<MachineDetailDto> =>
    (await operator.get(`/machines/${id}`)).body as MachineDetailDto;
  const keyId = async (id: string, fingerprint: string): Promise<string> => {
    const key = (await detail(id)).hostKeys.find((one) => one.fingerprintSha256 === fingerprint);
    if (key === undefined) throw new Error(`${fingerprint} is not there`);
    return key.id;
  };
  const statuses = async (id: string): Promise<Record<string, string>> =>
    Object.fromEntries((await detail(id)).hostKeys.map((key) => [key.fingerprintSha256, key.status]));
  const approve = async (id: string, fingerprint: string) =>
    administrator.post(`/machines/${id}/host-keys/${await keyId(id, fingerprint)}/approve`, {
      fingerprintSha256: fingerprint,
    });
  const connectionTest = async (id: string) =>
    (await operator.post(`/machines/${id}/connection-test`)).body as ConnectionTestDto;
  const eventsOf = async (id: string) =>
    test.dataSource.query<{ event_type: string; severity: string; payload_json: Record<string, unknown> }[]>(
      'SELECT event_type, severity, payload_json FROM machine_events WHERE machine_id = $1 ORDER BY id',
      [id],
    );
  const usesOf = async (id: string): Promise<number> => {
    const rows = await test.dataSource.query<object[]>(
      `SELECT 1 FROM audit_log WHERE machine_id = $1 AND action = 'credentials.used'`,
      [id],
    );
    return rows.length;
  };

  async function enrolled(name: string): Promise<string> {
    const id = await addMachine(operator, name);
    ssh.willShow([ed, rsa]);
    await operator.post(`/machines/${id}/host-keys/scan`);
    await approve(id, ed.fingerprint);
    return id;
  }

  async function quarantined(name: string): Promise<string> {
    const id = await enrolled(name);
    ssh.willConnect(otherEd);
    await connectionTest(id);
    return id;
  }

  it('waits for an administrator before any credential is even decrypted', async () => {
    const id = await addMachine(operator, 'web-1');
    ssh.willShow([ed, rsa]);
    const result = await connectionTest(id);
    expect(result.status).toBe('waiting');
    expect(result.stages.find((stage) => stage.name === 'host_key')).toMatchObject({
      status: 'waiting',
      kind: 'host_key_unknown',
    });
    expect(result.stages.map((stage) => stage.durationMs)).toEqual([1, 2, 3, 4, 5, null, null]);
    expect(await usesOf(id)).toBe(0);
    expect(await statuses(id)).toEqual({ [ed.fingerprint]: 'unknown', [rsa.fingerprint]: 'unknown' });
    expect(await detail(id)).toMatchObject({ need: 'unknown', status: 'new', credentials: { status: 'unknown' } });

    const path = `/machines/${id}/host-keys/${await keyId(id, ed.fingerprint)}/approve`;
    expect((await operator.post(path, { fingerprintSha256: ed.fingerprint })).status).toBe(403);
    const { status, body } = await administrator.post(path, { fingerprintSha256: otherEd.fingerprint });
    expect([status, (body as { code: string }).code]).toEqual([409, 'fingerprint_mismatch']);
    expect((await administrator.post(path, { fingerprintSha256: 'SHA256:short' })).status).toBe(400);
    expect(await statuses(id)).toMatchObject({ [ed.fingerprint]: 'unknown' });

    expect((await approve(id, ed.fingerprint)).body).toMatchObject({
      status: 'approved',
      approvedBy: 'The administrator',
      alsoOn: [],
    });
    expect(await detail(id)).toMatchObject({ lastError: null });
    const audit = (await administrator.get('/audit')).body as { items: object[] };
    expect(audit.items.slice(0, 2)).toMatchObject([
      { action: 'host_key.approved', outcome: 'ok' },
      { action: 'host_key.approved', outcome: 'denied' },
    ]);
  });

  it('connects with the approved keys only, and keeps how the test ended', async () => {
    const id = await enrolled('web-1');
    ssh.willConnect(ed, asRoot);
    const result = await connectionTest(id);
    expect(result.stages.map((stage) => stage.status)).toEqual(result.stages.map(() => 'ok'));
    expect(result.stages.map((stage) => stage.durationMs)).toEqual([1, 2, 3, 4, 5, 6, expect.any(Number)]);
    expect(ssh.connected[0]?.hostKeys.approved.map((key) => key.fingerprint)).toEqual([ed.fingerprint]);
    expect(ssh.connected[0]).toMatchObject({
      username: 'updater',
      secret: { kind: 'password', password: plantedSecrets.password },
    });
    expect(await usesOf(id)).toBe(1);
    const { credentials, status, lastSeenAt } = await detail(id);
    expect(credentials).toMatchObject({ status: 'ok', lastTestAt: result.testedAt });
    expect([status, lastSeenAt]).toEqual(['active', expect.any(String)]);
  });

  it('keeps that a test failed when the stored credentials do not open', async () => {
    const id = await enrolled('web-1');
    ssh.willConnect(ed, asRoot);
    await connectionTest(id);
    const other = await addMachine(operator, 'web-2');
    await test.dataSource.query(
      `UPDATE machine_credentials c SET enc_password = o.enc_password FROM machine_credentials o
        WHERE c.machine_id = $1 AND o.machine_id = $2`,
      [id, other],
    );
    const { status, body } = await operator.post(`/machines/${id}/connection-test`);
    expect([status, body]).toMatchObject([409, { code: 'credentials_unreadable' }]);
    expect(await detail(id)).toMatchObject({ credentials: { status: 'error' } });
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      event_type: 'connection_tested',
      severity: 'warning',
      payload_json: { status: 'error', kind: 'credentials_unreadable' },
    });
  });

  it('quarantines on a changed key, tells both fingerprints, and does not come near it again', async () => {
    const id = await enrolled('web-1');
    ssh.willConnect(otherEd);
    const result = await connectionTest(id);
    expect(result.stages.find((stage) => stage.name === 'host_key')).toMatchObject({
      status: 'failed',
      kind: 'host_key_changed',
    });
    expect(ssh.connected).toEqual([]);
    expect(await detail(id)).toMatchObject({
      status: 'quarantined',
      need: 'quarantined',
      lastError: { kind: 'host_key_changed' },
    });
    expect(await statuses(id)).toMatchObject({ [ed.fingerprint]: 'approved', [otherEd.fingerprint]: 'changed' });
    const event = (await eventsOf(id)).find((one) => one.event_type === 'host_key_changed');
    expect(event).toMatchObject({
      severity: 'error',
      payload_json: {
        old_fingerprints: [ed.fingerprint],
        new_keys: [{ key_type: 'ssh-ed25519', fingerprint: otherEd.fingerprint }],
      },
    });

    // Nothing is prepared in the double: any connection from here on would be found in `unexpected`.
    const uses = await usesOf(id);
    expect((await connectionTest(id)).stages.map((stage) => stage.status)).not.toContain('ok');
    await expect(test.app.get(MachineConnections).connect(id, request)).rejects.toMatchObject({
      code: 'machine_quarantined',
    });
    expect(await usesOf(id)).toBe(uses);
  });

  it('cannot be left through the archive, by a rejection, or by an edit', async () => {
    const id = await quarantined('web-1');
    await operator.post(`/machines/${id}/archive`);
    expect((await operator.post(`/machines/${id}/restore`)).body).toMatchObject({ status: 'quarantined' });
    await operator.patch(`/machines/${id}`, { hostname: 'elsewhere.example' });
    await administrator.post(`/machines/${id}/host-keys/${await keyId(id, otherEd.fingerprint)}/reject`);
    expect(await detail(id)).toMatchObject({ status: 'quarantined', need: 'quarantined' });
  });

  it('cannot be left through the archive once the shown keys are rejected', async () => {
    const id = await quarantined('web-1');
    await administrator.post(`/machines/${id}/host-keys/${await keyId(id, otherEd.fingerprint)}/reject`);
    expect(Object.values(await statuses(id))).not.toContain('changed');
    await operator.post(`/machines/${id}/archive`);
    expect((await operator.post(`/machines/${id}/restore`)).body).toMatchObject({
      status: 'quarantined',
      need: 'quarantined',
    });
  });

  it('is not entered through the archive by a key that was shown beside the approved one', async () => {
    const id = await enrolled('web-1');
    ssh.willShow([otherEd, hostKey('reinstalled', 'ssh-rsa')]);
    await operator.post(`/machines/${id}/host-keys/scan`);
    await approve(id, otherEd.fingerprint);
    ssh.willConnect(otherEd, asRoot);
    expect((await connectionTest(id)).status).toBe('ok');
    await operator.post(`/machines/${id}/archive`);
    expect((await operator.post(`/machines/${id}/restore`)).body).toMatchObject({ status: 'active' });
  });

  it('is lifted by approving the new key, which puts the old one away', async () => {
    const id = await quarantined('web-1');
    expect((await approve(id, otherEd.fingerprint)).status).toBe(200);
    expect(await statuses(id)).toMatchObject({ [ed.fingerprint]: 'rejected', [otherEd.fingerprint]: 'approved' });
    expect(await detail(id)).toMatchObject({ status: 'new', lastError: null });
    ssh.willConnect(otherEd, asRoot);
    expect((await connectionTest(id)).status).toBe('ok');
    ssh.willConnect(ed);
    expect((await connectionTest(id)).status).toBe('error');
    expect(await detail(id)).toMatchObject({ status: 'quarantined' });
  });

  it('is lifted by approving the old key again when the new one was an impostor', async () => {
    const id = await quarantined('web-1');
    await approve(id, ed.fingerprint);
    expect(await statuses(id)).toMatchObject({ [ed.fingerprint]: 'approved', [otherEd.fingerprint]: 'rejected' });
    ssh.willConnect(ed, asRoot);
    expect((await connectionTest(id)).status).toBe('ok');
  });

  it('does not ask again about a rejected key, and stays in quarantine while it is shown', async () => {
    const id = await quarantined('web-1');
    ssh.willShow([otherEd, hostKey('impostor', 'ssh-rsa')]);
    await operator.post(`/machines/${id}/host-keys/scan`);
    await administrator.post(`/machines/${id}/host-keys/${await keyId(id, otherEd.fingerprint)}/reject`);
    ssh.willShow([otherEd, hostKey('impostor', 'ssh-rsa')]);
    await operator.post(`/machines/${id}/host-keys/scan`);
    const shown = { [otherEd.fingerprint]: 'rejected', [hostKey('impostor', 'ssh-rsa').fingerprint]: 'rejected' };
    expect(await statuses(id)).toEqual({ [ed.fingerprint]: 'approved', [rsa.fingerprint]: 'unknown', ...shown });
    expect(await detail(id)).toMatchObject({ status: 'quarantined' });
    // The old machine is back: the key that was approved is approved again, and nothing is left to decide.
    expect((await approve(id, ed.fingerprint)).status).toBe(200);
    expect(await detail(id)).toMatchObject({ status: 'new', lastError: null });
    // Whoever shows the rejected key from now on is locked away without a question.
    ssh.willConnect(otherEd);
    await connectionTest(id);
    expect(await statuses(id)).toMatchObject({ [otherEd.fingerprint]: 'rejected' });
    expect(await detail(id)).toMatchObject({ status: 'quarantined', lastError: { kind: 'host_key_changed' } });
    expect((await detail(id)).lastError?.message).toContain(otherEd.fingerprint);
  });

  it('leaves no question about what was shown beside a key that was approved', async () => {
    const id = await enrolled('web-1');
    const beside = hostKey('reinstalled', 'ssh-rsa');
    ssh.willShow([otherEd, beside]);
    await operator.post(`/machines/${id}/host-keys/scan`);
    expect(await statuses(id)).toMatchObject({ [otherEd.fingerprint]: 'changed', [beside.fingerprint]: 'changed' });
    await approve(id, otherEd.fingerprint);
    expect(await statuses(id)).toMatchObject({ [otherEd.fingerprint]: 'approved', [beside.fingerprint]: 'unknown' });
    ssh.willShow([otherEd, beside]);
    await operator.post(`/machines/${id}/host-keys/scan`);
    expect(await detail(id)).toMatchObject({ status: 'new' });
  });

  it('is not lifted by a key that was only noticed beside the approved one', async () => {
    const id = await quarantined('web-1');
    expect((await approve(id, rsa.fingerprint)).status).toBe(200);
    expect(await detail(id)).toMatchObject({ status: 'quarantined', lastError: { kind: 'host_key_changed' } });
    expect(await statuses(id)).toMatchObject({ [otherEd.fingerprint]: 'changed' });
  });

  it('takes another key type in place of the approved one for a change, not for something new', async () => {
    const id = await enrolled('web-1');
    ssh.willFail(new SshError('host_key_changed', 'handshake', { approved: [ed], offered: ['ssh-rsa'] }));
    ssh.willShow([hostKey('impostor', 'ssh-rsa')]);
    await connectionTest(id);
    expect(await detail(id)).toMatchObject({ status: 'quarantined' });
    expect(await statuses(id)).toMatchObject({ [hostKey('impostor', 'ssh-rsa').fingerprint]: 'changed' });
  });

  it('quarantines also when the changed keys cannot be looked at', async () => {
    const id = await enrolled('web-1');
    ssh.willFail(new SshError('host_key_changed', 'handshake', { approved: [ed], offered: ['ssh-dss'] }));
    ssh.willShow(new SshError('connection_lost', 'handshake'));
    await connectionTest(id);
    expect(await detail(id)).toMatchObject({ status: 'quarantined' });
  });

  it('quarantines when a scan finds the change', async () => {
    const id = await enrolled('web-1');
    ssh.willShow([otherEd, rsa]);
    expect((await operator.post(`/machines/${id}/host-keys/scan`)).status).toBe(200);
    expect(await detail(id)).toMatchObject({ status: 'quarantined' });
  });

  it('says why a machine shows no keys, and keeps that until it shows some', async () => {
    const id = await addMachine(operator, 'web-1');
    ssh.willShow(new SshError('unreachable', 'connect', { host: 'web-1.example', port: 22 }));
    const { status, body } = await operator.post(`/machines/${id}/host-keys/scan`);
    expect([status, body]).toMatchObject([409, { code: 'host_keys_not_shown', kind: 'unreachable' }]);
    expect(await detail(id)).toMatchObject({
      status: 'unreachable',
      need: 'unreachable',
      lastError: { kind: 'unreachable' },
    });
    ssh.willShow([ed]);
    await operator.post(`/machines/${id}/host-keys/scan`);
    expect(await detail(id)).toMatchObject({ status: 'new', need: 'unknown', lastError: null });
  });

  it('is not unreachable any more once it answers a test, also before its key is approved', async () => {
    const id = await addMachine(operator, 'web-1');
    ssh.willShow(new SshError('dns', 'connect', { host: 'web-1.example', port: 22 }));
    expect((await connectionTest(id)).stages[0]).toMatchObject({ name: 'resolve', status: 'failed', kind: 'dns' });
    expect(await detail(id)).toMatchObject({ need: 'unreachable' });
    ssh.willShow([ed]);
    expect((await connectionTest(id)).status).toBe('waiting');
    expect(await detail(id)).toMatchObject({ status: 'new', need: 'unknown', lastError: { kind: 'host_key_unknown' } });
  });

  it('warns when two machines have the same key', async () => {
    const [first, second] = [await enrolled('web-1'), await addMachine(operator, 'web-2')];
    ssh.willShow([ed]);
    await operator.post(`/machines/${second}/host-keys/scan`);
    expect((await detail(second)).duplicateHostKeyMachines).toEqual([{ id: first, name: 'web-1' }]);
    expect((await approve(second, ed.fingerprint)).body).toMatchObject({ alsoOn: [{ id: first, name: 'web-1' }] });
    await operator.post(`/machines/${second}/archive`);
    expect((await detail(first)).duplicateHostKeyMachines).toEqual([]);
  });

  it('does not take the key of another machine by its id', async () => {
    const [first, second] = [await enrolled('web-1'), await addMachine(operator, 'web-2')];
    const foreign = await keyId(first, ed.fingerprint);
    const { status } = await administrator.post(`/machines/${second}/host-keys/${foreign}/approve`, {
      fingerprintSha256: ed.fingerprint,
    });
    expect(status).toBe(404);
  });

  it('learns where a machine behind a name was reached, and by that to which network it belongs', async () => {
    const id = await enrolled('web-1');
    const office = { name: 'Office', ranges: ['10.7.0.0/16'], concurrency: 2 };
    expect((await test.as('administrator').post('/networks', office)).status).toBe(201);
    const known = async () => {
      const sql = `SELECT host(m.address) AS address, n.name FROM machines m LEFT JOIN networks n ON n.id = m.network_id WHERE m.id = $1`;
      return queryOne(test.dataSource, sql, [id]);
    };
    expect(await known()).toEqual({ address: null, name: null });
    for (const [seen, address, name] of [
      ['10.7.1.1', '10.7.1.1', 'Office'],
      ['::ffff:10.7.1.2', '10.7.1.2', 'Office'],
      ['fe80::7%eth0', 'fe80::7', null],
    ]) {
      ssh.remoteAddress = seen ?? '';
      ssh.willConnect(ed, asRoot);
      await connectionTest(id);
      expect(await known()).toEqual({ address, name });
    }
  });

  it('tells once that a machine fell silent, and once that it is back', async () => {
    const id = await enrolled('web-1');
    for (const kind of ['connect_timeout', 'unreachable'] as const) {
      ssh.willFail(new SshError(kind, 'connect'));
      await connectionTest(id);
    }
    expect(await detail(id)).toMatchObject({
      status: 'unreachable',
      need: 'unreachable',
      lastError: { kind: 'unreachable' },
    });
    ssh.willConnect(ed, asRoot);
    await connectionTest(id);
    expect(await detail(id)).toMatchObject({ status: 'active', lastError: null, need: 'unknown' });
    const told = (await eventsOf(id)).map((event) => event.event_type).filter((type) => type.startsWith('machine_'));
    expect(told).toEqual(['machine_created', 'machine_unreachable', 'machine_reachable']);
  });

  it('takes a machine that did not come back from its restart for back once somebody is signed in', async () => {
    const id = await enrolled('web-1');
    ssh.willConnect(ed, asRoot);
    await connectionTest(id);
    await test.app.get(TransactionRunner).run((tx) => {
      const lost = { lastErrorKind: 'reboot_not_back', lastErrorMessage: 'Silent.', lastErrorAction: 'reboot' };
      test.app.get(MachineState).patch(tx, id, lost);
      // Of what was met later signing in tells nothing.
      test.app.get(MachineState).patch(tx, id, { lastErrorKind: 'sudo_tty', lastErrorMessage: 'No terminal.' });
      return Promise.resolve();
    });
    ssh.willConnect(ed, asRoot);
    await connectionTest(id);
    expect(await detail(id)).toMatchObject({ lastError: null, need: 'unknown' });
  });

  it.each(['sudo_password', 'sudo_policy', 'sudo_tty'] as const)('keeps %s as a failed test', async (kind) => {
    const id = await enrolled('web-1');
    ssh.willConnect(ed, () => new SshError(kind, 'sudo'));
    const result = await connectionTest(id);
    expect(result.stages.at(-1)).toMatchObject({ name: 'sudo', status: 'failed', kind });
    expect(result.stages.at(-2)).toMatchObject({ name: 'authenticate', status: 'ok' });
    expect((await detail(id)).credentials).toMatchObject({ status: 'error' });
  });

  it('is not fooled by a run that did not become root', async () => {
    const id = await enrolled('web-1');
    ssh.willConnect(ed, () => runResult({ root: '1000\n' }));
    expect((await connectionTest(id)).stages.at(-1)).toMatchObject({ status: 'failed', kind: 'sudo_policy' });
  });

  it('holds the secrets exactly as long as the connection', async () => {
    const id = await enrolled('web-1');
    ssh.willConnect(ed);
    const opened = await test.app.get(MachineConnections).connect(id, request);
    expect(opened.sudo).toEqual({ kind: 'password', password: plantedSecrets.sudoPassword });
    expect(opened.masker.mask(`a ${plantedSecrets.sudoPassword} b`)).toBe('a ••• b');
    expect(secretRegistry.values()).toHaveLength(2);
    await opened.close();
    await opened.connection.closed;
    expect(secretRegistry.values()).toEqual([]);
  });

  it('closes a connection that was made while somebody quarantined or archived the machine', async () => {
    const id = await enrolled('web-1');
    ssh.willConnect(ed);
    const original = ssh.connect.bind(ssh);
    const spy = jest.spyOn(ssh, 'connect').mockImplementation(async (options) => {
      spy.mockRestore();
      await operator.post(`/machines/${id}/archive`);
      return original(options);
    });
    await expect(test.app.get(MachineConnections).connect(id, request)).rejects.toMatchObject({
      code: 'machine_archived',
    });
    expect(await detail(id)).toMatchObject({ status: 'archived', lastSeenAt: null });
  });
});
