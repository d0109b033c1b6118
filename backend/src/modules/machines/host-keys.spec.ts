import { addMachine } from '../../../test/support/machine-samples';
import { hostKey } from '../../../test/support/fake-ssh';
import { ED, OTHER_ED, RSA, hostKeyChecks } from '../../../test/support/host-key-checks';
import { SshError } from '../../kernel/ssh/ssh-error';

describe('host keys', () => {
  const keys = hostKeyChecks();

  it('waits for an administrator before any credential is even decrypted', async () => {
    const id = await addMachine(keys.operator, 'web-1');
    keys.ssh.willShow([ED, RSA]);
    const result = await keys.connectionTest(id);
    expect(result.status).toBe('waiting');
    expect(result.stages.find((stage) => stage.name === 'host_key')).toMatchObject({
      status: 'waiting',
      kind: 'host_key_unknown',
    });
    expect(result.stages.map((stage) => stage.durationMs)).toEqual([1, 2, 3, 4, 5, null, null]);
    expect(await keys.usesOf(id)).toBe(0);
    expect(await keys.statuses(id)).toEqual({ [ED.fingerprint]: 'unknown', [RSA.fingerprint]: 'unknown' });
    expect(await keys.detail(id)).toMatchObject({ need: 'unknown', status: 'new', credentials: { status: 'unknown' } });

    const path = `/machines/${id}/host-keys/${await keys.keyId(id, ED.fingerprint)}/approve`;
    expect((await keys.operator.post(path, { fingerprintSha256: ED.fingerprint })).status).toBe(403);
    const { status, body } = await keys.administrator.post(path, { fingerprintSha256: OTHER_ED.fingerprint });
    expect([status, (body as { code: string }).code]).toEqual([409, 'fingerprint_mismatch']);
    expect((await keys.administrator.post(path, { fingerprintSha256: 'SHA256:short' })).status).toBe(400);
    expect(await keys.statuses(id)).toMatchObject({ [ED.fingerprint]: 'unknown' });

    expect((await keys.approve(id, ED.fingerprint)).body).toMatchObject({
      status: 'approved',
      approvedBy: 'The administrator',
      alsoOn: [],
    });
    expect(await keys.detail(id)).toMatchObject({ lastError: null });
    const audit = (await keys.administrator.get('/audit')).body as { items: object[] };
    expect(audit.items.slice(0, 2)).toMatchObject([
      { action: 'host_key.approved', outcome: 'ok' },
      { action: 'host_key.approved', outcome: 'denied' },
    ]);
  });

  it('leaves no question about what was shown beside a key that was approved', async () => {
    const id = await keys.enrolled('web-1');
    const beside = hostKey('reinstalled', 'ssh-rsa');
    keys.ssh.willShow([OTHER_ED, beside]);
    await keys.operator.post(`/machines/${id}/host-keys/scan`);
    expect(await keys.statuses(id)).toMatchObject({
      [OTHER_ED.fingerprint]: 'changed',
      [beside.fingerprint]: 'changed',
    });
    await keys.approve(id, OTHER_ED.fingerprint);
    expect(await keys.statuses(id)).toMatchObject({
      [OTHER_ED.fingerprint]: 'approved',
      [beside.fingerprint]: 'unknown',
    });
    keys.ssh.willShow([OTHER_ED, beside]);
    await keys.operator.post(`/machines/${id}/host-keys/scan`);
    expect(await keys.detail(id)).toMatchObject({ status: 'new' });
  });

  it('says why a machine shows no keys, and keeps that until it shows some', async () => {
    const id = await addMachine(keys.operator, 'web-1');
    keys.ssh.willShow(new SshError('unreachable', 'connect', { host: 'web-1.example', port: 22 }));
    const { status, body } = await keys.operator.post(`/machines/${id}/host-keys/scan`);
    expect([status, body]).toMatchObject([409, { code: 'host_keys_not_shown', kind: 'unreachable' }]);
    expect(await keys.detail(id)).toMatchObject({
      status: 'unreachable',
      need: 'unreachable',
      lastError: { kind: 'unreachable' },
    });
    keys.ssh.willShow([ED]);
    await keys.operator.post(`/machines/${id}/host-keys/scan`);
    expect(await keys.detail(id)).toMatchObject({ status: 'new', need: 'unknown', lastError: null });
  });

  it('warns when two machines have the same key', async () => {
    const [first, second] = [await keys.enrolled('web-1'), await addMachine(keys.operator, 'web-2')];
    keys.ssh.willShow([ED]);
    await keys.operator.post(`/machines/${second}/host-keys/scan`);
    expect((await keys.detail(second)).duplicateHostKeyMachines).toEqual([{ id: first, name: 'web-1' }]);
    expect((await keys.approve(second, ED.fingerprint)).body).toMatchObject({ alsoOn: [{ id: first, name: 'web-1' }] });
    await keys.operator.post(`/machines/${second}/archive`);
    expect((await keys.detail(first)).duplicateHostKeyMachines).toEqual([]);
  });

  it('does not take the key of another machine by its id', async () => {
    const [first, second] = [await keys.enrolled('web-1'), await addMachine(keys.operator, 'web-2')];
    const foreign = await keys.keyId(first, ED.fingerprint);
    const { status } = await keys.administrator.post(`/machines/${second}/host-keys/${foreign}/approve`, {
      fingerprintSha256: ED.fingerprint,
    });
    expect(status).toBe(404);
  });
});
