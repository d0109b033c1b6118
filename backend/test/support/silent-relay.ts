import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A way to a machine that can fall silent as a dead link does: nothing comes through any more, in neither direction, and
 * nobody is told. Listens on loopback.
 */
export class SilentRelay {
  private readonly sockets = new Set<Socket>();
  private silent = false;

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {}

  static async to(host: string, port: number): Promise<SilentRelay> {
    const server = createServer();
    const relay = new SilentRelay(server, { host, port });
    server.on('connection', (socket) => {
      relay.join(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on nothing comes through, on old connections and on new ones. */
  fallSilent(): void {
    this.silent = true;
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** New connections come through again; the old ones stay dead. */
  recover(): void {
    this.silent = false;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(near: Socket): void {
    this.keep(near);
    if (this.silent) {
      near.pause();
      return;
    }
    const far = connect(this.target);
    this.keep(far);
    near.pipe(far);
    far.pipe(near);
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
