import { play } from '../../../test/support/ssh-play';
import { SecretMasker } from '../logging/secret-masker';

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

  it('hands on live only what is wanted, and keeps all of it', async () => {
    const seen: string[] = [];
    const result = await play(
      (run) => {
        for (const [id, name] of ['data', 'words'].entries()) {
          run.begin(id + 1, name);
          run.channel.write(`${name}\n`);
          run.channel.stderr.write(`${name} complains\n`);
          run.end(id + 1, 0);
        }
        run.done(0);
      },
      {
        onOutput: ({ section, stream, text }) => void seen.push(`${section}/${stream}: ${text}`),
        wantsOutput: (section, stream) => section === 'words' || stream === 'stderr',
      },
    );
    expect([...seen].sort()).toEqual([
      'data/stderr: data complains\n',
      'words/stderr: words complains\n',
      'words/stdout: words\n',
    ]);
    expect(result.section('data')).toMatchObject({ stdout: 'data\n', stderr: 'data complains\n' });
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

  it('leaves facts as they are where a word of them is a secret as well, and masks it in words and live', async () => {
    const seen: string[] = [];
    const plan = 'machine 0199-1234\nupgrade debianutils:amd64 5.7 5.8 Debian:13\n';
    const result = await play(
      (run) => {
        for (const [id, name] of ['plan_lines', 'refresh'].entries()) {
          run.begin(id + 1, name);
          run.channel.write(`${plan}Only-me-77 and Only%2Dme%2D77/x\n`);
          run.channel.stderr.write('no debianutils for Only-me-77\n');
          run.end(id + 1, 0);
        }
        run.done(0);
      },
      {
        masker: new SecretMasker(['debian', '1234', 'Only-me-77', 'Only%2Dme%2D77/x']),
        onOutput: ({ text }) => void seen.push(text),
        wantsOutput: (section) => section === 'refresh',
      },
    );
    const words = 'no •••utils for •••\n';
    expect(result.section('plan_lines')).toMatchObject({ stdout: `${plan}••• and •••\n`, stderr: words });
    const log = plan.replaceAll(/debian|1234/g, '•••') + '••• and •••\n';
    expect(result.section('refresh')).toMatchObject({ stdout: log, stderr: words });
    expect([...seen].sort()).toEqual([words, log].sort());
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
