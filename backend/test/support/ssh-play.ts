import type { RunResult, RunScriptOptions } from '../../src/kernel/ssh/run-types';
import type { SshConnection } from '../../src/kernel/ssh/ssh-connection';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import { connectOptions, serverTracker } from './ssh-expect';
import { FakeSshServer, playRun, type FakeRun, type FakeServerOptions } from './ssh-fake-server';

const { opened, closeAll } = serverTracker();

afterEach(closeAll);

/** A server whose exec requests go to the test, and a connection to it; both are closed after the test. */
export async function connectTo(
  onExec: NonNullable<FakeServerOptions['onExec']>,
): Promise<{ readonly server: FakeSshServer; readonly connection: SshConnection }> {
  const server = opened(await new FakeSshServer({ onExec }).start());
  const options = connectOptions(server, { hostKeys: server.policy });
  return { server, connection: opened(await new SshConnectionFactory().connect(options)) };
}

/** One run whose machine is played by the test. */
export async function play(body: (run: FakeRun) => void, options: Partial<RunScriptOptions> = {}): Promise<RunResult> {
  const { connection } = await connectTo(playRun(body));
  return connection.runScript({ script: 'true', sudo: { kind: 'none' }, ...options });
}

/** Writes so much, or without end, as fast as the channel takes it; stops when it is gone. */
export function flood(
  stream: { write(chunk: Buffer): boolean; once(event: 'drain', listener: () => void): unknown },
  chunk: Buffer,
  total = Infinity,
  written: () => void = () => undefined,
): void {
  let left = total;
  const write = () => {
    while (left > 0) {
      left -= chunk.length;
      if (!stream.write(chunk)) {
        stream.once('drain', write);
        return;
      }
    }
    written();
  };
  write();
}
