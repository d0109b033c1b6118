import {
  FakeSshServer,
  kexInitPacket,
  makeHostKey,
  startTcpServer,
  type RunningServer,
} from '../../../test/support/ssh-fake-server';
import { parseHostKeyLine, type HostKeyPolicy } from './host-key';
import { nativeCrypto } from './native-crypto';
import { SshConnectionFactory, type ConnectOptions } from './ssh-connection-factory';
import { SshError, sshErrorKinds } from './ssh-error';

const factory = new SshConnectionFactory();
const closers: (() => Promise<void>)[] = [];
const unknownPolicy: HostKeyPolicy = { approved: [] };

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function opened<T extends RunningServer>(server: T): T {
  closers.push(() => server.close());
  return server;
}

function optionsFor(server: RunningServer, more: Partial<ConnectOptions> = {}): ConnectOptions {
  return {
    host: server.host,
    port: server.port,
    username: 'tester',
    secret: { kind: 'password', password: 'right-password' },
    hostKeys: unknownPolicy,
    ...more,
  };
}

async function failure(promise: Promise<unknown>): Promise<SshError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SshError);
  return error as SshError;
}

describe('host keys', () => {
  it('refuses an unknown key before any authentication, and shows it', async () => {
    const server = opened(await new FakeSshServer().start());
    const error = await failure(factory.connect(optionsFor(server)));
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
    const error = await failure(factory.connect(optionsFor(server, { hostKeys: { approved: [old] } })));
    expect(error.kind).toBe('host_key_changed');
    expect(error.details.presented).toEqual(server.keys[0]?.presented);
    expect(error.details.approved).toEqual([old]);
    expect(server.authAttempts).toEqual([]);
  });

  it('accepts by fingerprint alone, and by public key', async () => {
    const server = opened(await new FakeSshServer().start());
    const { keyType, fingerprint } = makeKey(server);
    for (const key of [{ keyType, fingerprint }, makeKey(server)]) {
      const connection = await factory.connect(optionsFor(server, { hostKeys: { approved: [key] } }));
      expect(connection.hostKey.fingerprint).toBe(fingerprint);
      await connection.close();
      expect(connection.isOpen).toBe(false);
    }
  });

  it('is not fooled by a right fingerprint beside another public key', async () => {
    const server = opened(await new FakeSshServer().start());
    const approved = { ...makeKey(server), publicKey: makeHostKey().presented.publicKey };
    const error = await failure(factory.connect(optionsFor(server, { hostKeys: { approved: [approved] } })));
    expect(error.kind).toBe('host_key_changed');
    expect(server.authAttempts).toEqual([]);
  });

  it('negotiates only key types that are approved', async () => {
    const keys = [makeHostKey('ed25519'), makeHostKey('ecdsa'), makeHostKey('rsa')];
    const server = opened(await new FakeSshServer({ keys }).start());
    const expected = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512'];
    for (const [i, key] of keys.entries()) {
      const connection = await factory.connect(optionsFor(server, { hostKeys: { approved: [key.presented] } }));
      expect(connection.negotiated).toMatchObject({ hostKeyAlgorithm: expected[i], kex: 'curve25519-sha256' });
      expect(connection.hostKey).toEqual(key.presented);
      await connection.close();
    }
  });

  it('calls a server changed that offers no approved key type', async () => {
    const server = opened(await new FakeSshServer({ keys: [makeHostKey('rsa')] }).start());
    const error = await failure(
      factory.connect(optionsFor(server, { hostKeys: { approved: [makeHostKey().presented] } })),
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

describe('login', () => {
  it('sends a wrong password once', async () => {
    const server = opened(
      await new FakeSshServer({
        onAuth: (context) => context.reject(['password', 'keyboard-interactive', 'publickey']),
      }).start(),
    );
    const error = await failure(factory.connect(optionsFor(server, { hostKeys: server.policy })));
    expect(error.kind).toBe('auth_failed');
    expect(error.details.methods).toEqual(['password', 'keyboard-interactive', 'publickey']);
    expect(server.authAttempts).toEqual(['password']);
  });

  it('answers keyboard-interactive where passwords are taken by that only', async () => {
    const answers: string[][] = [];
    const server = opened(
      await new FakeSshServer({
        onAuth: (context) => {
          if (context.method !== 'keyboard-interactive') context.reject(['keyboard-interactive']);
          else
            context.prompt([{ prompt: 'Password: ', echo: false }], 'PAM', (given) => {
              answers.push(given);
              context.accept();
            });
        },
      }).start(),
    );
    const connection = await factory.connect(optionsFor(server, { hostKeys: server.policy }));
    await connection.close();
    expect(answers).toEqual([['right-password']]);
  });

  it('never gives the password to a question that is echoed, nor twice', async () => {
    const answers: string[][] = [];
    const server = opened(
      await new FakeSshServer({
        onAuth: (context) => {
          if (context.method !== 'keyboard-interactive') context.reject(['keyboard-interactive']);
          else
            context.prompt([{ prompt: 'Name: ', echo: true }], '', (first) => {
              answers.push(first);
              context.prompt([{ prompt: 'Password: ', echo: false }], '', (second) => {
                answers.push(second);
                context.reject([]);
              });
            });
        },
      }).start(),
    );
    const error = await failure(factory.connect(optionsFor(server, { hostKeys: server.policy })));
    expect(error.kind).toBe('auth_failed');
    expect(answers).toEqual([[''], ['']]);
  });

  it('says that the password must be changed', async () => {
    const server = opened(
      await new FakeSshServer({
        onAuth: (context) => {
          if (context.method === 'password') context.requestChange('Change it now', () => undefined);
          else context.reject();
        },
      }).start(),
    );
    const error = await failure(factory.connect(optionsFor(server, { hostKeys: server.policy })));
    expect(error.kind).toBe('password_expired');
  });

  it.each([
    ['rubbish', undefined, 'unknown format'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----', undefined, 'unknown format'],
  ])('refuses the key %j before connecting', async (privateKey, passphrase, reason) => {
    const secret = { kind: 'key' as const, privateKey, ...(passphrase === undefined ? {} : { passphrase }) };
    const error = await failure(
      factory.connect({ ...optionsFor({ host: '127.0.0.1', port: 1, close: () => Promise.resolve() }), secret }),
    );
    expect(error.kind).toBe('key_invalid');
    expect(error.details.reason).toBe(reason);
  });
});

describe('servers that do not answer properly', () => {
  const quick = { timeouts: { connectMs: 2000, bannerMs: 300, handshakeMs: 300, authMs: 300 } };

  it.each([
    ['says nothing', '', 'banner_timeout', 'banner'],
    ['hangs after its identification', 'SSH-2.0-OpenSSH_9.2\r\n', 'handshake_timeout', 'handshake'],
    ['hangs within a greeting', 'welcome\r\nstill', 'banner_timeout', 'banner'],
  ])('%s', async (_what, sent, kind, stage) => {
    const server = opened(await startTcpServer((socket) => void socket.write(sent)));
    const error = await failure(factory.connect(optionsFor(server, quick)));
    expect([error.kind, error.stage]).toEqual([kind, stage]);
  });

  it('hangs in the login', async () => {
    const server = opened(await new FakeSshServer({ onAuth: () => undefined }).start());
    const error = await failure(factory.connect(optionsFor(server, { ...quick, hostKeys: server.policy })));
    expect([error.kind, error.stage]).toEqual(['auth_timeout', 'auth']);
  });

  it.each([
    ['closes before the banner', '', 'penalised', 'closed_before_banner'],
    ['is penalising', 'Not allowed at this time\r\n', 'penalised', 'penalty'],
    ['has too many logins', 'Exceeded MaxStartups\r\n', 'penalised', 'max_startups'],
    ['closes after the banner', 'SSH-2.0-OpenSSH_9.2\r\n', 'penalised', 'closed_after_banner'],
    ['is a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'protocol', 'this is not an SSH server'],
    ['speaks SSH 1', 'SSH-1.5-old\r\n', 'protocol', 'Invalid identification string'],
  ])('%s', async (_what, sent, kind, reason) => {
    const server = opened(await startTcpServer((socket) => void socket.end(sent)));
    const error = await failure(factory.connect(optionsFor(server)));
    expect([error.kind, error.details.reason]).toEqual([kind, reason]);
  });

  it.each([
    [{ kex: 'sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256' }, 'key exchange'],
    [{ kex: 'curve25519-sha256', hostKey: 'ssh-dss' }, 'host key algorithm'],
    [{ kex: 'curve25519-sha256', cipher: '3des-cbc' }, 'cipher'],
    [{ kex: 'curve25519-sha256', cipher: 'aes128-ctr', mac: 'hmac-md5' }, 'MAC'],
  ])('offers only %j', async (lists, reason) => {
    const packet = kexInitPacket(lists);
    const server = opened(
      await startTcpServer((socket) => void socket.write(Buffer.concat([Buffer.from('SSH-2.0-X\r\n'), packet]))),
    );
    const error = await failure(factory.connect(optionsFor(server)));
    expect([error.kind, error.details.reason]).toEqual(['key_exchange_unsupported', reason]);
    expect(Object.values(lists).some((list) => error.sentence.includes(list.split(',')[0] ?? '-'))).toBe(true);
  });

  it('floods before the banner', async () => {
    const line = Buffer.from(`${'x'.repeat(8000)}\r\n`.repeat(40));
    const server = opened(
      await startTcpServer((socket) => {
        const flood = () => {
          while (socket.writable && socket.write(line));
        };
        socket.on('drain', flood);
        flood();
      }),
    );
    const error = await failure(factory.connect(optionsFor(server)));
    expect(error.kind).toBe('protocol');
    expect(error.details.reason).toContain('far more');
  });

  it('floods after the banner with packets that mean nothing', async () => {
    const ignore = Buffer.concat([Buffer.from([0, 0, 0x20, 0x04, 0xff]), Buffer.from([2]), Buffer.alloc(8194)]);
    const server = opened(
      await startTcpServer((socket) => {
        socket.write('SSH-2.0-OpenSSH_9.2\r\n');
        const flood = () => {
          while (socket.writable && socket.write(ignore));
        };
        socket.on('drain', flood);
        flood();
      }),
    );
    const error = await failure(factory.connect(optionsFor(server)));
    expect(error.kind).toBe('protocol');
  });

  it('is not there', async () => {
    const server = await startTcpServer(() => undefined);
    await server.close();
    const error = await failure(factory.connect(optionsFor(server)));
    expect([error.kind, error.stage, error.details.reason]).toEqual(['unreachable', 'connect', 'ECONNREFUSED']);
  });

  it.each(['nowhere.invalid', '', ' '])('has the name %j', async (host) => {
    const error = await failure(factory.connect(optionsFor({ host, port: 22, close: () => Promise.resolve() })));
    expect(error.kind).toBe('dns');
  });

  it('is given up on at once when cancelled', async () => {
    const server = opened(await startTcpServer(() => undefined));
    const abort = new AbortController();
    const attempt = failure(factory.connect(optionsFor(server, { signal: abort.signal })));
    setImmediate(() => abort.abort());
    expect((await attempt).kind).toBe('cancelled');
    expect((await failure(factory.connect(optionsFor(server, { signal: abort.signal })))).kind).toBe('cancelled');
  });
});

describe('SshError', () => {
  it.each(sshErrorKinds)('%s has a sentence and a next step whatever is known', (kind) => {
    expect(kind).toMatch(/^[a-z][a-z0-9_]*$/);
    for (const details of [
      {},
      { host: 'h', port: 22, limitMs: 1000, limitBytes: 5, reason: 'r', serverText: '\x1b[31mred\n', offered: ['a'] },
    ]) {
      const error = new SshError(kind, 'run', details);
      expect(error.sentence).toMatch(/^\S.*[.…\w]$/);
      expect(error.sentence).not.toMatch(/undefined|NaN|\[object|\x1b|\n/);
      expect(error.whatToDo).toMatch(/\.$/);
    }
  });
});

it('runs on the compiled ciphers of ssh2', () => {
  expect(nativeCrypto()).toBe(true);
});
