import { hostKey } from '../../../test/support/fake-ssh';
import { ED, OTHER_ED, RSA, asRoot, hostKeyChecks } from '../../../test/support/host-key-checks';
import { principalOf } from '../../../test/support/test-app';
import { originOf } from '../../kernel/audit/request-origin';
import { actorOf } from '../../kernel/auth/actor';
import { SshError } from '../../kernel/ssh/ssh-error';
import { MachineConnections } from './machine-connections';

const request = { origin: originOf(actorOf(principalOf('operator'))), purpose: 'a test' };

describe('quarantine', () => {
  const keys = hostKeyChecks();

  it('quarantines on a changed key, tells both fingerprints, and does not come near it again', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willConnect(OTHER_ED);
    const result = await keys.connectionTest(id);
    expect(result.stages.find((stage) => stage.name === 'host_key')).toMatchObject({
      status: 'failed',
      kind: 'host_key_changed',
    });
    expect(keys.ssh.connected).toEqual([]);
    expect(await keys.detail(id)).toMatchObject({
      status: 'quarantined',
      need: 'quarantined',
      lastError: { kind: 'host_key_changed' },
    });
    expect(await keys.statuses(id)).toMatchObject({ [ED.fingerprint]: 'approved', [OTHER_ED.fingerprint]: 'changed' });
    const event = (await keys.eventsOf(id)).find((one) => one.event_type === 'host_key_changed');
    expect(event).toMatchObject({
      severity: 'error',
      payload_json: {
        old_fingerprints: [ED.fingerprint],
        new_keys: [{ key_type: 'ssh-ed25519', fingerprint: OTHER_ED.fingerprint }],
      },
    });

    // Nothing is prepared in the double: any connection from here on would be found in `unexpected`.
    const uses = await keys.usesOf(id);
    expect((await keys.connectionTest(id)).stages.map((stage) => stage.status)).not.toContain('ok');
    await expect(keys.test.app.get(MachineConnections).connect(id, request)).rejects.toMatchObject({
      code: 'machine_quarantined',
    });
    expect(await keys.usesOf(id)).toBe(uses);
  });

  it('cannot be left through the archive, by a rejection, or by an edit', async () => {
    const id = await keys.quarantined('web-1');
    await keys.operator.post(`/machines/${id}/archive`);
    expect((await keys.operator.post(`/machines/${id}/restore`)).body).toMatchObject({ status: 'quarantined' });
    await keys.operator.patch(`/machines/${id}`, { hostname: 'elsewhere.example' });
    await keys.administrator.post(`/machines/${id}/host-keys/${await keys.keyId(id, OTHER_ED.fingerprint)}/reject`);
    expect(await keys.detail(id)).toMatchObject({ status: 'quarantined', need: 'quarantined' });
  });

  it('cannot be left through the archive once the shown keys are rejected', async () => {
    const id = await keys.quarantined('web-1');
    await keys.administrator.post(`/machines/${id}/host-keys/${await keys.keyId(id, OTHER_ED.fingerprint)}/reject`);
    expect(Object.values(await keys.statuses(id))).not.toContain('changed');
    await keys.operator.post(`/machines/${id}/archive`);
    expect((await keys.operator.post(`/machines/${id}/restore`)).body).toMatchObject({
      status: 'quarantined',
      need: 'quarantined',
    });
  });

  it('is not entered through the archive by a key that was shown beside the approved one', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willShow([OTHER_ED, hostKey('reinstalled', 'ssh-rsa')]);
    await keys.operator.post(`/machines/${id}/host-keys/scan`);
    await keys.approve(id, OTHER_ED.fingerprint);
    keys.ssh.willConnect(OTHER_ED, asRoot);
    expect((await keys.connectionTest(id)).status).toBe('ok');
    await keys.operator.post(`/machines/${id}/archive`);
    expect((await keys.operator.post(`/machines/${id}/restore`)).body).toMatchObject({ status: 'active' });
  });

  it('is lifted by approving the new key, which puts the old one away', async () => {
    const id = await keys.quarantined('web-1');
    expect((await keys.approve(id, OTHER_ED.fingerprint)).status).toBe(200);
    expect(await keys.statuses(id)).toMatchObject({ [ED.fingerprint]: 'rejected', [OTHER_ED.fingerprint]: 'approved' });
    expect(await keys.detail(id)).toMatchObject({ status: 'new', lastError: null });
    keys.ssh.willConnect(OTHER_ED, asRoot);
    expect((await keys.connectionTest(id)).status).toBe('ok');
    keys.ssh.willConnect(ED);
    expect((await keys.connectionTest(id)).status).toBe('error');
    expect(await keys.detail(id)).toMatchObject({ status: 'quarantined' });
  });

  it('is lifted by approving the old key again when the new one was an impostor', async () => {
    const id = await keys.quarantined('web-1');
    await keys.approve(id, ED.fingerprint);
    expect(await keys.statuses(id)).toMatchObject({ [ED.fingerprint]: 'approved', [OTHER_ED.fingerprint]: 'rejected' });
    keys.ssh.willConnect(ED, asRoot);
    expect((await keys.connectionTest(id)).status).toBe('ok');
  });

  it('does not ask again about a rejected key, and stays in quarantine while it is shown', async () => {
    const id = await keys.quarantined('web-1');
    keys.ssh.willShow([OTHER_ED, hostKey('impostor', 'ssh-rsa')]);
    await keys.operator.post(`/machines/${id}/host-keys/scan`);
    await keys.administrator.post(`/machines/${id}/host-keys/${await keys.keyId(id, OTHER_ED.fingerprint)}/reject`);
    keys.ssh.willShow([OTHER_ED, hostKey('impostor', 'ssh-rsa')]);
    await keys.operator.post(`/machines/${id}/host-keys/scan`);
    const shown = { [OTHER_ED.fingerprint]: 'rejected', [hostKey('impostor', 'ssh-rsa').fingerprint]: 'rejected' };
    expect(await keys.statuses(id)).toEqual({ [ED.fingerprint]: 'approved', [RSA.fingerprint]: 'unknown', ...shown });
    expect(await keys.detail(id)).toMatchObject({ status: 'quarantined' });
    // The old machine is back: the key that was approved is approved again, and nothing is left to decide.
    expect((await keys.approve(id, ED.fingerprint)).status).toBe(200);
    expect(await keys.detail(id)).toMatchObject({ status: 'new', lastError: null });
    // Whoever shows the rejected key from now on is locked away without a question.
    keys.ssh.willConnect(OTHER_ED);
    await keys.connectionTest(id);
    expect(await keys.statuses(id)).toMatchObject({ [OTHER_ED.fingerprint]: 'rejected' });
    expect(await keys.detail(id)).toMatchObject({ status: 'quarantined', lastError: { kind: 'host_key_changed' } });
    expect((await keys.detail(id)).lastError?.message).toContain(OTHER_ED.fingerprint);
  });

  it('is not lifted by a key that was only noticed beside the approved one', async () => {
    const id = await keys.quarantined('web-1');
    expect((await keys.approve(id, RSA.fingerprint)).status).toBe(200);
    expect(await keys.detail(id)).toMatchObject({ status: 'quarantined', lastError: { kind: 'host_key_changed' } });
    expect(await keys.statuses(id)).toMatchObject({ [OTHER_ED.fingerprint]: 'changed' });
  });

  it('takes another key type in place of the approved one for a change, not for something new', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willFail(new SshError('host_key_changed', 'handshake', { approved: [ED], offered: ['ssh-rsa'] }));
    keys.ssh.willShow([hostKey('impostor', 'ssh-rsa')]);
    await keys.connectionTest(id);
    expect(await keys.detail(id)).toMatchObject({ status: 'quarantined' });
    expect(await keys.statuses(id)).toMatchObject({ [hostKey('impostor', 'ssh-rsa').fingerprint]: 'changed' });
  });

  it('quarantines also when the changed keys cannot be looked at', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willFail(new SshError('host_key_changed', 'handshake', { approved: [ED], offered: ['ssh-dss'] }));
    keys.ssh.willShow(new SshError('connection_lost', 'handshake'));
    await keys.connectionTest(id);
    expect(await keys.detail(id)).toMatchObject({ status: 'quarantined' });
  });

  it('quarantines when a scan finds the change', async () => {
    const id = await keys.enrolled('web-1');
    keys.ssh.willShow([OTHER_ED, RSA]);
    expect((await keys.operator.post(`/machines/${id}/host-keys/scan`)).status).toBe(200);
    expect(await keys.detail(id)).toMatchObject({ status: 'quarantined' });
  });
});
