import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { aptProgress } from './apt-status';
import { parsePlanLines } from './plan-lines';
import { transactionParameters, UPGRADE_PARAMETERS } from './upgrade-parameters';

const folder = path.join(__dirname, '..', 'scripts');
const script = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'apt-scripts-'));
});
afterEach(() => {
  rmSync(work, { recursive: true });
});

describe('the lines of a plan', () => {
  const lines = (simulation: string): readonly string[] => {
    writeFileSync(path.join(work, 'simulation'), simulation);
    const run = `MACHINE_ID=m MODE=dist_upgrade SCOPE=all\n${script('apt-transaction.sh')}\ntransaction_lines '${work}/simulation'`;
    const { stdout, stderr, status } = spawnSync('sh', ['-c', run], { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return parsePlanLines(stdout).packages.map(({ line }) => line);
  };
  const label = `Fleet, Debian-Security:1/x (beta) [all]), "a" 'b' $(touch ${tmpdir()}/owned) \`id\`;`;

  it.each([
    ['Inst a [1] (2 X:1/y [all])', 'upgrade a:all 1 2 X:1/y'],
    ['Inst a (2 [amd64])', 'install a:amd64 - 2 -'],
    ['Inst a:i386 [1] (2 X:1/y, Z:y [i386]) [b:amd64 c ]', 'upgrade a:i386 1 2 X:1/y, Z:y'],
    ['Inst a [1] (2 X:1/y [all]) []', 'upgrade a:all 1 2 X:1/y'],
    [`Inst a [1] (2 ${label}:stable [all])`, `upgrade a:all 1 2 ${label}:stable`],
    [`Inst a [1] (2 ${label}:stable [all]) [b:amd64 ]`, `upgrade a:all 1 2 ${label}:stable`],
    ['Inst a [1_b[1]] (2_rc[2] X:y [all])', 'upgrade a:all 1_b[1] 2_rc[2] X:y'],
    ['Inst a [1%] (2é X:ü [all])', 'upgrade a:all 1%25 2%C3%A9 X:%C3%BC'],
    [
      'Inst a [1] (2 X\n Inst b [1] (9 Y:z [all])\n\tRemv c [1]:y [all])',
      'upgrade a:all 1 2 X Inst b [1] (9 Y:z [all]) Remv c [1]:y',
    ],
    ['Remv a [1_b[1]] [b:amd64 ]', 'remove a 1_b[1] -'],
    ['Remv a [1]\nInst a [1] (2 X:y [all])', 'upgrade a:all 1 2 X:y'],
  ])('of %j', (simulation, line) => {
    expect(lines(`1 upgraded\n${simulation}\n`)).toEqual([line]);
  });

  it('are refused where a line is not understood', () => {
    expect(() => lines('Inst a [1] (2 X:y\n')).toThrow('unknown line');
  });

  it('say versions as the archive does', () => {
    const [found] = parsePlanLines('upgrade a:all 1%25 2%C3%A9 X:%C3%BC, Y:z').packages;
    expect(found).toMatchObject({ from: '1%', to: '2é', origin: 'X:ü, Y:z' });
  });
});

describe('the mode', () => {
  const modeOf = (parameters: object, kind: 'proxmox' | 'other'): string => {
    if (kind === 'proxmox') {
      writeFileSync(path.join(work, 'pveversion'), '#!/bin/sh\n');
      chmodSync(path.join(work, 'pveversion'), 0o700);
    }
    const set = Object.entries(parameters).map(([name, value]) => `${name}='${String(value)}'`);
    writeFileSync(path.join(work, 'simulation'), '');
    const run = `${set.join('\n')}\n${script('apt-transaction.sh')}\ntransaction_lines '${work}/simulation'`;
    const env = { ...process.env, PATH: `${work}:${process.env['PATH'] ?? ''}` };
    return /^mode (.*)$/m.exec(spawnSync('sh', ['-c', run], { encoding: 'utf8', env }).stdout)?.[1] ?? '';
  };

  it.each([
    ['proxmox', 'dist_upgrade'],
    ['other', 'upgrade_with_new'],
  ] as const)('that nobody chose is that of the kind of machine: %s', (kind, mode) => {
    expect(modeOf(transactionParameters('m', { scope: 'all', packages: [] }), kind)).toBe(mode);
  });

  it('that somebody chose stays, whatever the machine is', () => {
    const asked = { mode: 'upgrade', scope: 'all', packages: [] } as const;
    expect(modeOf(transactionParameters('m', asked), 'proxmox')).toBe('upgrade');
  });
});

it('the parameters of an upgrade have no mode of their own', () => {
  const { mode } = UPGRADE_PARAMETERS['properties'] as Record<string, object>;
  expect(mode).not.toHaveProperty('default');
});

/** As runs have it: of changes.sh, and of prelude.sh. */
const clock = 'su_seconds_up() { cut -d . -f 1 /proc/uptime; }';
/** A clock that somebody sets while the script runs: the first who asks gets another time than all that come later. */
const steppedClock = (first: number, then: number): string => `
  date() { if [ -e '${work}/asked' ]; then echo ${String(then)}; else : >'${work}/asked'; echo ${String(first)}; fi; }`;

describe('waiting for the lock of the downloads', () => {
  const lock = (): string => path.join(work, 'archives-lock');
  /** apt as it is without that lock: it says so and has done nothing. The calls that it counts get it from `free` on. */
  const apt = (free: number, otherwise = ''): string => `
    apt() {
      calls=$((\${calls-0} + 1))
      ${otherwise}
      [ "$calls" -lt ${String(free)} ] || { echo 'pmstatus:dpkg-exec:0.0000:Running dpkg' >&3; return 0; }
      echo "E: Could not get lock ${lock()}. It is held by process 7 (dpkg)"
      echo 'E: Unable to lock directory ${work}/'
      return 100
    }`;
  const called = (fake: string, seconds: number): { status: number | null; log: string } => {
    writeFileSync(lock(), '');
    const run = `SU_DIR='${work}' LOCK_WAIT=${String(seconds)}
      exec >>"$SU_DIR/log" 2>&1
      ${clock}
      ${script('apt-transaction.sh')}
      ${fake}
      transaction_patiently apt
      code=$?
      echo "calls $calls"
      exit "$code"`;
    const { status } = spawnSync('sh', ['-c', run], { timeout: 20_000 });
    return { status, log: readFileSync(path.join(work, 'log'), 'utf8') };
  };

  it('calls apt again once it is free', () => {
    const { status, log } = called(apt(3), 30);
    expect({ status, calls: log.split('\n').at(-2) }).toEqual({ status: 0, calls: 'calls 3' });
    expect(log).toContain(`system-update: lock_waited: ${lock()} is free, apt is called again\n`);
  });

  it('ends with what apt said once the time is over', () => {
    const { status, log } = called(apt(100), 2);
    expect(status).toBe(100);
    expect(log.split('\n').at(-3)).toMatch(/^E: Unable to lock/);
  });

  it('neither ends at once nor goes on for hours when the clock of the machine is set meanwhile', () => {
    const forward = called(`${apt(3)}\n${steppedClock(1_000_000, 2_000_000)}`, 30);
    expect({ status: forward.status, calls: forward.log.split('\n').at(-2) }).toEqual({ status: 0, calls: 'calls 3' });
    rmSync(path.join(work, 'log'));
    const back = called(`${apt(100)}\n${steppedClock(2_000_000, 1_000_000)}`, 2);
    expect(back.status).toBe(100);
  });

  it.each([
    ['failed otherwise', 'echo "E: Unable to fetch some archives" >&2; return 100'],
    [
      'waited for the locks of dpkg itself',
      'echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (dpkg)"; return 100',
    ],
    [
      'began to work',
      `echo 'pmstatus:a:50:Unpacking a' >&3; echo "E: Could not get lock /x/lock. It is held by process 7 (a)"; return 100`,
    ],
  ])('calls no apt again that %s', (_case, otherwise) => {
    expect(called(apt(2, otherwise), 30)).toMatchObject({
      status: 100,
      log: expect.stringMatching(/\ncalls 1\n$/) as string,
    });
  });
});

describe('a lock that is held until it is too late to end within the maintenance window', () => {
  const HELD = 'Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 9 (x)...';
  const MISSED = 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 9 (x)';
  const ARCHIVES = 'E: Could not get lock /var/cache/apt/archives/lock. It is held by process 9 (x)';
  /** True the first time: apt is without the lock of the downloads then, which comes free. */
  const AGAIN = `
    transaction_freed() { :; }
    again() { [ ! -e "$SU_DIR/again" ] && : >"$SU_DIR/again" && echo '${ARCHIVES}'; }`;
  const changes = readFileSync(path.join(folder, '../../../kernel/ssh/detached/scripts/changes.sh'), 'utf8');
  const fact = (name: string): string => readFileSync(path.join(work, 'facts', name), 'utf8');

  /** Runs a script of a change in an open window. `closes` closes it, `late` is the guard that meets that. */
  const begun = (stubs: string, name: string): number | null => {
    const plan = 'machine m\n';
    mkdirSync(path.join(work, 'facts'));
    for (const [file, text] of Object.entries({ parameters: '', log: '', up: '10\n', begin_before: '50\n', plan }))
      writeFileSync(path.join(work, file), text);
    writeFileSync(path.join(work, 'digest'), `${createHash('sha256').update(plan).digest('hex')}\n`);
    const text = `set -- '${work}'
      SU_DETACHED=run auto_notes='${work}/notes' SCOPE=all GUARD= NO_REMOVE=0 ALLOW_DOWNGRADES=0 OPERATION=hold
      ${changes}
      exec >>"$SU_DIR/log" 2>&1
      ${script('apt-transaction.sh')}
      su_seconds_up() { cat "$SU_DIR/up"; }
      sleep() { :; }
      closes() { echo 60 >"$SU_DIR/up"; }
      late() { : >"$SU_DIR/guard.late"; }
      for none in transaction_environment transaction_simulate facts_before facts_after proxy_config archives_facts failed_here refuse_backups \\
        autoremove_simulate autoremove_apt marks_environment marks_held repair_apt; do
        eval "$none() { :; }"
      done
      for lines in transaction_lines autoremove_lines marks_lines repair_lines; do eval "$lines() { echo machine m; }"; done
      finish() { exit "$1"; }
      ${stubs}
      ${script(name).replaceAll('apt-mark "', 'apt_mark "')}`;
    return spawnSync('sh', ['-c', text], { timeout: 20_000, encoding: 'utf8' }).status;
  };
  const run = (stubs: string, name: string): { status: number | null; ending: string; waited: string } => {
    const status = begun(stubs, name);
    expect(fact('window_closed.code')).toBe('0\n');
    return { status, ending: readFileSync(path.join(work, 'ending'), 'utf8'), waited: fact('lock_waited.out') };
  };

  it.each([
    [
      'apt gets it then, for the download',
      `transaction_apt() { echo '${HELD}'; closes; }`,
      'apt-upgrade.sh',
      `${HELD}\n`,
    ],
    [
      'the guard meets the end of the window',
      `transaction_apt() { case $* in *--download-only*) ;; *) echo '${HELD}'; closes; late; return 100 ;; esac; }`,
      'apt-upgrade.sh',
      `${HELD}\n`,
    ],
    [
      'packages are to be removed',
      `autoremove_apt() { case $* in *Lock*) echo '${HELD}'; closes; late; return 100 ;; esac; }`,
      'apt-autoremove.sh',
      `${HELD}\n`,
    ],
    [
      'apt never gets it',
      `transaction_apt() { case $* in *--download-only*) ;; *) echo '${MISSED}'; closes; return 100 ;; esac; }`,
      'apt-upgrade.sh',
      `${MISSED}\n`,
    ],
    [
      'the guard meets the end of the window once apt is called again',
      `${AGAIN}
      transaction_apt() { case $* in *--download-only*) ;; *) again || { closes; late; }; return 100 ;; esac; }`,
      'apt-upgrade.sh',
      `${ARCHIVES}\n`,
    ],
    [
      'dpkg is to change a mark',
      `apt_mark() { echo 'dpkg: error: lock was locked by another process with pid 7'; closes; return 1; }`,
      'apt-marks.sh',
      'dpkg: error: lock was locked by another process with pid 7\n',
    ],
    [
      'dpkg is to configure',
      `plan_locks() { [ "$(su_seconds_up)" -ge 60 ] || printf '/var/lib/dpkg/lock\\t7\\tapt\\n'; closes; }`,
      'apt-repair.sh',
      'Could not get lock /var/lib/dpkg/lock. It is held by process 7 (apt)\n',
    ],
  ])('is kept with its holder where %s', (_case, stubs, name, waited) => {
    expect(run(stubs, name)).toEqual({ status: 0, ending: 'stopped\n', waited });
  });

  it.each([
    [
      'apt-upgrade.sh',
      `transaction_apt() { case $* in *--download-only*) ;; *) echo '${HELD}'; closes; return 100 ;; esac; }`,
    ],
    ['apt-autoremove.sh', `autoremove_apt() { case $* in *Lock*) closes; return 100 ;; esac; }`],
    [
      'apt-upgrade.sh',
      `${AGAIN}
      transaction_apt() { case $* in *--download-only*) ;; *) again || { closes; echo 'E: Unable to fetch x'; }; return 100 ;; esac; }`,
    ],
    [
      'apt-autoremove.sh',
      `${AGAIN}
      autoremove_apt() { case $* in *Lock*) again || { closes; echo 'E: Unable to fetch x'; }; return 100 ;; esac; }`,
    ],
  ])('is no reason in %s where apt fails of something else meanwhile: that is the error', (name, stubs) => {
    expect(begun(stubs, name)).toBe(100);
    expect(existsSync(path.join(work, 'ending'))).toBe(false);
  });

  it('is none where nothing was waited for', () => {
    expect(run('transaction_apt() { closes; }', 'apt-upgrade.sh')).toMatchObject({ ending: 'stopped\n', waited: '' });
    // Nor was a mark noted that had to be kept.
    expect(fact('auto_marks_none.code')).toBe('0\n');
  });
});

describe('waiting', () => {
  /** marks_change of a mark that never comes: the lock stays with somebody else. */
  const waits = (clockSet: string): { status: number | null; said: string } => {
    const change = /^marks_change\(\) \{\n[^]*?^\}\n/m.exec(script('apt-marks.sh'))?.[0] ?? '';
    const run = `marks_work='${work}' LOCK_WAIT=2 OPERATION=hold
      begin_in_time() { :; }
      keep() { :; }
      apt-mark() { echo 'dpkg: error: lock was locked by another process with pid 7'; return 1; }
      ${clock}
      ${clockSet}
      : >"$marks_work/lines"
      ${change.replace('apt-mark "', 'apt_mark "')}
      marks_change`.replaceAll('apt-mark()', 'apt_mark()');
    const { status, stdout } = spawnSync('sh', ['-c', run], { timeout: 20_000, encoding: 'utf8' });
    return { status, said: stdout };
  };

  it('for the lock of a mark takes its time, whatever the clock of the machine is set to', () => {
    const began = Date.now();
    expect(waits(steppedClock(1_000_000, 2_000_000))).toMatchObject({ status: 1 });
    expect(Date.now() - began).toBeGreaterThan(900);
    rmSync(path.join(work, 'asked'), { force: true });
    expect(waits(steppedClock(2_000_000, 1_000_000))).toMatchObject({ status: 1 });
  });

  it.each(readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sh')))(
    'in %s goes by no clock that can be set',
    (name) => {
      expect(script(name)).not.toMatch(/\$\(\(\$\(date|\[ "\$\(date/);
    },
  );
});

describe('the progress of configuring', () => {
  /** As dpkg 1.21 and 1.22 write it. */
  const dpkg = [
    'processing: configure: fleet-slow',
    'status: fleet-slow: half-configured',
    'status: fleet-slow: installed',
    'processing: trigproc: man-db',
    'status: man-db: half-configured',
    'status: man-db: installed',
    'processing: configure: libfleet:amd64',
    'status: libfleet:amd64: half-configured',
    'status: libfleet:amd64 : error : installed libfleet:amd64 package post-installation script subprocess returned error exit status 1',
    '',
  ].join('\n');

  it('says which package dpkg is at, and how many are done, failed ones too', () => {
    const configure = /^configure_progress\(\) \{\n[^]*?^\}\n/m.exec(script('apt-repair.sh'))?.[0] ?? '';
    const { stdout } = spawnSync('sh', ['-c', `${configure}configure_progress 2`], { input: dpkg, encoding: 'utf8' });
    const told = stdout.trimEnd().split('\n');
    expect(told.map((line) => aptProgress(line))).toEqual([
      { step: 'configure', percent: 0, subject: 'fleet-slow' },
      { step: 'configure', percent: 50, subject: 'fleet-slow' },
      { step: 'configure', percent: 50, subject: 'libfleet:amd64' },
      { step: 'configure', percent: 100, subject: 'libfleet:amd64' },
    ]);
  });
});
