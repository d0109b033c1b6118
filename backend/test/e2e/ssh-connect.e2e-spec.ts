import { randomInt } from 'node:crypto';
import { parseHostKeyLine } from '../../src/kernel/ssh/host-key';
import {
  defaultKeepalive,
  SshConnectionFactory,
  type ConnectOptions,
} from '../../src/kernel/ssh/ssh-connection-factory';
import { sshFailure } from '../support/ssh-expect';
import { targetOfEachSuite, type SshTarget } from '../support/ssh-targets';
import { until } from '../support/ssh-wait';

const factory = new SshConnectionFactory();

/** A second sshd of the machine, with three host keys and settings of the test, that logs what clients attempt. */
class ExtraSshd {
  readonly port = randomInt(20_000, 30_000);
  private readonly folder = `/tmp/sshd-${String(this.port)}`;

  constructor(readonly target: SshTarget) {}

  async start(...settings: string[]): Promise<this> {
    const keys = ['ed25519', 'ecdsa', 'rsa']
      .map((type) => `ssh-keygen -q -t ${type} -N "" -f ${this.folder}/${type}`)
      .join(' && ');
    const options = [
      ...['ed25519', 'ecdsa', 'rsa'].map((type) => `HostKey=${this.folder}/${type}`),
      `ListenAddress=${this.target.host}:${String(this.port)}`,
      `PidFile=${this.folder}/pid`,
      'LogLevel=DEBUG1',
      'UsePAM=yes',
      ...settings,
    ].map((option) => `-o '${option}'`);
    const sshd = `/usr/sbin/sshd -f /dev/null -E ${this.folder}/log ${options.join(' ')}`;
    this.target.exec(
      'sh',
      '-c',
      `mkdir ${this.folder} && ${keys} && mkdir -p /run/sshd && ${sshd} </dev/null >/dev/null 2>&1`,
    );
    await until('the extra sshd is up', () => this.log().includes('Server listening'));
    return this;
  }

  log(): string {
    return this.target.exec('sh', '-c', `cat ${this.folder}/log 2>/dev/null || true`);
  }

  key(type: 'ed25519' | 'ecdsa' | 'rsa') {
    return parseHostKeyLine(this.target.exec('cat', `${this.folder}/${type}.pub`));
  }

  options(more: Partial<ConnectOptions> = {}): ConnectOptions {
    const { host } = this.target;
    const secret = { kind: 'password' as const, password: this.target.password('admin') };
    return { host, port: this.port, username: 'admin', secret, hostKeys: { approved: [this.key('ed25519')] }, ...more };
  }

  stop(): void {
    this.target.exec('sh', '-c', `kill "$(cat ${this.folder}/pid)"; rm -rf ${this.folder}`);
  }
}

