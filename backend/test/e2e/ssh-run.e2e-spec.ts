import { SecretMasker } from '../../src/kernel/logging/secret-masker';
import type { RunScriptOptions, SudoMode } from '../../src/kernel/ssh/run-types';
import type { SshConnection } from '../../src/kernel/ssh/ssh-connection';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import { sshFailure } from '../support/ssh-expect';
import { targetOfEachSuite, type SshTarget } from '../support/ssh-targets';

const factory = new SshConnectionFactory();
const openConnections: SshConnection[] = [];
const nopasswd: SudoMode = { kind: 'nopasswd' };

afterEach(async () => {
  for (const connection of openConnections.splice(0)) await connection.close();
});

async function connect(target: SshTarget, user: string): Promise<SshConnection> {
  const { host, port, hostKey } = target;
  const connection = await factory.connect({
    host,
    port,
    username: user,
    secret: target.secret(user),
    hostKeys: { approved: [hostKey] },
  });
  openConnections.push(connection);
  return connection;
}

describe.each(targetOfEachSuite().map((target) => [target.suite, target] as const))('runs on %s', (_suite, target) => {
  const sudoWith = (user: string): SudoMode => ({ kind: 'password', password: target.password(user) });

  it.each<[string, SudoMode, string]>([
    ['root', { kind: 'none' }, '0'],
    ['root', { kind: 'password', password: 'not used' }, '0'],
    ['ops', nopasswd, '0'],
    ['ops', { kind: 'password', password: 'not asked for' }, '0'],
    ['noisy', nopasswd, '0'],
    ['admin', { kind: 'password', password: 'adminpw' }, '0'],
    ['plain', { kind: 'none' }, '(?!0)\\d+'],
  ])('as %s with sudo %j', async (user, sudo, uid) => {
    const connection = await connect(target, user);
    const result = await connection.runScript({ script: 'section who id -u\nsection where pwd', sudo });
    expect(result.section('who')?.stdout).toMatch(new RegExp(`^${uid}\n$`));
    expect(result.section('where')).toMatchObject({ stdout: '/\n', stderr: '', exitCode: 0, truncated: false });
    expect(result).toMatchObject({ exitCode: 0, truncated: false, stray: { stdout: '' } });
    // Both streams come by themselves: what a shell says on this one may arrive after the script has begun on the other.
    const late = user === 'noisy' ? ['and that complains on the error stream\n'] : [];
    expect(['', ...late]).toContain(result.stray.stderr);
  });

  it.each<[string, SudoMode, string]>([
    ['admin', { kind: 'password', password: 'wrong' }, 'sudo_password'],
    ['admin', nopasswd, 'sudo_password'],
    ['plain', { kind: 'password', password: 'plainpw' }, 'sudo_policy'],
    ['needtty', nopasswd, 'sudo_tty'],
    ['expired', { kind: 'none' }, 'password_expired'],
  ])('is refused as %s with sudo %j: %s', async (user, sudo, kind) => {
    const connection = await connect(target, user);
    const error = await sshFailure(connection.runScript({ script: 'section never id', sudo }));
    expect([error.kind, error.stage]).toEqual([kind, 'sudo']);
    expect(JSON.stringify(error)).not.toContain(target.password(user));
  });

  it('sends a wrong sudo password once, by the account of sudo itself', async () => {
    const log = '/var/log/sudo-attempts.log';
    target.exec('sh', '-c', `umask 337; echo 'Defaults logfile=${log},!log_year' >/etc/sudoers.d/zz-attempts`);
    try {
      const connection = await connect(target, 'admin');
      const sudo: SudoMode = { kind: 'password', password: 'wrong' };
      await sshFailure(connection.runScript({ script: 'section never id', sudo }));
      await connection.close();
      const attempts = target
        .exec('cat', log)
        .replace(/\s+/g, ' ')
        .match(/\d+ incorrect password attempts?/g);
      expect(attempts).toEqual(['1 incorrect password attempt']);
    } finally {
      target.exec('rm', '-f', '/etc/sudoers.d/zz-attempts', log);
    }
  });

  it('keeps outputs, exit codes and environment of sections apart', async () => {
    const connection = await connect(target, 'admin');
    const script = [
      'both() { echo out; echo err >&2; printf "no newline"; return 3; }',
      'section both both',
      'section missing no-such-command --flag',
      'section input cat',
      'section quits sh -c "exit 9"',
      'leave() { exit 4; }',
      'section leaves leave',
      'section killed sh -c "kill -9 \\$\\$"',
      'section environment sh -c \'echo "$LC_ALL $DEBIAN_FRONTEND $(umask) $(nice)"\'',
      'section empty true',
      'echo left over; echo left over 2 >&2',
      'exit 7',
    ].join('\n');
    const result = await connection.runScript({ script, sudo: sudoWith('admin') });
    expect(result.exitCode).toBe(7);
    expect(result.section('both')).toMatchObject({ stdout: 'out\nno newline', stderr: 'err\n', exitCode: 3 });
    expect(result.section('missing')?.exitCode).toBe(127);
    expect(result.section('input')).toMatchObject({ stdout: '', exitCode: 0 });
    expect(result.section('quits')?.exitCode).toBe(9);
    expect(result.section('leaves')?.exitCode).toBe(4);
    expect(result.section('killed')?.exitCode).toBe(137);
    expect(result.section('environment')?.stdout).toBe('C.UTF-8 noninteractive 0077 10\n');
    expect(result.section('empty')).toMatchObject({ stdout: '', stderr: '', exitCode: 0 });
    expect(result.stray).toEqual({ stdout: 'left over\n', stderr: 'left over 2\n' });
  });

  it('takes parameters as data', async () => {
    const connection = await connect(target, 'ops');
    const parameters = { EVIL: `'; touch /tmp/pwned; '$(touch /tmp/pwned)\`id\`\n-rf\\`, UMLAUT: 'Größe 😀' };
    const result = await connection.runScript({
      script: 'section p printf "%s|%s" "$EVIL" "$UMLAUT"',
      parameters,
      sudo: nopasswd,
    });
    expect(result.section('p')?.stdout).toBe(`${parameters.EVIL}|${parameters.UMLAUT}`);
    expect(target.exec('sh', '-c', 'ls /tmp')).not.toContain('pwned');
  });

  it('shows no secret and no data in process lists, environments and logs', async () => {
    const connection = await connect(target, 'admin');
    const script = [
      'section args sh -c \'cat /proc/[0-9]*/cmdline | tr "\\0" " "\'',
      'section env sh -c \'cat /proc/[0-9]*/environ | tr "\\0" " "\'',
      "section logs sh -c 'cat /var/log/auth.log /var/log/sshd.log 2>/dev/null; true'",
    ].join('\n');
    const result = await connection.runScript({
      script,
      parameters: { DATA: 'parameter-as-data' },
      sudo: sudoWith('admin'),
    });
    const everything = result.sections.map((section) => section.stdout).join('');
    expect(everything).toContain('/usr/bin/sudo');
    expect(everything).not.toContain('adminpw');
    expect(everything).not.toContain('parameter-as-data');
  });

  it('works with other login shells and hostile start-up files', async () => {
    for (const start of [
      'set -x',
      'set -v',
      'echo "[sudo] password for ops:" >&2',
      'stty sane; cd /nowhere; umask 0',
    ]) {
      target.exec(
        'sh',
        '-c',
        `cp /home/ops/.bashrc /home/ops/.bashrc.kept; printf '%s\\n' '${start}' > /home/ops/.bashrc`,
      );
      try {
        const connection = await connect(target, 'ops');
        const result = await connection.runScript({ script: 'section who id -un', sudo: nopasswd });
        expect(result.section('who')?.stdout).toBe('root\n');
      } finally {
        target.exec('sh', '-c', 'mv /home/ops/.bashrc.kept /home/ops/.bashrc');
      }
    }
  });

  it('says what is wrong with a login shell', async () => {
    target.exec('usermod', '-s', '/usr/sbin/nologin', 'plain');
    try {
      const connection = await connect(target, 'plain');
      const error = await sshFailure(connection.runScript({ script: 'section x true', sudo: { kind: 'none' } }));
      expect(error.kind).toBe('shell_unavailable');
      expect(error.details.serverText).toBe('');
      expect(error.partial).toBeUndefined();
    } finally {
      target.exec('usermod', '-s', '/bin/bash', 'plain');
    }
  });

  it('says that sudo is missing', async () => {
    target.exec('mv', '/usr/bin/sudo', '/usr/bin/sudo.away');
    try {
      const connection = await connect(target, 'ops');
      expect((await sshFailure(connection.runScript({ script: 'section x true', sudo: nopasswd }))).kind).toBe(
        'sudo_missing',
      );
    } finally {
      target.exec('mv', '/usr/bin/sudo.away', '/usr/bin/sudo');
    }
  });

  it('reports a broken script', async () => {
    const connection = await connect(target, 'ops');
    const error = await sshFailure(connection.runScript({ script: 'section a true\nif then', sudo: nopasswd }));
    expect(error.kind).toBe('protocol');
    expect(error.details.serverText).toContain('yntax error');
    const early = await connection.runScript({
      script: 'section a true\neval "if then"\nsection b true',
      sudo: nopasswd,
    });
    expect(early.exitCode).toBe(2);
    expect(early.sections.map((section) => section.name)).toEqual(['a']);
  });

  it('uses one channel of a shared connection per run, several at a time', async () => {
    const connection = await connect(target, 'ops');
    const runs = ['a', 'b', 'c'].map((name) =>
      connection.runScript({ script: `section ${name} echo ${name}`, sudo: nopasswd }),
    );
    const results = await Promise.all(runs);
    expect(results.map((result) => result.sections[0]?.stdout)).toEqual(['a\n', 'b\n', 'c\n']);
  });

  it('gives live lines with secrets masked, in order', async () => {
    const connection = await connect(target, 'ops');
    const seen: string[] = [];
    const options: RunScriptOptions = {
      script:
        'say() { printf "secret is hun"; sleep 0.2; echo "ter22 now"; sleep 0.2; echo two; printf three; }\nsection live say',
      sudo: nopasswd,
      masker: new SecretMasker(['hunter22']),
      onOutput: ({ section, stream, text }) => void seen.push(`${section}/${stream}: ${text}`),
      onSection: ({ name, phase, exitCode }) => void seen.push(`${phase} ${name} ${String(exitCode)}`),
    };
    const result = await connection.runScript(options);
    expect(seen).toEqual([
      'begin live undefined',
      'live/stdout: secret is ••• now\n',
      'live/stdout: two\n',
      'live/stdout: three',
      'end live 0',
    ]);
    expect(result.section('live')?.stdout).toBe('secret is ••• now\ntwo\nthree');
    expect(result.section('live')?.durationMs).toBeGreaterThanOrEqual(380);
  });
});
