import type { ServerChannel } from 'ssh2';
import { FakeSshServer, playRun, type FakeRun, type FakeServerOptions } from '../../../test/support/ssh-fake-server';
import { connectOptions, serverTracker, sshFailure } from '../../../test/support/ssh-expect';
import { until } from '../../../test/support/ssh-wait';
import { SecretMasker } from '../logging/secret-masker';
import type { RunScriptOptions } from './run-types';
import { SshConnectionFactory } from './ssh-connection-factory';

const { opened, closeAll } = serverTracker();

afterEach(closeAll);

async function connectTo(onExec: NonNullable<FakeServerOptions['onExec']>) {
  const server = opened(await new FakeSshServer({ onExec }).start());
  const connection = opened(
    await new SshConnectionFactory().connect(connectOptions(server, { hostKeys: server.policy })),
  );
  return { server, connection };
}

async function play(body: (run: FakeRun) => void, options: Partial<RunScriptOptions> = {}) {
  const { connection } = await connectTo(playRun(body));
  return connection.runScript({ script: 'true', sudo: { kind: 'none' }, ...options });
}

/** Writes without end, as fast as the channel takes it; stops when it is gone. */
function flood(
  stream: { write(chunk: Buffer): boolean; once(event: 'drain', listener: () => void): unknown },
  chunk: Buffer,
  total = Infinity,
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
  };
  write();
}

describe('a run', () => {
  it('puts sections together from frames cut anywhere', async () => {
    const result = await play(({ channel, boundary }) => {
      const mark = '11111111-0000-4000-8000-000000000000';
      const out = `noise\x1e${boundary} begin 1 first ${mark} 1.00\n\x1e almost \x1e${mark.slice(0, 20)}\nü€😀\x1e${mark} end 1 3 2.25\n\x1e${boundary} done 9 3.00\n`;
      const err = `\x1e${boundary} begin 1 first ${mark} 1.00\nbad\x1e${mark} end 1 3 2.25\n\x1e${boundary} done 9 3.00\n`;
      for (const byte of Buffer.from(out)) channel.write(Buffer.from([byte]));
      channel.stderr.write(err);
      channel.exit(9);
      channel.end();
    });
    expect(result).toMatchObject({ exitCode: 9, stray: { stdout: 'noise', stderr: '' } });
    expect(result.section('first')).toMatchObject({
      stdout: '\x1e almost \x1e11111111-0000-4000-8\nü€😀',
      stderr: 'bad',
      exitCode: 3,
      durationMs: 1250,
    });
  });

  it('decodes invalid UTF-8 with replacement, live too', async () => {
    const seen: string[] = [];
    const result = await play(
      (run) => {
        run.begin(1, 'bytes');
        run.channel.write(Buffer.from([0x61, 0xff, 0xe2, 0x82]));
        run.channel.write(Buffer.from([0xac, 0x0a, 0xc3, 0x0a, 0xf0, 0x9f]));
        run.end(1, 0);
        run.done(0);
      },
      { onOutput: ({ text }) => void seen.push(text) },
    );
    expect(result.section('bytes')?.stdout).toBe('a\ufffd€\n\ufffd\n\ufffd');
    expect(seen.join('')).toBe('a\ufffd€\n\ufffd\n\ufffd');
  });

  it('masks secrets in results and live output, split across packets too', async () => {
    const seen: string[] = [];
    const result = await play(
      (run) => {
        run.begin(1, 'leak');
        for (const piece of ['pw: hun', 'ter', '22\nkey ', 'hunter', '22']) run.channel.write(piece);
        run.end(1, 0);
        run.done(0);
      },
      { masker: new SecretMasker(['hunter22']), onOutput: ({ text }) => void seen.push(text) },
    );
    expect(result.section('leak')?.stdout).toBe('pw: •••\nkey •••');
    expect(seen.join('')).toBe('pw: •••\nkey •••');
  });

  it('waits for a consumer that is slow, and keeps the order', async () => {
    const seen: string[] = [];
    let running = 0;
    const result = await play(
      (run) => {
        run.begin(1, 'many');
        for (let i = 0; i < 50; i++) run.channel.write(`${String(i)}\n`.repeat(2000));
        run.end(1, 0);
        run.done(0);
      },
      {
        onOutput: async ({ text }) => {
          expect(running).toBe(0);
          running += 1;
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          seen.push(text);
        },
      },
    );
    expect(seen.join('')).toBe(result.section('many')?.stdout);
    expect(seen.join('').split('\n')).toHaveLength(100_001);
  });

  it('stops when a consumer fails, with its error', async () => {
    const broken = new Error('the log is full');
    const run = play(
      ({ begin, channel }) => {
        begin(1, 'a');
        channel.write('line\n');
        channel.on('end', () => channel.end());
      },
      { onOutput: () => Promise.reject(broken) },
    );
    await expect(run).rejects.toBe(broken);
  });
});

