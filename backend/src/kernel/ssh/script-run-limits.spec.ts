import type { ServerChannel } from 'ssh2';
import { flood, play } from '../../../test/support/ssh-play';
import { sshFailure } from '../../../test/support/ssh-expect';
import { until } from '../../../test/support/ssh-wait';

/**
 * ssh2 forgets what waits on standard error when both streams wait for the same window, so that the frames which end
 * a flood may be sent only when there is room for them again.
 */
const isRead = (channel: ServerChannel): boolean =>
  channel.writableLength === 0 &&
  (channel as ServerChannel & { outgoing: { window: number } }).outgoing.window > 65_536;

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

  it('has limits of their own for sections that may be longer or shorter', async () => {
    const result = await play(
      (run) => {
        for (const [index, name] of ['short', 'long_one', 'other'].entries()) {
          run.begin(index + 1, name);
          run.channel.write('x'.repeat(100));
          run.end(index + 1, 0);
        }
        run.done(0);
      },
      { limits: { sectionBytes: 50, sections: { short: 10, 'long_*': 80 } } },
    );
    const dropped = Object.fromEntries(result.sections.map(({ name, droppedBytes }) => [name, droppedBytes]));
    expect(dropped).toEqual({ short: 90, long_one: 20, other: 50 });
  });

  it('keeps no more than an excerpt of a section that is cut, however much the limit is', async () => {
    const line = 'a line of the text\n';
    const seen: string[] = [];
    const result = await play(
      (run) => {
        run.begin(1, 'big');
        run.channel.write(line.repeat(10_000));
        run.end(1, 0);
        run.done(0);
      },
      { limits: { sectionBytes: 100_000 }, onOutput: ({ text }) => void seen.push(text) },
    );
    const total = line.length * 10_000;
    const excerpt = line.repeat(10_000).slice(0, 16 * 1024);
    expect(result.section('big')).toMatchObject({
      stdout: `${excerpt}\n[…${String(total - excerpt.length)} bytes dropped here]\n`,
      droppedBytes: total - excerpt.length,
    });
    // What was handed on live before the limit was reached stays handed on.
    expect(seen.join('').startsWith(line.repeat(5_000))).toBe(true);
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
    'keeps little of 100 MB of %s',
    async (_what, chunk) => {
      const total = 100 * 1024 * 1024;
      const result = await play((run) => {
        run.begin(1, 'flood');
        flood(run.channel, chunk, total, () => {
          void until('all is sent and read', () => isRead(run.channel)).then(() => {
            run.end(1, 0);
            run.done(0);
          });
        });
      });
      expect(result.receivedBytes).toBeGreaterThanOrEqual(total);
      expect(result.section('flood')?.stdout.length).toBeLessThan(2.1 * 1024 * 1024);
      expect(result.section('flood')?.truncated).toBe(true);
    },
    60_000,
  );
});
