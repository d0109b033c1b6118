import { connect as netConnect, isIP, type Socket } from 'node:net';
import { Client, type AuthenticationType, type NegotiatedAlgorithms, type NextAuthHandler } from 'ssh2';
import { offeredCiphers, offeredKex, offeredMacs } from './algorithms';
import {
  negotiableAlgorithms,
  judgeHostKey,
  presentedHostKey,
  type HostKeyPolicy,
  type PresentedHostKey,
} from './host-key';
import { classifyFailure } from './connect-failure';
import { HandshakeTap } from './handshake-tap';
import { passOverGlobalRequests } from './global-requests';
import { ConnectSteps, type ConnectStepListener } from './connect-steps';
import type { Login } from './login';
import { SshError, type SshErrorDetails, type SshErrorKind, type SshStage } from './ssh-error';
import type { ConnectTimeouts, KeepaliveOptions } from './ssh-connection-factory';
import { say } from './ssh.sentences';

/** Everything one attempt needs; `login` is absent where only the host key is wanted. */
export interface AttemptOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly hostKeys: HostKeyPolicy;
  readonly login: Login | undefined;
  readonly timeouts: ConnectTimeouts;
  readonly keepalive: KeepaliveOptions;
  readonly signal: AbortSignal | undefined;
  readonly onStep: ConnectStepListener | undefined;
  /** Negotiate these key types only; those of the policy where absent. */
  readonly hostKeyAlgorithms?: ReturnType<typeof negotiableAlgorithms>;
}

/** What a finished attempt hands over. */
export interface OpenedClient {
  readonly client: Client;
  readonly socket: Socket;
  readonly hostKey: PresentedHostKey;
  readonly tap: HandshakeTap;
  readonly negotiated: NegotiatedAlgorithms;
}

const timeoutKinds = {
  connect: 'connect_timeout',
  banner: 'banner_timeout',
  handshake: 'handshake_timeout',
  auth: 'auth_timeout',
} as const;

type ConnectStage = keyof typeof timeoutKinds;

/**
 * One try to connect: TCP, identification, key exchange, host key, login; each with its own time limit.
 * Settles once; whatever fails, the socket is gone afterwards.
 */
export class ConnectAttempt {
  private stage: ConnectStage = 'connect';
  private timer: NodeJS.Timeout | undefined;
  private settled = false;
  private readonly client = new Client();
  private readonly tap = new HandshakeTap();
  private socket: Socket | undefined;
  private hostKey: PresentedHostKey | undefined;
  private negotiated: NegotiatedAlgorithms | undefined;
  private bannerText = '';
  private readonly steps: ConnectSteps;
  private resolve!: (opened: OpenedClient) => void;
  private reject!: (error: SshError) => void;

  constructor(private readonly options: AttemptOptions) {
    this.steps = new ConnectSteps(options.onStep);
  }

