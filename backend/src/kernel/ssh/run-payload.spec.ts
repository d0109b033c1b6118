import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { until } from '../../../test/support/ssh-wait';
import { buildPayload, type PayloadOptions, type RunPayload } from './run-payload';

const usual: PayloadOptions = {
  script: 'true',
  parameters: {},
  sudo: { kind: 'none' },
  niceness: 10,
  deadlineSeconds: 60,
};
const children: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs a payload as a login shell would, on this machine. */
function start(payload: RunPayload, shell = ['/bin/sh', '-c']) {
  const [program = '', ...words] = shell;
  const child = spawn(program, [...words, payload.command]);
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, ended };
}

function alive(mark: string): number {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(mark)).length;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

const newMark = () => `85${String(randomInt(1000, 9999))}.25`;

describe('the command of a run', () => {
  it('holds nothing that any login shell would read otherwise, no data and no secret', () => {
    const options: PayloadOptions = {
      ...usual,
      script: 'echo secret-script',
      parameters: { NAME: 'secret-value' },
      sudo: { kind: 'password', password: 'secret-password' },
    };
    const { command, input } = buildPayload(options);
    expect(command).toMatch(
      /^\/usr\/bin\/env LC_ALL=C \/usr\/bin\/sudo -k -S -p [0-9a-f]{32} -- \/usr\/bin\/setsid -w [^'\\!\n]*'[^'\\!\n]*'$/,
    );
    expect(command).not.toContain('secret');
    expect(input.toString()).not.toContain('secret-password');
    expect(buildPayload(options).command).not.toBe(command);
  });

  it('does not hold the word that it answers with', () => {
    const { command, started, prompt, input } = buildPayload({ ...usual, sudo: { kind: 'nopasswd' } });
    expect(command).not.toContain(started);
    expect(input.toString()).not.toContain(prompt);
  });

  it('refuses a script with NUL', () => {
    expect(() => buildPayload({ ...usual, script: 'a\0b' })).toThrow(TypeError);
  });
});

describe('the prelude in a real shell', () => {
  it('answers, runs the script and frames it', async () => {
    const payload = buildPayload({ ...usual, script: 'section a echo hello\nexit 5' });
    const { child, output, ended } = start(payload);
    child.stdin.write(payload.input);
    expect(await ended).toBe(5);
    expect(output.stdout.startsWith(`${payload.started}\n`)).toBe(true);
    expect(output.stdout).toMatch(
      new RegExp(
        `\x1e${payload.boundary} begin 1 a \\S+ [\\d.]+\nhello\n\x1e\\S+ end 1 0 [\\d.]+\n\x1e${payload.boundary} done 5 [\\d.]+\n$`,
      ),
    );
    expect(output.stderr).toMatch(/begin 1 a [^]*end 1 0[^]*done 5/);
  });

  it.each([1, 100, 3000])('runs nothing when the last %i bytes did not arrive', async (missing) => {
    const payload = buildPayload({ ...usual, script: 'section a echo hello' });
    const { child, output, ended } = start(payload);
    child.stdin.end(payload.input.subarray(0, payload.input.length - missing));
    await ended;
    expect(output.stdout).toBe(`${payload.started}\n`);
  });

  it('takes a script of any text', async () => {
    const payload = buildPayload({
      ...usual,
      script: `section a printf %s '${'ü$`"\\\\ '.repeat(20_000)}'\n# the end`,
    });
    const { child, output, ended } = start(payload);
    child.stdin.write(payload.input);
    expect(await ended).toBe(0);
    expect(output.stdout).toContain('ü$`"\\\\ '.repeat(20_000));
  });

  it('kills everything at the time limit, although its input stays open', async () => {
    const mark = newMark();
    const script = `section a sh -c 'trap "" TERM; setsid sleep ${mark} & sleep ${mark}'`;
    const payload = buildPayload({ ...usual, script, deadlineSeconds: 1 });
    const { child, ended } = start(payload);
    child.stdin.write(payload.input);
    await until('the run is under way', () => alive(mark) > 0);
    await ended;
    await until('nothing is alive', () => alive(mark) === 0);
  }, 15_000);

  it('clears up what a finished script left behind', async () => {
    const mark = newMark();
    const payload = buildPayload({ ...usual, script: `setsid sleep ${mark} >/dev/null 2>&1 &\nsection a true` });
    const { child, ended } = start(payload);
    child.stdin.write(payload.input);
    expect(await ended).toBe(0);
    child.stdin.end();
    await until('nothing is alive', () => alive(mark) === 0);
  });

  it('does not lose the end of very short scripts', async () => {
    const runs = Array.from({ length: 40 }, async () => {
      const payload = buildPayload({ ...usual, script: ':' });
      const { child, ended } = start(payload);
      child.stdin.write(payload.input);
      return ended;
    });
    expect(new Set(await Promise.all(runs))).toEqual(new Set([0]));
  }, 20_000);
});
