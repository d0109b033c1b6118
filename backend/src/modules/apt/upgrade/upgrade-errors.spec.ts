import { readFileSync } from 'node:fs';
import path from 'node:path';
import { capturedChange } from '../fixtures/captured-change';
import { FIXTURE_FOLDER, parseFixture } from '../fixtures/load-fixture';
import { isArchivedRelease } from '../analysis/ended-releases';
import { failedTurns } from './log-turns';
import { upgradeErrors } from './upgrade-errors';

const SUITES = ['bookworm', 'trixie'];
const failing = (suite: string): string => capturedChange(`upgrade/${suite}-failing-script`).get('log')?.stdout ?? '';
const kinds = (log: string): string[] => upgradeErrors(log, 100).map(({ kind }) => kind);
/** What a script says while dpkg is at its package. */
const says = (log: string, packageName: string, ...lines: string[]): string =>
  log.replace(new RegExp(`^(Setting up ${packageName} .*\n)`, 'm'), `$1${lines.map((line) => `${line}\n`).join('')}`);
const fetchFailed = (file: string, reason: string): string =>
  `E: Failed to fetch http://deb.debian.org/debian/pool/${file}  ${reason}\n`;

describe.each(SUITES)('the cause of a failed run on %s', (suite) => {
  it('is not what scripts of other packages say', () => {
    const log = says(
      failing(suite),
      'fleet-plain',
      'sysctl: setting key "kernel.x": Read-only file system',
      'cp: No space left on device (ignored)',
    );
    expect(log).not.toBe(failing(suite));
    expect(kinds(log)).toEqual(['maintainer_script_failed']);
  });

  it('is what the failing script says of the disk, and dpkg says of the script', () => {
    const said = says(failing(suite), 'fleet-failing', 'cp: /var/lib/x: No space left on device');
    expect(kinds(said)).toEqual(['no_space', 'maintainer_script_failed']);
    const boot = says(
      failing(suite),
      'fleet-failing',
      'zstd: error 70 : Write error : cannot write block : No space left on device',
      'update-initramfs: failed for /boot/initrd.img-6.1.0-2-fleet with 1.',
    );
    expect(kinds(boot)).toEqual(['no_space_boot', 'maintainer_script_failed']);
    const settings = says(failing(suite), 'fleet-failing', 'sysctl: /proc/sys/kernel/x: Read-only file system');
    expect(kinds(settings)).toEqual(['maintainer_script_failed']);
  });

  it('is told of a disk by the line that speaks of it, with the file that had no room', () => {
    const told = (...lines: string[]): string | undefined =>
      upgradeErrors(says(failing(suite), 'fleet-failing', ...lines), 100)[0]?.message;
    expect(told('cp: /var/lib/x: No space left on device')).toBe('cp: /var/lib/x: No space left on device');
    expect(
      told(
        'zstd: error 70 : Write error : cannot write block : No space left on device',
        'E: mkinitramfs failure zstd -q -9 -T0 70',
        'update-initramfs: failed for /boot/initrd.img-6.1.0-2-fleet with 1.',
      ),
    ).toBe(
      'There was no room for /boot/initrd.img-6.1.0-2-fleet: zstd: error 70 : Write error : cannot write block : No space left on device',
    );
    const unpacked = [
      'Preparing to unpack .../fleet-large_1.1_all.deb ...',
      'Unpacking fleet-large (1.1) over (1.0) ...',
      'dpkg: error processing archive /var/cache/apt/archives/fleet-large_1.1_all.deb (--unpack):',
      " cannot copy extracted data for './srv/large' to '/srv/large.dpkg-new': failed to write (No space left on device)",
      'dpkg-deb: error: paste subprocess was killed by signal (Broken pipe)',
      'Errors were encountered while processing:',
      ' /var/cache/apt/archives/fleet-large_1.1_all.deb',
      'E: Sub-process /usr/bin/dpkg returned an error code (1)',
      '',
    ];
    const [error] = upgradeErrors(unpacked.join('\n'), 100);
    expect(error).toMatchObject({
      kind: 'no_space',
      message:
        "cannot copy extracted data for './srv/large' to '/srv/large.dpkg-new': failed to write (No space left on device)",
    });
    const downloads = "E: You don't have enough free space in /var/cache/apt/archives/.\n";
    expect(upgradeErrors(downloads, 100)[0]?.message).toBe(
      "You don't have enough free space in /var/cache/apt/archives/.",
    );
    const nameless = 'E: Write error - write (28: No space left on device)\n';
    expect(upgradeErrors(nameless, 100)[0]?.message).toBe('Write error - write (28: No space left on device)');
  });

  it.each(['no space left on device', 'read-only file system'])(
    'is told with its line however %s is written',
    (said) => {
      const [error] = upgradeErrors(says(failing(suite), 'fleet-failing', `tool: write /var/lib/x: ${said}`), 100);
      expect(error?.kind).toBe(said.startsWith('no') ? 'no_space' : 'read_only_fs');
      expect(error?.important_lines).toContain(`tool: write /var/lib/x: ${said}`);
    },
  );

  it('is a lock with its holder, which apt names while it waits; to have waited is no failure', () => {
    const log = capturedChange(`upgrade/${suite}-lock`).get('log')?.stdout ?? '';
    const [busy] = upgradeErrors(log, 100);
    expect(busy).toMatchObject({ kind: 'apt_lock_busy', subject: 'hold-lock' });
    expect(busy?.important_lines.join('\n')).toContain('It is held by process');
    const waited =
      'Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 9 (x)...\n';
    expect(kinds(`${waited}${failing(suite)}`)).toEqual(['maintainer_script_failed']);
  });

  it('is no lock that was waited for before what failed', () => {
    const refused = [
      'E: Could not get lock /var/cache/apt/archives/lock. It is held by process 97 (apt-get)',
      'E: Unable to lock directory /var/cache/apt/archives/',
    ];
    const waited = 'system-update: lock_waited: /var/cache/apt/archives/lock is free, apt is called again';
    const failed = 'E: Failed to fetch http://archive/fleet-plain_1.1_all.deb  404  Not Found [IP: 127.0.0.1 80]';
    expect(kinds([...refused, waited, ...refused, waited, failed, ''].join('\n'))).toEqual(['deb_404']);
    expect(kinds([...refused, waited, ...refused, ''].join('\n'))).toEqual(['apt_lock_busy']);
  });

  it.each([
    'E: Failed to fetch http://fonts.example/andale32.exe  404  Not Found',
    'dpkg: error processing: end of file on stdin at conffile prompt',
    'E: Packages need to be removed but remove is disabled.',
    'E: Held packages were changed and -y was used without --allow-change-held-packages.',
    'system-update: package_not_installed nothing',
    'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 9 (apt-get)',
    'dpkg: error: dpkg frontend lock was locked by another process with pid 9',
  ])('is not what a script printed that succeeded: %s', (line) => {
    expect(kinds(says(failing(suite), 'fleet-plain', line))).toEqual(['maintainer_script_failed']);
  });

  it('is what apt says before dpkg begins, and after it has ended', () => {
    const refused = 'E: Failed to fetch http://archive/fleet-plain_1.1_all.deb  404  Not Found [IP: 127.0.0.1 80]';
    const worked =
      'Reading package lists...\nSetting up fleet-plain (1.1) ...\nProcessing triggers for man-db (2.11) ...\n';
    expect(kinds(`${refused}\n${worked}`)).toEqual(['deb_404']);
    expect(kinds(`${worked}Reading package lists...\n${refused}\nE: Unable to fetch some archives\n`)).toEqual([
      'deb_404',
    ]);
    const fatal =
      'dpkg: unrecoverable fatal error, aborting:\n unable to flush /var/lib/dpkg/x: No space left on device\n';
    expect(kinds(`${worked}${fatal}hook: done\nE: Sub-process /usr/bin/dpkg returned an error code (2)\n`)).toEqual([
      'no_space',
    ]);
  });

  it('is found wherever it stands in a long log', () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `Setting up fleet-${String(n)} (1.1) ...`);
    expect(kinds(`${failing(suite)}${lines.join('\n')}\n`)).toEqual(['maintainer_script_failed']);
  });

  it('is the container where that may not do what the script needs, and the script where it may', () => {
    const file = path.join(FIXTURE_FOLDER, 'words', `${suite}-container.txt`);
    const log = parseFixture(readFileSync(file, 'utf8')).get('log')?.stdout ?? '';
    const confined = upgradeErrors(log, 100, { confined: true });
    expect(confined).toMatchObject([{ kind: 'container_refused', subject: 'makedev' }]);
    expect(confined[0]?.message).toMatch(/^A script of makedev needs what this container may not do: mknod: /);
    expect(confined[0]?.important_lines.join('\n')).toContain('error exit status 1');
    expect(upgradeErrors(log, 100)).toMatchObject([{ kind: 'maintainer_script_failed', subject: 'makedev' }]);
  });
});

