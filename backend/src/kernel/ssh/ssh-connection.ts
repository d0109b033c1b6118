import type { Client } from 'ssh2';
import type { OpenedClient } from './connect-attempt';
import type { PresentedHostKey } from './host-key';
import type { RunContext } from './run-context';
import type { RunResult, RunScriptOptions } from './run-types';
import { ScriptRun } from './script-run';

const closeGraceMs = 2000;

/** What was agreed on with the server. */
export interface NegotiatedNames {
  readonly kex: string;
  readonly hostKeyAlgorithm: string;
  readonly cipher: string;
}

/** An authenticated connection, shared by the steps of a job. Made by `SshConnectionFactory` only. */
export class SshConnection {
  private readonly client: Client;
  private lost: string | undefined;
  /** Settles when the connection is gone, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  /** The host key that was accepted. */
  readonly hostKey: PresentedHostKey;
  readonly negotiated: NegotiatedNames;
  /** `SSH-2.0-OpenSSH_9.2p1 Debian-2` */
  readonly serverIdent: string;
  /** The IP address that answered, as the socket tells it; empty when the socket was gone already. */
  readonly remoteAddress: string;

  constructor(
    private readonly opened: OpenedClient,
    private readonly target: { readonly host: string; readonly port: number; readonly username: string },
  ) {
    this.client = opened.client;
    this.hostKey = opened.hostKey;
    this.serverIdent = opened.tap.ident ?? '';
    this.remoteAddress = opened.socket.remoteAddress ?? '';
    const { kex, serverHostKey, cs } = opened.negotiated;
    this.negotiated = { kex, hostKeyAlgorithm: serverHostKey, cipher: cs.cipher };
    // Channels waiting for an answer learn of the end after 'close' is emitted, so the reason must stand before it.
    opened.socket.prependListener('close', () => {
      this.lost ??= 'the other side closed it';
    });
    opened.client.prependListener('error', (error: Error) => {
      this.lost ??= error.message;
    });
    this.closed = new Promise((resolve) => {
      if (opened.socket.destroyed) {
        this.lost ??= 'the other side closed it';
        resolve();
      } else {
        opened.client.once('close', () => {
          resolve();
        });
      }
    });
  }

  get isOpen(): boolean {
    return this.lost === undefined;
  }

  /**
   * Runs one script over one channel and returns its sections. A script that fails is a result, not an error; see
   * `exitCode`. Several runs may use the connection at the same time.
   *
   * @throws SshError with stage `sudo` or `run`; sections read until then stand in its `partial`
   * @throws TypeError for a NUL in the script or a parameter, or a bad parameter name
   */
  async runScript(options: RunScriptOptions): Promise<RunResult> {
    const { host, port, username } = this.target;
    const context: RunContext = {
      client: this.client,
      host,
      port,
      loginIsRoot: username === 'root',
      lostReason: () => this.lost,
      onTraffic: (listener) => {
        this.opened.socket.on('data', listener);
        return () => {
          this.opened.socket.removeListener('data', listener);
        };
      },
    };
    return new ScriptRun(context, options).run();
  }

  /** Ends the connection and everything that runs over it. Safe to call twice. */
  async close(): Promise<void> {
    this.lost ??= 'closed by this side';
    this.client.end();
    const timer = setTimeout(() => {
      this.opened.socket.destroy();
    }, closeGraceMs);
    await this.closed;
    clearTimeout(timer);
  }
}
