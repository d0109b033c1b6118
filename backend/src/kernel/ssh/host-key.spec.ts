import { FakeSshServer, makeHostKey } from '../../../test/support/ssh-fake-server';
import { connectOptions, serverTracker, sshFailure } from '../../../test/support/ssh-expect';
import { parseHostKeyLine } from './host-key';
import { SshConnectionFactory } from './ssh-connection-factory';

const factory = new SshConnectionFactory();
const { opened, closeAll } = serverTracker();

afterEach(closeAll);

describe('host keys', () => {
  it('refuses an unknown key before any authentication, and shows it', async () => {
    const server = opened(await new FakeSshServer().start());
    const error = await sshFailure(factory.connect(connectOptions(server)));
    expect(error.kind).toBe('host_key_unknown');
    expect(error.stage).toBe('handshake');
    expect(error.details.presented).toEqual(server.keys[0]?.presented);
    expect(error.sentence).toContain(server.keys[0]?.presented.fingerprint);
    expect(server.connections).toBe(1);
    expect(server.authAttempts).toEqual([]);
  });

  it('refuses a changed key before any authentication, with old and new', async () => {
    const server = opened(await new FakeSshServer().start());
    const old = makeHostKey().presented;
    const error = await sshFailure(factory.connect(connectOptions(server, { hostKeys: { approved: [old] } })));
    expect(error.kind).toBe('host_key_changed');
    expect(error.details.presented).toEqual(server.keys[0]?.presented);
    expect(error.details.approved).toEqual([old]);
    expect(server.authAttempts).toEqual([]);
  });

  it('accepts by fingerprint alone, and by public key', async () => {
    const server = opened(await new FakeSshServer().start());
    const { keyType, fingerprint } = makeKey(server);
    for (const key of [{ keyType, fingerprint }, makeKey(server)]) {
      const connection = await factory.connect(connectOptions(server, { hostKeys: { approved: [key] } }));
      expect(connection.hostKey.fingerprint).toBe(fingerprint);
      await connection.close();
      expect(connection.isOpen).toBe(false);
    }
  });

  it('is not fooled by a right fingerprint beside another public key', async () => {
    const server = opened(await new FakeSshServer().start());
    const approved = { ...makeKey(server), publicKey: makeHostKey().presented.publicKey };
    const error = await sshFailure(factory.connect(connectOptions(server, { hostKeys: { approved: [approved] } })));
    expect(error.kind).toBe('host_key_changed');
    expect(server.authAttempts).toEqual([]);
  });

  it('negotiates only key types that are approved', async () => {
    const keys = [makeHostKey('ed25519'), makeHostKey('ecdsa'), makeHostKey('rsa')];
    const server = opened(await new FakeSshServer({ keys }).start());
    const expected = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512'];
    for (const [i, key] of keys.entries()) {
      const connection = await factory.connect(connectOptions(server, { hostKeys: { approved: [key.presented] } }));
      expect(connection.negotiated).toMatchObject({ hostKeyAlgorithm: expected[i], kex: 'curve25519-sha256' });
      expect(connection.hostKey).toEqual(key.presented);
      await connection.close();
    }
  });

  it('calls a server changed that offers no approved key type', async () => {
    const server = opened(await new FakeSshServer({ keys: [makeHostKey('rsa')] }).start());
    const error = await sshFailure(
      factory.connect(connectOptions(server, { hostKeys: { approved: [makeHostKey().presented] } })),
    );
    expect(error.kind).toBe('host_key_changed');
    expect(error.details.offered).toEqual(['ssh-rsa']);
    expect(server.authAttempts).toEqual([]);
  });

  it('lists all keys of a server without authenticating', async () => {
    const keys = [makeHostKey('rsa'), makeHostKey('ed25519'), makeHostKey('ecdsa')];
    const server = opened(await new FakeSshServer({ keys }).start());
    const found = await factory.scanHostKeys(server);
    expect(found.map((key) => key.keyType)).toEqual(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa']);
    expect(found).toEqual(expect.arrayContaining(keys.map((key) => key.presented)));
    expect(server.authAttempts).toEqual([]);
  });

  it.each([
    '',
    'ssh-ed25519',
    'ssh-ed25519 AAAA',
    'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIPzODL3NOFlm0gKWSCobaG3ld1wyonO6N3HFaPY7BYEr',
  ])('does not read %j as a key', (line) => {
    expect(() => parseHostKeyLine(line)).toThrow(TypeError);
  });
});

function makeKey(server: FakeSshServer) {
  const [key] = server.keys;
  if (key === undefined) throw new Error('The server has no key.');
  return key.presented;
}
