import { randomInt } from 'node:crypto';
import type { OutputChunk, RunScriptOptions, SectionEvent, SudoMode } from '../../src/kernel/ssh/run-types';
import type { SshConnection } from '../../src/kernel/ssh/ssh-connection';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import { sshFailure } from '../support/ssh-expect';
import { targetOfEachSuite, type SshTarget } from '../support/ssh-targets';
import { until } from '../support/ssh-wait';

// Waiting for resistance to be broken takes seconds by design.
jest.setTimeout(30_000);

const factory = new SshConnectionFactory();

async function connect(target: SshTarget, user: string): Promise<SshConnection> {
  const { host, port, hostKey } = target;
  return factory.connect({
    host,
    port,
    username: user,
    secret: target.secret(user),
    hostKeys: { approved: [hostKey] },
  });
}

/** A run whose processes resist: one in another session without parent, one that ignores signals, one in a new group. */
function stubborn(): { readonly script: string; readonly mark: string } {
  const mark = `86${String(randomInt(1000, 9999))}.5`;
  const script = [
    `section detached sh -c "setsid sleep ${mark} >/dev/null 2>&1 & echo started"`,
    `deaf() { trap "" TERM HUP INT PIPE; timeout 90000 sleep ${mark} & sleep ${mark}; }`,
    'section deaf deaf',
  ].join('\n');
  return { script, mark };
}

const sleepers = (target: SshTarget, mark: string) =>
  target.exec('sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "').split(`sleep ${mark}`).length - 1;

/** Programs that a run is made of, apart from its script: none may stay behind. */
const helpers = (target: SshTarget) =>
  target
    .exec('sh', '-c', 'for p in /proc/[0-9]*; do read -r c <$p/comm && echo "$c"; done 2>/dev/null')
    .split('\n')
    .filter((name) => /^(timeout|cat|head|grep|setsid|nice|sudo)$/.test(name));

const users: readonly (readonly [string, SudoMode])[] = [
  ['root', { kind: 'none' }],
  ['ops', { kind: 'nopasswd' }],
  ['admin', { kind: 'password', password: 'adminpw' }],
  ['plain', { kind: 'none' }],
];
const cases = targetOfEachSuite().flatMap((target) =>
  users.map(([user, sudo]) => [target.suite, user, sudo, target] as const),
);

describe.each(cases)('a run on %s as %s with sudo %j leaves nothing alive', (_suite, user, sudo, target) => {
  /** Starts the run and waits until all of it is there. */
  async function started(connection: SshConnection, more: Partial<RunScriptOptions> = {}) {
    const { script, mark } = stubborn();
    const seen: string[] = [];
    const onOutput = ({ text }: OutputChunk) => void seen.push(text);
    const onSection = ({ name, phase }: SectionEvent) => void seen.push(`${phase} ${name}`);
    const run = sshFailure(connection.runScript({ script, sudo, onOutput, onSection, ...more }));
    await until(
      'the run is under way',
      () => seen.includes('started\n') && seen.includes('begin deaf') && sleepers(target, mark) >= 3,
    );
    return { run, mark };
  }

  async function allGone(mark: string) {
    await until('nothing of the run is alive', () => sleepers(target, mark) === 0);
    await until('not even its helpers', () => helpers(target).length === 0);
  }

  it('when cancelled', async () => {
    const connection = await connect(target, user);
    const abort = new AbortController();
    const { run, mark } = await started(connection, { signal: abort.signal });
    abort.abort();
    const error = await run;
    expect(error.kind).toBe('cancelled');
    expect(error.partial?.section('detached')?.stdout).toBe('started\n');
    expect(error.partial?.section('deaf')?.exitCode).toBeNull();
    await allGone(mark);
    const next = await connection.runScript({ script: 'section again echo usable', sudo });
    expect(next.section('again')?.stdout).toBe('usable\n');
    await connection.close();
  });

  it('when it says nothing for too long', async () => {
    const connection = await connect(target, user);
    const { run, mark } = await started(connection, { timeouts: { progressMs: 1500 } });
    expect((await run).kind).toBe('timeout_progress');
    await allGone(mark);
    await connection.close();
  });

  it('when the connection is lost', async () => {
    const connection = await connect(target, user);
    const { run, mark } = await started(connection);
    killSessions(target, user);
    const error = await run;
    expect(error.kind).toBe('connection_lost');
    expect(connection.isOpen).toBe(false);
    await allGone(mark);
  });

  it('when the controller closes the connection', async () => {
    const connection = await connect(target, user);
    const { run, mark } = await started(connection);
    await connection.close();
    expect((await run).kind).toBe('connection_lost');
    await allGone(mark);
  });
});

/** Kills the processes of sshd that serve a user's connections, as a crash would. */
function killSessions(target: SshTarget, user: string): void {
  const script = `for p in /proc/[0-9]*; do
    case $(tr "\\0" " " <$p/cmdline 2>/dev/null) in
      "sshd: ${user}"*|"sshd-session: ${user}"*) kill -KILL \${p#/proc/} ;;
    esac; done; true`;
  target.exec('sh', '-c', script);
}

describe.each(targetOfEachSuite().map((target) => [target.suite, target] as const))('on %s', (_suite, target) => {
  it('stops at the time limit of the whole run', async () => {
    const connection = await connect(target, 'ops');
    const script = 'chatter() { while :; do echo tick; sleep 0.1; done; }\nsection chatter chatter';
    const error = await sshFailure(
      connection.runScript({ script, sudo: { kind: 'nopasswd' }, timeouts: { totalMs: 1500 } }),
    );
    expect(error.kind).toBe('timeout_total');
    expect(error.partial?.section('chatter')?.stdout).toMatch(/^(tick\n){5,}$/);
    await connection.close();
  });

  it('ends a login shell that hangs', async () => {
    const mark = `87${String(randomInt(1000, 9999))}.5`;
    target.exec('sh', '-c', `cp /home/ops/.bashrc /home/ops/.bashrc.kept; echo "sleep ${mark}" > /home/ops/.bashrc`);
    try {
      const connection = await connect(target, 'ops');
      const run = connection.runScript({
        script: 'section a true',
        sudo: { kind: 'nopasswd' },
        timeouts: { firstByteMs: 800 },
      });
      expect((await sshFailure(run)).kind).toBe('timeout_first_byte');
      await connection.close();
      await until('the login shell is gone', () => sleepers(target, mark) === 0);
    } finally {
      target.exec('sh', '-c', 'mv /home/ops/.bashrc.kept /home/ops/.bashrc');
    }
  });
});