describe('limits', () => {
  it('cuts long lines and says so', async () => {
    const result = await play(
      (run) => {
        run.begin(1, 'lines');
        run.channel.write(`short\n${'x'.repeat(250)}\n${'y'.repeat(100)}\n${'z'.repeat(120)}`);
        run.channel.write('z'.repeat(30));
        run.end(1, 0);
        run.done(0);
      },
      { limits: { lineBytes: 100 } },
    );
    const cut = (letter: string, bytes: number) =>
      `${letter.repeat(100)} […${String(bytes)} bytes of this line dropped]`;
    expect(result.section('lines')).toMatchObject({
      stdout: `short\n${cut('x', 150)}\n${'y'.repeat(100)}\n${cut('z', 50)}`,
      truncated: true,
      droppedBytes: 200,
    });
  });

  it('cuts a section, at a whole character, and goes on with the next', async () => {
    const seen: string[] = [];
    const result = await play(
      (run) => {
        run.begin(1, 'big');
        run.channel.write('ü\n'.repeat(1000));
        run.end(1, 0);
        run.begin(2, 'small');
        run.channel.write('fine');
        run.end(2, 0);
        run.done(0);
      },
      { limits: { sectionBytes: 100 }, onOutput: ({ text }) => void seen.push(text) },
    );
    expect(result.truncated).toBe(true);
    expect(result.section('big')?.stdout).toBe(`${'ü\n'.repeat(33)}\n[…2901 bytes dropped here]\n`);
    expect(result.section('small')).toMatchObject({ stdout: 'fine', truncated: false });
    expect(seen.join('')).toBe(`${result.section('big')?.stdout ?? ''}fine`);
  });

  it('stops the run at a limit where that is wanted', async () => {
    const error = await sshFailure(
      play(
        (run) => {
          run.begin(1, 'big');
          run.channel.write('x\n'.repeat(1000));
          run.channel.on('end', () => run.channel.end());
        },
        { limits: { sectionBytes: 100, overflow: 'fail' } },
      ),
    );
    expect(error).toMatchObject({ kind: 'output_limit', details: { limitBytes: 100 } });
    expect(error.partial?.section('big')).toMatchObject({ exitCode: null, truncated: true });
  });

  it('stops a flood', async () => {
    const error = await sshFailure(
      play(
        (run) => {
          run.begin(1, 'flood');
          flood(run.channel, Buffer.alloc(32_768, 'x\n'));
          run.channel.on('end', () => run.channel.close());
        },
        { limits: { floodBytes: 4 * 1024 * 1024 } },
      ),
    );
    expect(error).toMatchObject({ kind: 'output_limit', details: { limitBytes: 4 * 1024 * 1024 } });
  });

  it.each([
    ['one endless line', Buffer.alloc(32_768, 'x')],
    ['many lines', Buffer.alloc(32_768, 'line of text\n')],
    ['invalid bytes', Buffer.alloc(32_768, 0xff)],
  ])(
    'keeps memory flat while 100 MB of %s pass',
    async (_what, chunk) => {
      const total = 100 * 1024 * 1024;
      let peak = 0;
      const before = process.memoryUsage().rss;
      const result = await play(
        (run) => {
          run.begin(1, 'flood');
          flood(run.channel, chunk, total);
          run.channel.once('drain', () => undefined);
          void until('all is written', () => run.channel.writableLength === 0, 60_000).then(() => {
            run.end(1, 0);
            run.done(0);
          });
        },
        { onOutput: () => void (peak = Math.max(peak, process.memoryUsage().rss)) },
      );
      peak = Math.max(peak, process.memoryUsage().rss);
      expect(result.receivedBytes).toBeGreaterThanOrEqual(total);
      expect(result.section('flood')?.stdout.length).toBeLessThan(2.1 * 1024 * 1024);
      // Both ends run in this process, the server's buffers included.
      expect((peak - before) / 1024 / 1024).toBeLessThan(80);
    },
    60_000,
  );
});

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
    const run = connection.runScript({ script: 'true', sudo: { kind: 'nopasswd' }, timeouts: { firstByteMs: 300 } });
    expect((await sshFailure(run)).kind).toBe(kind);
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
          channel.write(Buffer.alloc(1024 * 1024, 'x'));
        }, 5);
        channel.on('close', () => { console.log('srv close'); clearInterval(timer)});
        channel.on('end', () => { console.log('srv end'); channel.close()});setTimeout(()=>console.log(outgoing.window, left, channel.writableLength), 2000)
      },
      { onOutput: () => new Promise<void>((resolve) => (release = resolve)) },
    );
    const error = await sshFailure(run);
    release();
    expect(error.kind).toBe('protocol');
    expect(error.details.reason).toContain('more than it was allowed');
  });
});
