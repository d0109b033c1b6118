import { Injectable } from '@nestjs/common';
import { ConnectAttempt, type AttemptOptions, type OpenedClient } from './connect-attempt';
import type { ConnectStepListener } from './connect-steps';
import { allHostKeyAlgorithms, keyTypeOf, type HostKeyPolicy, type PresentedHostKey } from './host-key';
import { Login, type SshSecret } from './login';
import { SshConnection } from './ssh-connection';
import { SshError } from './ssh-error';

/** Time limits of connecting, in milliseconds. Each begins when the one before it ended well. */
export interface ConnectTimeouts {
  /** Name resolution and TCP. */
  readonly connectMs: number;
  /** Until the server's identification line. */
  readonly bannerMs: number;
  /** Key exchange and host key. */
  readonly handshakeMs: number;
  readonly authMs: number;
}

/** A peer that is silently gone is noticed after `intervalMs * (countMax + 1)` at the latest. */
export interface KeepaliveOptions {
  readonly intervalMs: number;
  readonly countMax: number;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secret: SshSecret;
  /** Which host keys are accepted; there is no way to connect without saying so. */
  readonly hostKeys: HostKeyPolicy;
  readonly timeouts?: Partial<ConnectTimeouts>;
  readonly keepalive?: KeepaliveOptions;
  /** Gives up (`cancelled`) while connecting. An open connection is closed with `close()`. */
  readonly signal?: AbortSignal;
  readonly onStep?: ConnectStepListener;
}

export interface ScanOptions {
  readonly host: string;
  readonly port: number;
  readonly timeouts?: Partial<ConnectTimeouts>;
  readonly signal?: AbortSignal;
  readonly onStep?: ConnectStepListener;
}

const defaultTimeouts: ConnectTimeouts = { connectMs: 10_000, bannerMs: 10_000, handshakeMs: 15_000, authMs: 20_000 };
/** Noticed within 45 s. */
export const defaultKeepalive: KeepaliveOptions = { intervalMs: 15_000, countMax: 2 };

/** Makes every SSH connection of the product. */
@Injectable()
export class SshConnectionFactory {
  /**
   * Connects, checks the host key, logs in.
   *
   * No authentication of any kind is attempted before the host key is accepted, and only key types of the policy are
   * negotiated.
   *
   * @throws SshError with stage `connect`, `banner`, `handshake` or `auth`
   */
  async connect(options: ConnectOptions): Promise<SshConnection> {
    const login = new Login(options.username, options.secret);
    const { host, port, username, hostKeys } = options;
    return new SshConnection(await this.attempt({ ...common(options), username, hostKeys, login }), {
      host,
      port,
      username,
    });
  }

  /**
   * The host keys of a server, one per key type, best type first. Each was proven by a signature; nothing is
   * authenticated. Takes one connection per key type.
   *
   * @throws SshError like {@link connect}, never about a host key
   */
  async scanHostKeys(options: ScanOptions): Promise<readonly PresentedHostKey[]> {
    const base = { ...common(options), username: '-', hostKeys: { approved: [] }, login: undefined };
    const first = await this.attempt(base);
    const offered = new Set(first.tap.offered?.hostKey);
    const found = [first.hostKey];
    const others = new Set(allHostKeyAlgorithms.filter((name) => offered.has(name)).map(keyTypeOf));
    others.delete(first.hostKey.keyType);
    for (const keyType of others) {
      const hostKeyAlgorithms = allHostKeyAlgorithms.filter((name) => keyTypeOf(name) === keyType);
      found.push((await this.attempt({ ...base, hostKeyAlgorithms })).hostKey);
    }
    return found;
  }

  private async attempt(options: AttemptOptions): Promise<OpenedClient> {
    const opened = await new ConnectAttempt(options).run();
    if (options.signal?.aborted === true && options.login !== undefined) {
      opened.socket.destroy();
      throw new SshError('cancelled', 'auth', { host: options.host, port: options.port });
    }
    return opened;
  }
}

function common(options: ScanOptions & Pick<ConnectOptions, 'keepalive'>) {
  const { host, port, signal } = options;
  return {
    host,
    port,
    signal,
    onStep: options.onStep,
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    keepalive: options.keepalive ?? defaultKeepalive,
  };
}
