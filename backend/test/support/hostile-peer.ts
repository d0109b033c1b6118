import { createConnection, type Socket } from 'node:net';
import type { Enrolment } from './api-client';
import { FakeSshServer, playRun, startTcpServer, type FakeRun, type RunningServer } from './ssh-fake-server';

/** What happens from the first byte of a connection; the other end speaks SSH. */
export type SocketPlay = (socket: Socket) => void;
/** What happens in place of the script, once the login stands; `cutOff` ends the connection without a word. */
export type RunPlay = (run: FakeRun, cutOff: () => void) => void;

/**
 * A machine that can be enrolled like any other and then misbehaves: in front of a server that speaks SSH stands a
 * plain one that may do without it.
 */
export class HostilePeer {
  private socketPlay: SocketPlay | undefined;
  private runPlay: RunPlay = (run) => run.done(0);
  private readonly open = new Set<Socket>();
  private front: RunningServer | undefined;
  private readonly ssh = new FakeSshServer({
    onExec: playRun((run) => {
      this.runs += 1;
      this.runPlay(run, () => this.cutOff());
    }),
  });
  /** Scripts that were received whole. */
  runs = 0;

  constructor(readonly name: string) {}

  async start(): Promise<this> {
    await this.ssh.start();
    this.front = await startTcpServer((socket) => {
      if (this.socketPlay !== undefined) this.socketPlay(socket);
      else this.pass(socket);
    });
    return this;
  }

  /** Where it is, for somebody who trusts the key that it shows. */
  get enrolment(): Enrolment {
    const [key] = this.ssh.keys;
    return {
      name: this.name,
      address: '127.0.0.1',
      port: this.front?.port ?? 0,
      username: 'tester',
      credentials: { authMethod: 'password', password: 'of this test', sudoMode: 'none' },
      hostKey: key?.presented.keyType ?? '',
    };
  }

  misbehave(how: { readonly socket: SocketPlay } | { readonly run: RunPlay }): void {
    if ('socket' in how) this.socketPlay = how.socket;
    else this.runPlay = how.run;
  }

  async close(): Promise<void> {
    await this.front?.close();
    await this.ssh.close();
  }

  private cutOff(): void {
    for (const socket of this.open) socket.destroy();
  }

  private pass(socket: Socket): void {
    const behind = createConnection(this.ssh.port, this.ssh.host);
    this.open.add(socket);
    behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => {
      this.open.delete(socket);
      behind.destroy();
    });
    socket.pipe(behind).pipe(socket);
  }
}
