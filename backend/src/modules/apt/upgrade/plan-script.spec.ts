import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseInitFiles } from './reboot-forecast';

const script = readFileSync(path.join(__dirname, '..', 'scripts', 'apt-upgrade-plan.sh'), 'utf8');

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'apt-plan-'));
});
afterEach(() => {
  rmSync(work, { recursive: true });
});

/** One function of the script, on a machine on which these commands say this. */
function answer(
  call: string,
  files: Readonly<Record<string, string>>,
  commands: Readonly<Record<string, string>>,
): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(work, name)), { recursive: true });
    writeFileSync(path.join(work, name), text);
  }
  for (const [name, text] of Object.entries(commands)) {
    writeFileSync(path.join(work, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(work, name), 0o700);
  }
  const functions = script.slice(0, script.indexOf('\nplan_work=')).replaceAll('/proc/1/', `${work}/proc/`);
  const env = { ...process.env, PATH: `${work}:${process.env['PATH'] ?? ''}` };
  const text = `plan_work='${work}'\n${functions}\n${call}`;
  const { stdout, stderr, status } = spawnSync('sh', ['-c', text], { encoding: 'utf8', env });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

describe('what process 1 has open of what is replaced', () => {
  const MAPS = [
    '55f4c000-55f4d000 r-xp 00001000 08:01 1234  /usr/lib/systemd/systemd',
    '7f000000-7f001000 r--p 00000000 08:01 1235  /usr/lib/x86_64-linux-gnu/libcrypto.so.3',
    '7f001000-7f002000 r-xp 00001000 08:01 1235  /usr/lib/x86_64-linux-gnu/libcrypto.so.3',
    '7f002000-7f003000 r-xp 00001000 08:01 1236  /usr/lib/x86_64-linux-gnu/libold.so.1 (deleted)',
    '7f003000-7f004000 rw-p 00000000 00:00 0  [heap]',
    '7f004000-7f005000 rw-p 00000000 00:00 0 ',
  ];
  const LISTED = ['/.', '/lib/x86_64-linux-gnu/libcrypto.so.3', '/usr/share/doc/libssl3', '/lib/systemd/systemd'];
  const dpkg = `
    case $1 in
      -L) [ "$*" = '-L libssl3:amd64 systemd' ] || exit 1; printf '%s\\n' ${LISTED.join(' ')} ;;
      -S) shift; for f; do case $f in
        */libcrypto*) echo "libssl3:amd64, libssl3:i386: $f" ;;
        *) echo "diversion by x from: $f"; echo "systemd: $f" ;;
      esac; done ;;
    esac`;
  const LINES = 'machine m\nupgrade libssl3:amd64 1 2 X\nupgrade systemd:all 1 2 X\ninstall new:amd64 - 1 X\n';

  it('is told with its packages, by the names that dpkg has for the files', () => {
    const said = answer(
      'plan_init',
      { lines: LINES, 'proc/comm': 'systemd\n', 'proc/maps': `${MAPS.join('\n')}\n` },
      { 'dpkg-query': dpkg },
    );
    expect(parseInitFiles(said)).toEqual({ name: 'systemd', packages: ['systemd', 'libssl3'] });
  });

  it('is nothing where it runs none of it', () => {
    const said = answer(
      'plan_init',
      { lines: LINES, 'proc/comm': 'init\n', 'proc/maps': `${MAPS[4] ?? ''}\n` },
      { 'dpkg-query': dpkg },
    );
    expect(parseInitFiles(said)).toEqual({ name: 'init', packages: [] });
  });
});

it('which versions can be had again is told by architecture, as apt writes their names', () => {
  const simulation = [
    'Inst bar [1] (2 localhost [amd64])',
    'Inst foo:i386 [1] (2 localhost [i386]) [foo:i386 on foo:amd64] [foo:amd64 on foo:i386] [foo:amd64 ]',
    'Inst foo [1] (2 localhost [amd64])',
  ];
  // As apt 2.6 answers, on amd64 with i386 as its foreign architecture.
  const madison = [
    '       bar |          2 | file:/repo ./ Packages',
    '       bar |          1 | file:/repo ./ Packages',
    '  foo:i386 |          2 | file:/repo ./ Packages',
    '  foo:i386 |          1 | file:/repo ./ Packages',
    '       foo |          2 | file:/repo ./ Packages',
  ];
  const cache = `[ "$*" = 'madison bar foo:i386 foo' ] || exit 1\ncat <<'.'\n${madison.join('\n')}\n.`;
  const said = answer('plan_rollback', { simulation: `${simulation.join('\n')}\n` }, { 'apt-cache': cache });
  expect(said).toBe('bar\t1\tyes\nfoo:i386\t1\tyes\nfoo\t1\tno\n');
});
