import type { ConnectOptions } from '../../src/kernel/ssh/ssh-connection-factory';
import { SshError } from '../../src/kernel/ssh/ssh-error';
import type { RunningServer } from './ssh-fake-server';

/** The SshError that a promise rejects with. @throws Error when it does not */
export async function sshFailure(promise: Promise<unknown>): Promise<SshError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SshError)) throw new Error(`Expected an SshError, got ${String(error)}`, { cause: error });
  return error;
}

/** Options for a server that knows no host key yet. */
export function connectOptions(
  server: Pick<RunningServer, 'host' | 'port'>,
  more: Partial<ConnectOptions> = {},
): ConnectOptions {
  return {
    host: server.host,
    port: server.port,
    username: 'tester',
    secret: { kind: 'password', password: 'right-password' },
    hostKeys: { approved: [] },
    ...more,
  };
}

/** Remembers what a test opened, so that `closeAll` can be called after each. */
export function serverTracker() {
  const closers: (() => Promise<void>)[] = [];
  return {
    opened: <T extends { close(): Promise<void> }>(server: T): T => {
      closers.push(() => server.close());
      return server;
    },
    closeAll: async (): Promise<void> => {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}
