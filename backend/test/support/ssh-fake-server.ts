import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Server, utils, type AuthContext, type Connection, type ServerChannel, type ServerConfig } from 'ssh2';
import { parseHostKeyLine, type PresentedHostKey } from '../../src/kernel/ssh/host-key';

/** A throw-away host key, private and public. */
export interface TestHostKey {
  readonly privateKey: string;
  readonly presented: PresentedHostKey;
}

export function makeHostKey(type: 'ed25519' | 'rsa' | 'ecdsa' = 'ed25519'): TestHostKey {
  const pair =
    type === 'rsa'
      ? utils.generateKeyPairSync('rsa', { bits: 2048 })
      : type === 'ecdsa'
        ? utils.generateKeyPairSync('ecdsa', { bits: 256 })
        : utils.generateKeyPairSync('ed25519');
  // The library's generator (not its reader) makes an unreadable key now and then.
  if (utils.parseKey(pair.private) instanceof Error) return makeHostKey(type);
  return { privateKey: pair.private, presented: parseHostKeyLine(pair.public) };
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A TCP server that is no honest SSH server. Listens on loopback only. */
export async function startTcpServer(onSocket: (socket: Socket) => void): Promise<RunningServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

export interface FakeServerOptions extends Partial<ServerConfig> {
  readonly keys?: readonly TestHostKey[];
  /** Default: everything is accepted. */
  readonly onAuth?: (context: AuthContext) => void;
  /** It signs in, and lets nobody open a session, like `MaxSessions 0`. */
  readonly noSessions?: boolean;
  /** What happens to an exec request once the channel is open. */
  readonly onExec?: (channel: ServerChannel, command: string, connection: Connection) => void;
}

/** An SSH server under the control of a test, which counts what clients attempt. */
export class FakeSshServer implements RunningServer {
  readonly host = '127.0.0.1';
  port = 0;
  readonly keys: readonly TestHostKey[];
  /** Authentication requests of any kind, `none` included. */
  readonly authAttempts: string[] = [];
  readonly commands: string[] = [];
  connections = 0;
  private readonly open = new Set<Connection>();
  private readonly server: Server;

  constructor(options: FakeServerOptions = {}) {
    const { keys, onAuth, noSessions, onExec, ...config } = options;
    this.keys = keys ?? [makeHostKey()];
    this.server = new Server({ hostKeys: this.keys.map((key) => key.privateKey), ...config }, (connection) => {
      this.connections += 1;
      this.open.add(connection);
      connection
        .on('error', () => undefined)
        .on('close', () => this.open.delete(connection))
        .on('authentication', (context) => {
          this.authAttempts.push(context.method);
          if (onAuth === undefined) context.accept();
          else onAuth(context);
        })
        .on('session', (accept, reject) => {
          if (noSessions === true) {
            reject();
            return;
          }
          accept().on('exec', (acceptExec, _reject, info) => {
            this.commands.push(info.command);
            const channel = acceptExec();
            channel.on('error', () => undefined);
            onExec?.(channel, info.command, connection);
          });
        });
    });
  }

  /** The policy that trusts this server. */
  get policy() {
    return { approved: this.keys.map((key) => key.presented) };
  }

  async start(): Promise<this> {
    this.server.listen(0, this.host);
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    for (const connection of this.open) connection.end();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}

/** The machine's side of one run, once the script arrived. */
export interface FakeRun {
  readonly channel: ServerChannel;
  readonly boundary: string;
  readonly input: string;
  readonly frame: (words: string) => void;
  readonly begin: (id: number, name: string) => void;
  readonly end: (id: number, exitCode: number) => void;
  readonly done: (exitCode: number) => void;
}

/** Answers an exec request as the waiting shell would, then hands over to the test. */
export function playRun(body: (run: FakeRun) => void): NonNullable<FakeServerOptions['onExec']> {
  return (channel, command) => {
    const [, left = '', right = '', length = '0'] = /echo (\w+)""(\w+); s=\$\(head -c (\d+)\)/.exec(command) ?? [];
    const chunks: Buffer[] = [];
    let begun = false;
    channel.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const input = Buffer.concat(chunks);
      if (begun || input.length < Number(length)) return;
      begun = true;
      body(fakeRun(channel, input.toString()));
    });
    channel.write(`${left}${right}\n`);
  };
}

const mark = '00000000-0000-4000-8000-000000000000';

function fakeRun(channel: ServerChannel, input: string): FakeRun {
  const boundary = /SU_BOUNDARY='(\w+)'/.exec(input)?.[1] ?? '';
  const frame = (words: string, written: () => void = () => undefined) => {
    channel.write(`\x1e${words}\n`);
    channel.stderr.write(`\x1e${words}\n`, written);
  };
  return {
    channel,
    boundary,
    input,
    frame,
    begin: (id, name) => frame(`${boundary} begin ${String(id)} ${name} ${mark} 10.00`),
    end: (id, exitCode) => frame(`${mark} end ${String(id)} ${String(exitCode)} 10.50`),
    done: (exitCode) => {
      // The end of a channel does not wait for what its standard error could not send yet for want of window.
      frame(`${boundary} done ${String(exitCode)} 11.00`, () => {
        channel.exit(exitCode);
        channel.end();
      });
    },
  };
}

/** A KEXINIT packet offering exactly these algorithms. */
export function kexInitPacket(lists: { kex: string; hostKey?: string; cipher?: string; mac?: string }): Buffer {
  const hostKey = lists.hostKey ?? 'ssh-ed25519';
  const cipher = lists.cipher ?? 'aes128-gcm@openssh.com';
  const mac = lists.mac ?? 'hmac-sha2-256';
  const names = [lists.kex, hostKey, cipher, cipher, mac, mac, 'none', 'none', '', ''].map((name) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(name.length);
    return Buffer.concat([length, Buffer.from(name)]);
  });
  const payload = Buffer.concat([Buffer.from([20]), Buffer.alloc(16, 7), ...names, Buffer.alloc(5)]);
  const padding = 8 - ((payload.length + 5) % 8) + 8;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + 1 + padding);
  head[4] = padding;
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}
