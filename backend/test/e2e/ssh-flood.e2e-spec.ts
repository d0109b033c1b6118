import type { SshConnection } from '../../src/kernel/ssh/ssh-connection';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import { sshTargets, type SshTarget } from '../support/ssh-targets';

const megabyte = 1024 * 1024;

async function connect(target: SshTarget): Promise<SshConnection> {
  const { host, port, hostKey } = target;
  const hostKeys = { approved: [hostKey] };
  return new SshConnectionFactory().connect({ host, port, username: 'root', secret: target.secret('root'), hostKeys });
}

/** The most memory that this process takes while the work goes on, sampled at every live chunk, in MB. */
async function peakWhile(work: (sample: () => void) => Promise<void>): Promise<number> {
  let peak = process.memoryUsage().rss;
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage().rss);
  };
  const timer = setInterval(sample, 20);
  await work(sample);
  clearInterval(timer);
  sample();
  return peak / megabyte;
}

it('keeps memory flat while machines print 100 MB each, in lines, in one line and in rubbish', async () => {
  const connections = await Promise.all(sshTargets().flatMap((target) => [connect(target), connect(target)]));
  const flood = async (megabytes: number) => {
    const size = `head -c ${String(megabytes * megabyte)}`;
    const script = [
      `lines() { yes "a line of text of an ordinary length, like those of any log" | ${size}; }`,
      `one_line() { tr "\\\\0" x </dev/zero | ${size}; }`,
      `rubbish() { ${size} /dev/urandom; }`,
      'section lines lines; section one_line one_line; section rubbish rubbish',
    ].join('\n');
    let live = 0;
    const options = { script, sudo: { kind: 'none' as const }, limits: { floodBytes: 1024 * megabyte } };
    for (const connection of connections) {
      const result = await connection.runScript({ ...options, onOutput: ({ text }) => void (live += text.length) });
      expect(result.receivedBytes).toBeGreaterThanOrEqual(3 * megabytes * megabyte);
      for (const section of result.sections) expect(section.stdout.length).toBeLessThan(2.1 * megabyte);
    }
    expect(live).toBeLessThan(connections.length * 5 * megabyte);
  };
  await flood(10);
  const small = await peakWhile(() => flood(10));
  const big = await peakWhile(() => flood(100));
  for (const connection of connections) await connection.close();
  // Each connection has brought 300 MB. What the collector of a busy process has not come to yet is below half of one.
  expect(big - small).toBeLessThan(150);
});

it('makes a machine wait whose output nobody takes', async () => {
  const [target] = sshTargets();
  if (target === undefined) throw new Error('There is no machine.');
  const connection = await connect(target);
  let received = 0;
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const written = () => Number(target.exec('sh', '-c', 'cat /tmp/ssh-flood-count 2>/dev/null || echo 0'));
  const script = [
    'pour() { for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do',
    '  head -c 1000000 /dev/zero | tr "\\\\0" "\\\\n"; echo $i >/tmp/ssh-flood-count; done; }',
    'section pour pour',
  ].join('\n');
  const run = connection.runScript({
    script,
    sudo: { kind: 'none' },
    timeouts: { progressMs: 1000 },
    onOutput: async ({ text }) => {
      received += text.length;
      await gate;
    },
  });
  // Longer than the progress limit: a machine that waits for us is not silent by its own fault.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(written()).toBeLessThan(10);
  open();
  const result = await run;
  expect(written()).toBe(20);
  expect(result.receivedBytes).toBeGreaterThan(20_000_000);
  expect(received).toBeLessThan(3 * megabyte);
  target.exec('rm', '/tmp/ssh-flood-count');
  await connection.close();
});
