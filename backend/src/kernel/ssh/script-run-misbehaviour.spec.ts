import type { ServerChannel } from 'ssh2';
import { FakeSshServer, playRun, type FakeRun } from '../../../test/support/ssh-fake-server';
import { connectTo, flood, play } from '../../../test/support/ssh-play';
import { connectOptions, sshFailure } from '../../../test/support/ssh-expect';
import { until } from '../../../test/support/ssh-wait';
import { SshConnectionFactory } from './ssh-connection-factory';

describe('machines that misbehave', () => {
  function endsAtOnce(channel: ServerChannel): void {
    channel.exit(1);
    channel.end();
  }

  it.each<[string, (channel: ServerChannel) => void, string]>([
    ['says nothing', () => undefined, 'timeout_first_byte'],
    ['ends at once', endsAtOnce, 'shell_unavailable'],
    [
      'prints without end before the run',
      (channel) => flood(channel, Buffer.alloc(32_768, 'welcome ')),
      'output_limit',
    ],
  ])('%s', async (_what, behave, kind) => {
    const { connection } = await connectTo((channel) => {
      channel.on('end', () => channel.close());
      channel.resume();
      behave(channel);
    });
    // Only what waits for a time limit gets a short one: a flood has to reach its own limit on a busy box too.
    const firstByteMs = kind === 'timeout_first_byte' ? 300 : 30_000;
    const run = connection.runScript({ script: 'true', sudo: { kind: 'nopasswd' }, timeouts: { firstByteMs } });
    expect((await sshFailure(run)).kind).toBe(kind);
  });

  it('lets nobody open a session', async () => {
    const server = new FakeSshServer({ noSessions: true });
    await server.start();
    try {
      const connection = await new SshConnectionFactory().connect(connectOptions(server, { hostKeys: server.policy }));
      const error = await sshFailure(connection.runScript({ script: 'true', sudo: { kind: 'nopasswd' } }));
      expect([error.kind, server.commands]).toEqual(['channel_refused', []]);
      await connection.close();
    } finally {
      await server.close();
    }
  });

  it('sends the password once, and only to the prompt of this run', async () => {
    const received: string[] = [];
    let currentPrompt = '';
    const { connection } = await connectTo((channel, command) => {
      currentPrompt = /-p (\w+)/.exec(command)?.[1] ?? '';
      channel.on('end', () => channel.close());
      channel.stderr.write('[sudo] password for tester: ');
      channel.stderr.write(`+ sudo -p ${currentPrompt} -- /usr/bin/setsid\n`);
      setImmediate(() => {
        expect(received).toEqual([]);
        channel.stderr.write(currentPrompt.slice(0, 10));
        channel.stderr.write(currentPrompt.slice(10));
      });
      channel.on('data', (chunk: Buffer) => {
        received.push(chunk.toString());
        channel.stderr.write(`Sorry, try again.\n${currentPrompt}`);
      });
    });
    const run = connection.runScript({ script: 'true', sudo: { kind: 'password', password: 'pass-word' } });
    const error = await sshFailure(run);
    expect(error).toMatchObject({ kind: 'sudo_password', stage: 'sudo' });
    expect(error.details.serverText).not.toContain(currentPrompt);
    expect(received).toEqual(['pass-word\n']);
  });

  it.each<[string, (run: FakeRun) => void, string]>([
    ['closes the channel mid-command', (run) => (run.begin(1, 'a'), run.channel.close()), 'protocol'],
    [
      'ends without the last frame',
      (run) => (run.begin(1, 'a'), run.end(1, 0), run.channel.exit(0), void run.channel.end()),
      'protocol',
    ],
    ['begins a section wrongly', (run) => run.frame(`${run.boundary} begin 1 ../etc x 1`), 'protocol'],
    ['names sections that do not follow', (run) => run.begin(7, 'a'), 'protocol'],
    ['ends another section', (run) => (run.begin(1, 'a'), run.end(2, 0)), 'protocol'],
    ['frames without end', (run) => void run.channel.write(`\x1e${run.boundary} begin ${'9'.repeat(500)}`), 'protocol'],
    ['falls silent', (run) => run.begin(1, 'a'), 'timeout_progress'],
    ['drips for ever', drip, 'timeout_total'],
  ])('%s', async (_what, body, kind) => {
    const error = await sshFailure(
      play(
        (run) => {
          run.channel.on('end', () => run.channel.close());
          body(run);
        },
        { timeouts: { progressMs: 300, totalMs: 900 } },
      ),
    );
    expect([error.kind, error.stage]).toEqual([kind, 'run']);
  });

  function drip(run: FakeRun): void {
    run.begin(1, 'drip');
    const timer = setInterval(() => run.channel.write('.'), 50);
    run.channel.on('close', () => clearInterval(timer));
  }

  it('loses the connection mid-command', async () => {
    const { connection } = await connectTo((channel, command, server) => {
      playRun((run) => {
        run.begin(1, 'a');
        run.channel.write('half');
        run.end(1, 0);
        run.begin(2, 'b');
        run.channel.write('rest', () => server.end());
      })(channel, command, server);
    });
    const error = await sshFailure(connection.runScript({ script: 'true', sudo: { kind: 'none' } }));
    expect([error.kind, error.stage]).toEqual(['connection_lost', 'run']);
    expect(error.partial?.sections.map(({ name, stdout, exitCode }) => [name, stdout, exitCode])).toEqual([
      ['a', 'half', 0],
      ['b', 'rest', null],
    ]);
    await connection.closed;
    expect((await sshFailure(connection.runScript({ script: 'true', sudo: { kind: 'none' } }))).kind).toBe(
      'connection_lost',
    );
  });

  it('is cancelled before it began, and while it waits', async () => {
    const { connection, server } = await connectTo((channel) => void channel.on('end', () => channel.close()).resume());
    const abort = new AbortController();
    const run = sshFailure(connection.runScript({ script: 'true', sudo: { kind: 'none' }, signal: abort.signal }));
    await until('the command arrived', () => server.commands.length === 1);
    abort.abort();
    expect((await run).kind).toBe('cancelled');
    expect(
      (await sshFailure(connection.runScript({ script: 'true', sudo: { kind: 'none' }, signal: abort.signal }))).kind,
    ).toBe('cancelled');
    expect(server.commands).toHaveLength(1);
  });

  it('is stopped while a consumer is slow and the machine ignores its window', async () => {
    let release: () => void = () => undefined;
    const run = play(
      ({ begin, channel }) => {
        begin(1, 'a');
        channel.write('first\n');
        const outgoing = (channel as unknown as { outgoing: { window: number } }).outgoing;
        let left = 32;
        const timer = setInterval(() => {
          outgoing.window = 64 * 1024 * 1024;
          if (left-- === 0) clearInterval(timer);
          // An odd size, so that the window never comes to exactly zero, where the library would drop the data.
          channel.write(Buffer.alloc(1_000_003, 'x'));
        }, 5);
        channel.on('close', () => clearInterval(timer));
        channel.on('end', () => channel.close());
      },
      { onOutput: () => new Promise<void>((resolve) => (release = resolve)) },
    );
    const error = await sshFailure(run);
    release();
    expect(error.kind).toBe('protocol');
    expect(error.details.reason).toContain('more than it was allowed');
  });
});
