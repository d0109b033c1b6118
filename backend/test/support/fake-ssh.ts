import type { ConnectOptions, ScanOptions } from '../../src/kernel/ssh/ssh-connection-factory';
import type { ConnectStep } from '../../src/kernel/ssh/connect-steps';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import { presentedHostKey, type PresentedHostKey } from '../../src/kernel/ssh/host-key';
import type { RunResult, RunScriptOptions } from '../../src/kernel/ssh/run-types';
import type { SshConnection } from '../../src/kernel/ssh/ssh-connection';
import { SshError, type SshStage } from '../../src/kernel/ssh/ssh-error';

type Run = (options: RunScriptOptions) => Partial<RunResult> | SshError;

/** A host key of the given type that is the same for the same seed. */
export function hostKey(seed: string, keyType = 'ssh-ed25519'): PresentedHostKey {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return presentedHostKey(Buffer.concat([field(Buffer.from(keyType)), field(Buffer.from(seed.padEnd(32, '.')))]));
}

/**
 * Stands in for every SSH connection. Each use has to be prepared; anything else is an error, which the test finds in
 * `unexpected` even when the code under test has swallowed it.
 */
export class FakeSsh extends SshConnectionFactory {
  readonly unexpected: string[] = [];
  /** Of the connections to come. */
  remoteAddress = '192.0.2.1';
  /** What was asked for, in order; secrets included. */
  readonly connected: ConnectOptions[] = [];
  private readonly scans: (readonly PresentedHostKey[] | SshError)[] = [];
  private readonly connections: ({ key: PresentedHostKey; run: Run } | SshError)[] = [];

  /** The next scan shows these keys, or fails. */
  willShow(answer: readonly PresentedHostKey[] | SshError): void {
    this.scans.push(answer);
  }

  /** The next connection shows this key. It is accepted only when the policy has approved it, as in reality. */
  willConnect(key: PresentedHostKey, run: Run = () => new SshError('protocol', 'run')): void {
    this.connections.push({ key, run });
  }

  /** The next connection fails. */
  willFail(error: SshError): void {
    this.connections.push(error);
  }

  override scanHostKeys(options: ScanOptions): Promise<readonly PresentedHostKey[]> {
    tellSteps(options, 'host_key');
    const answer = this.scans.shift();
    if (answer === undefined) return this.refuse(`scan of ${options.host}`);
    return answer instanceof SshError ? Promise.reject(answer) : Promise.resolve(answer);
  }

  override connect(options: ConnectOptions): Promise<SshConnection> {
    const answer = this.connections.shift();
    if (answer === undefined) return this.refuse(`connection to ${options.host}`);
    if (answer instanceof SshError) {
      tellSteps(options, LAST_STEPS[answer.stage]);
      return Promise.reject(answer);
    }
    const { approved } = options.hostKeys;
    const details = { host: options.host, port: options.port, presented: answer.key, approved };
    tellSteps(options, 'host_key');
    if (approved.length === 0) return Promise.reject(new SshError('host_key_unknown', 'handshake', details));
    if (!approved.some((key) => key.fingerprint === answer.key.fingerprint)) {
      return Promise.reject(new SshError('host_key_changed', 'handshake', details));
    }
    tellSteps(options, 'authenticate');
    this.connected.push(options);
    return Promise.resolve(fakeConnection(answer.key, answer.run, this.remoteAddress));
  }

  private refuse(what: string): Promise<never> {
    this.unexpected.push(what);
    return Promise.reject(new Error(`unexpected ${what}`));
  }
}

const STEPS: readonly ConnectStep[] = ['resolve', 'connect', 'banner', 'key_exchange', 'host_key', 'authenticate'];
const LAST_STEPS: Readonly<Record<SshStage, ConnectStep>> = {
  connect: 'connect',
  banner: 'banner',
  handshake: 'host_key',
  auth: 'authenticate',
  sudo: 'authenticate',
  run: 'authenticate',
};

/** Each took as many milliseconds as its place says. */
function tellSteps({ onStep }: ScanOptions, last: ConnectStep): void {
  for (const [index, step] of STEPS.slice(0, STEPS.indexOf(last) + 1).entries()) onStep?.(step, index + 1);
}

function fakeConnection(key: PresentedHostKey, run: Run, remoteAddress: string): SshConnection {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  const connection = {
    closed,
    hostKey: key,
    remoteAddress,
    runScript: (options: RunScriptOptions) => {
      const answer = run(options);
      return answer instanceof SshError ? Promise.reject(answer) : Promise.resolve(answer);
    },
    close: () => {
      resolve(undefined);
      return Promise.resolve();
    },
  };
  return connection as unknown as SshConnection;
}

/** The answer of a run whose sections printed this. */
export function runResult(sections: Readonly<Record<string, string>>): Partial<RunResult> {
  return {
    exitCode: 0,
    durationMs: 5,
    section: (name) => {
      const stdout = sections[name];
      if (stdout === undefined) return undefined;
      return { name, exitCode: 0, durationMs: 1, stdout, stderr: '', truncated: false, droppedBytes: 0 };
    },
  };
}