it.each([
  ['Read-only file system', 'read_only_fs'],
  ['No space left on device', 'no_space'],
])('a run without a place for its files is told by its reason: %s', (reason, kind) => {
  const log = `mktemp: failed to create directory via template ‘/tmp/tmp.XXXXXXXXXX’: ${reason}\n`;
  expect(upgradeErrors(log, 73)).toMatchObject([{ kind, important_lines: [log.trim()] }]);
});

it.each([
  [137, 'SIGKILL'],
  [143, 'SIGTERM'],
  [139, 'SIGSEGV'],
])('a run that was ended from outside says so, by what: exit code %i', (exitCode, signal) => {
  const [error, ...more] = upgradeErrors('', exitCode);
  expect(more).toEqual([]);
  expect(error).toMatchObject({ kind: 'unknown', important_lines: [`exit code ${String(exitCode)} (${signal})`] });
  expect(error?.message).toBe(`The run was ended from outside by the signal ${signal}, before it could say why.`);
  expect(error?.remediation).toContain('out of memory');
  const [told] = upgradeErrors('Unpacking a (1.1) over (1.0) ...\n', exitCode);
  expect(told?.message).toBe(error?.message);
  expect(told?.important_lines).toEqual([
    `exit code ${String(exitCode)} (${signal})`,
    'Unpacking a (1.1) over (1.0) ...',
  ]);
});

