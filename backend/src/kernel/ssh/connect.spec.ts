import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { FakeSshServer, kexInitPacket, startTcpServer } from '../../../test/support/ssh-fake-server';
import { connectOptions, serverTracker, sshFailure } from '../../../test/support/ssh-expect';
import { nativeCrypto } from './native-crypto';
import { SshConnectionFactory } from './ssh-connection-factory';

const factory = new SshConnectionFactory();
const { opened, closeAll } = serverTracker();

afterEach(closeAll);

describe('the steps', () => {
  const ALL = ['resolve', 'connect', 'banner', 'key_exchange', 'host_key', 'authenticate'];

  function recorder() {
    const told: (readonly [string, number])[] = [];
    return {
      onStep: (step: string, durationMs: number) => void told.push([step, durationMs]),
      names: () => told.map(([step]) => step),
      areMeasured: () => told.every(([, durationMs]) => Number.isInteger(durationMs) && durationMs >= 0),
    };
  }

  it.each(['127.0.0.1', 'localhost'])('to %s are told in order, each with its time', async (host) => {
    const server = opened(await new FakeSshServer().start());
    const steps = recorder();
    const options = { hostKeys: server.policy, onStep: steps.onStep };
    await (await factory.connect({ ...connectOptions(server, options), host })).close();
    expect(steps.names()).toEqual(ALL);
    expect(steps.areMeasured()).toBe(true);
  });

  it('end where it failed', async () => {
    const server = opened(await new FakeSshServer().start());
    const [unknown, refused, nameless, scan] = [recorder(), recorder(), recorder(), recorder()];
    await sshFailure(factory.connect(connectOptions(server, { onStep: unknown.onStep })));
    expect(unknown.names()).toEqual(ALL.slice(0, 5));
    await sshFailure(factory.connect({ ...connectOptions(server, { onStep: refused.onStep }), port: 9 }));
    expect(refused.names()).toEqual(ALL.slice(0, 2));
    await sshFailure(factory.connect({ ...connectOptions(server, { onStep: nameless.onStep }), host: 'no.invalid' }));
    expect(nameless.names()).toEqual(ALL.slice(0, 1));
    await factory.scanHostKeys({ host: server.host, port: server.port, onStep: scan.onStep });
    expect(scan.names().slice(0, 5)).toEqual(ALL.slice(0, 5));
    expect(scan.names()).not.toContain('authenticate');
  });
});

describe('login', () => {
  it('sends a wrong password once', async () => {
    const server = opened(
      await new FakeSshServer({
        onAuth: (context) => context.reject(['password', 'keyboard-interactive', 'publickey']),
      }).start(),
    );
    const error = await sshFailure(factory.connect(connectOptions(server, { hostKeys: server.policy })));
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
    const connection = await factory.connect(connectOptions(server, { hostKeys: server.policy }));
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
    const error = await sshFailure(factory.connect(connectOptions(server, { hostKeys: server.policy })));
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
    const error = await sshFailure(factory.connect(connectOptions(server, { hostKeys: server.policy })));
    expect(error.kind).toBe('password_expired');
  });

  it.each([
    ['rubbish', '', 'unknown format'],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', '', 'it is in PKCS#8 format'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----', '', 'unknown format'],
  ])('refuses the key %j before connecting', async (privateKey, passphrase, reason) => {
    const secret = { kind: 'key' as const, privateKey, passphrase };
    const error = await sshFailure(factory.connect({ ...connectOptions({ host: '127.0.0.1', port: 1 }), secret }));
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
    const error = await sshFailure(factory.connect(connectOptions(server, quick)));
    expect([error.kind, error.stage]).toEqual([kind, stage]);
  });

  it('hangs in the login', async () => {
    const server = opened(await new FakeSshServer({ onAuth: () => undefined }).start());
    const error = await sshFailure(factory.connect(connectOptions(server, { ...quick, hostKeys: server.policy })));
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
    const error = await sshFailure(factory.connect(connectOptions(server)));
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
    const error = await sshFailure(factory.connect(connectOptions(server)));
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
    const error = await sshFailure(factory.connect(connectOptions(server)));
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
    const error = await sshFailure(factory.connect(connectOptions(server)));
    expect(error.kind).toBe('protocol');
  });

  it('is not there', async () => {
    const server = await startTcpServer(() => undefined);
    await server.close();
    const error = await sshFailure(factory.connect(connectOptions(server)));
    expect([error.kind, error.stage, error.details.reason]).toEqual(['unreachable', 'connect', 'ECONNREFUSED']);
  });

  it.each(['nowhere.invalid', '', ' '])('has the name %j', async (host) => {
    const error = await sshFailure(factory.connect(connectOptions({ host, port: 22 })));
    expect(error.kind).toBe('dns');
  });

  it('is given up on at once when cancelled', async () => {
    const server = opened(await startTcpServer(() => undefined));
    const abort = new AbortController();
    const attempt = sshFailure(factory.connect(connectOptions(server, { signal: abort.signal })));
    setImmediate(() => abort.abort());
    expect((await attempt).kind).toBe('cancelled');
    expect((await sshFailure(factory.connect(connectOptions(server, { signal: abort.signal })))).kind).toBe(
      'cancelled',
    );
  });
});

describe('the compiled ciphers of ssh2', () => {
  it('are in use', () => {
    expect(nativeCrypto()).toBe(true);
  });

  // Where they are not safe, the whole process aborts: asked in one of its own.
  it('outlive the garbage collection of what they encrypted with', () => {
    const check = path.resolve(__dirname, '../../../../scripts/native/cipher-check.cjs');
    const { status, stderr } = spawnSync(process.execPath, ['--expose-gc', check], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