describe.each(targetOfEachSuite().map((target) => [target.suite, target] as const))(
  'connecting to %s',
  (_suite, target) => {
    let sshd: ExtraSshd | undefined;
    const extra = async (...settings: string[]) => (sshd = await new ExtraSshd(target).start(...settings));

    afterEach(() => {
      sshd?.stop();
      sshd = undefined;
    });

    it('finds all host keys and never authenticates with one that is not approved', async () => {
      const server = await extra();
      const keys = [server.key('ed25519'), server.key('ecdsa'), server.key('rsa')];
      expect(await factory.scanHostKeys({ host: target.host, port: server.port })).toEqual(keys);
      const unknown = await sshFailure(factory.connect(server.options({ hostKeys: { approved: [] } })));
      expect([unknown.kind, unknown.details.presented]).toEqual(['host_key_unknown', keys[0]]);
      for (const key of keys) {
        const other = { ...target.hostKey, keyType: key.keyType };
        const changed = await sshFailure(factory.connect(server.options({ hostKeys: { approved: [other] } })));
        expect([changed.kind, changed.details.presented, changed.details.approved]).toEqual([
          'host_key_changed',
          key,
          [other],
        ]);
      }
      await until('all connections are logged', () => server.log().split('Connection from').length - 1 === 7);
      expect(server.log()).not.toMatch(/userauth-request/);
    });

    it('negotiates only the approved key type, with curve25519, and has no other key proven', async () => {
      const server = await extra();
      const algorithms = { ed25519: 'ssh-ed25519', ecdsa: 'ecdsa-sha2-nistp256', rsa: 'rsa-sha2-512' } as const;
      for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
        const connection = await factory.connect(server.options({ hostKeys: { approved: [server.key(type)] } }));
        expect(connection.negotiated).toMatchObject({ hostKeyAlgorithm: algorithms[type], kex: 'curve25519-sha256' });
        await connection.runScript({ script: 'section who id -un', sudo: { kind: 'none' } });
        await connection.close();
      }
      await until(
        'the server is done with all three',
        () => (server.log().match(/Disconnected from user/g) ?? []).length === 3,
      );
      expect(server.log()).not.toMatch(/hostkeys-prove/);
    });

    it('says that only post-quantum key exchange is offered', async () => {
      const server = await extra('KexAlgorithms=sntrup761x25519-sha512@openssh.com');
      const error = await sshFailure(factory.connect(server.options()));
      expect([error.kind, error.details.reason]).toEqual(['key_exchange_unsupported', 'key exchange']);
      expect(error.sentence).toContain('sntrup761x25519-sha512@openssh.com');
    });

    it('logs in by keyboard-interactive where that is the only way', async () => {
      const server = await extra('PasswordAuthentication=no', 'KbdInteractiveAuthentication=yes');
      const connection = await factory.connect(server.options());
      const sudo = { kind: 'password' as const, password: target.password('admin') };
      const result = await connection.runScript({ script: 'section who id -un', sudo });
      expect(result.section('who')?.stdout).toBe('root\n');
      await connection.close();
    });

    it('tries a wrong password once', async () => {
      const server = await extra();
      const error = await sshFailure(
        factory.connect(server.options({ secret: { kind: 'password', password: 'wrong' } })),
      );
      expect(error.kind).toBe('auth_failed');
      expect(server.log().match(/Failed password for admin/g)).toHaveLength(1);
    });

    it('notices a machine that is silently gone, also in the middle of a run', async () => {
      expect(defaultKeepalive.intervalMs * (defaultKeepalive.countMax + 1)).toBeLessThanOrEqual(60_000);
      const server = await extra();
      const connection = await factory.connect(server.options({ keepalive: { intervalMs: 300, countMax: 2 } }));
      const sudo = { kind: 'password' as const, password: target.password('admin') };
      let begun = false;
      const run = sshFailure(
        connection.runScript({ script: 'section a sleep 300', sudo, onSection: () => void (begun = true) }),
      );
      await until('the run is under way', () => begun);
      const serving = `for p in /proc/[0-9]*; do case $(tr "\\0" " " <$p/cmdline) in "sshd"*": admin"*) echo \${p#/proc/} ;; esac; done 2>/dev/null`;
      target.exec('sh', '-c', `kill -STOP $(${serving})`);
      const error = await run;
      expect([error.kind, error.details.reason]).toEqual(['connection_lost', 'Keepalive timeout']);
      await connection.closed;
      target.exec('sh', '-c', `kill -KILL $(${serving})`);
    });
  },
);

const penalising = targetOfEachSuite().filter((target) => target.suite === 'trixie');

it.each(penalising.map((target) => [target.name, target] as const))(
  'recognises being penalised by %s',
  async (_name, target) => {
    const server = await new ExtraSshd(target).start(
      'PerSourcePenalties=authfail:60s min:1s',
      'PerSourcePenaltyExemptList=none',
    );
    try {
      await sshFailure(factory.connect(server.options({ secret: { kind: 'password', password: 'wrong' } })));
      const kinds: unknown[] = [];
      await until('the penalty is in force', async () => {
        const error = await sshFailure(factory.connect(server.options({ hostKeys: { approved: [] } })));
        kinds.push([error.kind, error.details.reason]);
        return error.kind === 'penalised';
      });
      expect(kinds.at(-1)).toEqual(['penalised', 'penalty']);
    } finally {
      server.stop();
    }
  },
);