it.each([64, 100, 200])('a run that fails without a word is told by its exit code: %i', (exitCode) => {
  expect(upgradeErrors('', exitCode)).toMatchObject([
    {
      kind: 'unknown',
      message: `The run ended with exit code ${String(exitCode)} and gave no reason.`,
      important_lines: [`exit code ${String(exitCode)}`],
    },
  ]);
});

it('what signal ended it hides no cause that the log names', () => {
  expect(kinds('E: Could not get lock /var/lib/dpkg/lock - open (11: Resource temporarily unavailable)\n')).toEqual([
    'apt_lock_busy',
  ]);
  expect(upgradeErrors('cp: /x: No space left on device\nE: x: No space left on device\n', 137)[0]?.kind).toBe(
    'no_space',
  );
});

it.each([
  ['permission-lists', ['permission']],
  ['permission-dpkg', ['permission']],
  ['permission-immutable', ['permission']],
  ['permission-unpack', ['permission']],
  ['lock-no-inodes', ['no_space']],
  ['dpkg-no-inodes', ['no_space']],
  ['dpkg-read-only', ['read_only_fs']],
])('a lock or a file that could not be opened is told by its reason: %s', (state, expected) => {
  const file = path.join(FIXTURE_FOLDER, 'words', `bookworm-${state}.txt`);
  const log = parseFixture(readFileSync(file, 'utf8')).get('log');
  const found = upgradeErrors(log?.stdout ?? '', Number(log?.exitCode));
  expect(found.map(({ kind }) => kind)).toEqual(expected);
  expect(found[0]?.important_lines).not.toEqual([]);
});

it.each([
  ['c/ca-certificates_20230311_all.deb', 'Connection refused [IP: 192.0.2.1 80]', 'repo_refused'],
  ['g/libgnutls30_3.7.9-2_amd64.deb', "Temporary failure resolving 'deb.debian.org'", 'repo_dns'],
  [
    'c/ca-certificates_20230311_all.deb',
    'Certificate verification failed: The certificate is NOT trusted.',
    'repo_tls',
  ],
  ['g/libgnutls30_3.7.9-2_amd64.deb', '404  Not Found [IP: 192.0.2.1 80]', 'deb_404'],
])('of %s the reason counts, not the name: %s', (file, reason, kind) => {
  expect(upgradeErrors(fetchFailed(file, reason), 100)).toMatchObject([{ kind, subject: path.basename(file) }]);
});

it('an archive that may not be written is a matter of rights first, whatever its fetch is called', () => {
  const partial = '/var/cache/apt/archives/partial/fleet-plain_1.1_all.deb';
  const log = fetchFailed('fleet-plain_1.1_all.deb', `Could not open file ${partial} - open (13: Permission denied)`);
  expect(upgradeErrors(log, 100).map(({ kind }) => kind)[0]).toBe('permission');
});

it('a package that only waited for another one had no turn', () => {
  const log = [
    'Setting up a (1) ...',
    'dpkg: error processing package a (--configure):',
    ' installed a package post-installation script subprocess returned error exit status 1',
    'dpkg: dependency problems prevent configuration of b:',
    ' b depends on a; however:',
    '  Package a is not configured yet.',
    '',
    'dpkg: error processing package b (--configure):',
    ' dependency problems - leaving unconfigured',
  ].join('\n');
  expect(failedTurns(log).map(({ subject }) => subject)).toEqual(['a']);
});

it.each([
  ['http://deb.debian.org/debian', 'buster', true],
  ['http://security.debian.org/debian-security', 'buster/updates', true],
  ['http://deb.debian.org/debian', 'stretch-backports', true],
  ['http://de.archive.ubuntu.com/ubuntu/', 'kinetic-security', true],
  ['http://archive.debian.org/debian', 'buster', false],
  ['http://deb.debian.org/debian', 'bookworm', false],
  ['http://archive.ubuntu.com/ubuntu', 'focal', false],
  ['http://packages.example/repo', 'buster', false],
])('%s %s has moved to an archive: %s', (uri, suite, moved) => {
  expect(isArchivedRelease(uri, suite)).toBe(moved);
});