  run(): Promise<OpenedClient> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      if (this.options.signal?.aborted === true) {
        this.fail('cancelled');
        return;
      }
      this.options.signal?.addEventListener('abort', this.onAbort, { once: true });
      this.openSocket();
    });
  }

  private readonly onAbort = (): void => {
    this.fail('cancelled');
  };

  private openSocket(): void {
    const { host, port } = this.options;
    this.steps.begin('resolve');
    if (host.trim() === '') {
      // Node would take it for localhost.
      this.fail('dns', { reason: say.host_name_empty() });
      return;
    }
    this.enter('connect', this.options.timeouts.connectMs);
    const socket = netConnect({ host, port, noDelay: true });
    this.socket = socket;
    // Of an address there is nothing to look up, and no event.
    if (isIP(host) !== 0) this.steps.begin('connect');
    socket.once('lookup', (error: Error | null) => {
      if (error === null && !this.settled) this.steps.begin('connect');
    });
    socket.on('error', (error) => {
      this.failed(error);
    });
    socket.once('close', () => {
      this.failed(undefined);
    });
    socket.once('connect', () => {
      if (!this.settled) this.speakSsh(socket);
    });
  }

  private speakSsh(socket: Socket): void {
    this.enter('banner', this.options.timeouts.bannerMs);
    this.steps.begin('banner');
    // Ahead of the library's own listener, so that what failed is known when the library says that it failed.
    socket.prependListener('data', this.onBytes);
    this.client
      .on('error', (error) => {
        this.failed(error);
      })
      .on('banner', (text) => {
        if (this.bannerText.length < 4096) this.bannerText = (this.bannerText + text).slice(0, 4096);
      })
      .on('handshake', (negotiated) => {
        this.onHandshake(negotiated);
      })
      .on('change password', () => {
        this.fail('password_expired');
      })
      .on('ready', () => {
        this.succeed();
      });
    this.client.connect({
      sock: socket,
      username: this.options.username,
      readyTimeout: 0,
      keepaliveInterval: this.options.keepalive.intervalMs,
      keepaliveCountMax: this.options.keepalive.countMax,
      algorithms: {
        kex: offeredKex,
        serverHostKey: [...(this.options.hostKeyAlgorithms ?? negotiableAlgorithms(this.options.hostKeys))],
        cipher: offeredCiphers,
        hmac: offeredMacs,
        compress: ['none'],
      },
      hostVerifier: (blob: Buffer) => this.verifyHostKey(blob),
      authHandler: (left, partial, next) => {
        this.authenticate(left, partial, next);
      },
    });
    passOverGlobalRequests(this.client);
  }

  private readonly onBytes = (chunk: Buffer): void => {
    this.tap.push(chunk);
    if (this.tap.flooding) this.fail('protocol', { reason: say.sends_more_than_login(), serverText: this.tap.text });
    else if (this.stage === 'banner' && this.tap.ident !== undefined) {
      this.enter('handshake', this.options.timeouts.handshakeMs);
      this.steps.begin('key_exchange');
    }
  };

  /** Runs before any authentication. Strictly true or false: the library takes anything but false for consent. */
  private verifyHostKey(blob: Buffer): boolean {
    this.steps.begin('host_key');
    const presented = presentedHostKey(blob);
    this.hostKey = presented;
    const verdict = this.options.login === undefined ? 'accepted' : judgeHostKey(this.options.hostKeys, presented);
    if (verdict === 'accepted') return true;
    this.fail(verdict === 'changed' ? 'host_key_changed' : 'host_key_unknown', {
      presented,
      approved: this.options.hostKeys.approved,
    });
    return false;
  }

  private onHandshake(negotiated: NegotiatedAlgorithms): void {
    // Also comes at every later re-keying.
    if (this.settled || this.negotiated !== undefined) return;
    this.negotiated = negotiated;
    this.enter('auth', this.options.timeouts.authMs);
    if (this.options.login !== undefined) this.steps.begin('authenticate');
    if (this.options.login === undefined) this.succeed();
  }

  private authenticate(left: AuthenticationType[] | null, partial: boolean | null, next: NextAuthHandler): void {
    if (this.settled) return;
    const method = this.options.login?.next(left, partial);
    if (method === undefined) this.fail('auth_failed', this.refusal());
    else next(method);
  }

  private refusal(): SshErrorDetails {
    const { login } = this.options;
    return {
      methods: login?.methodsLeft ?? [],
      serverText: this.bannerText,
      ...(login?.wantsMore === true ? { reason: say.second_method() } : {}),
    };
  }

  private enter(stage: ConnectStage, limitMs: number): void {
    this.stage = stage;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.fail(timeoutKinds[stage], { limitMs });
    }, limitMs);
  }

  /** The socket or the library reported an end; what it means depends on how far it had come. */
  private failed(cause: Error | undefined): void {
    if (this.settled) return;
    const { kind, details } = classifyFailure({
      stage: this.stage,
      cause,
      tap: this.tap,
      hostKeys: this.options.hostKeys,
      hostKeyAlgorithms: this.options.hostKeyAlgorithms ?? negotiableAlgorithms(this.options.hostKeys),
      refused: (this.options.login?.refusals ?? 0) > 0,
    });
    this.fail(kind, kind === 'auth_failed' ? { ...this.refusal(), ...details } : details, cause);
  }

  private fail(kind: SshErrorKind, details: SshErrorDetails = {}, cause?: Error): void {
    if (!this.settle()) return;
    const stage: SshStage = this.stage;
    this.socket?.destroy();
    const { host, port } = this.options;
    this.reject(new SshError(kind, stage, { host, port, ...details }, cause === undefined ? undefined : { cause }));
  }

  private succeed(): void {
    const { socket, hostKey, negotiated, client, tap } = this;
    if (socket === undefined || hostKey === undefined || negotiated === undefined || !this.settle()) return;
    // For a mere look at the host key the socket goes before the library can ask for the authentication service.
    if (this.options.login === undefined) socket.destroy();
    this.resolve({ client, socket, hostKey, tap, negotiated });
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.steps.end();
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener('abort', this.onAbort);
    this.socket?.removeListener('data', this.onBytes);
    this.options.login?.forget();
    return true;
  }
}
