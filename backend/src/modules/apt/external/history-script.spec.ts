import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAptHistory, parseDpkgHistory } from '../parsers/package-history';

const HISTORY = readFileSync(path.join(__dirname, '../scripts/apt-update-analyze/50-history.sh'), 'utf8');
/** In the machine's local time, which is UTC here. */
const at = (time: string): number => Date.parse(`2026-11-22T${time}Z`) / 1000;
const SINCE = at('02:03:00');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'history-'));
  for (const name of ['log/apt', 'work']) mkdirSync(path.join(folder, name), { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Writes the logs and prints what the script tells of them. */
function told(section: 'apt_history' | 'dpkg_history', log: string): string {
  const file = path.join(folder, 'log', section === 'apt_history' ? 'apt/history.log' : 'dpkg.log');
  writeFileSync(file, log);
  utimesSync(file, SINCE + 3600, SINCE + 3600);
  const script = HISTORY.replaceAll('/var/log', path.join(folder, 'log'));
  const { stdout, stderr, status } = spawnSync('sh', ['-c', `${script}\n${section}`], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', work: path.join(folder, 'work'), HISTORY_SINCE: String(SINCE) },
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

const entry = (start: string, end: string | null, name: string): string =>
  [
    '',
    `Start-Date: 2026-11-22  ${start}`,
    `Commandline: apt-get install ${name}`,
    `Upgrade: ${name}:amd64 (1, 2)`,
    ...(end === null ? [] : [`End-Date: 2026-11-22  ${end}`]),
    '',
  ].join('\n');
const names = (log: string): string[] =>
  parseAptHistory(told('apt_history', log)).found.flatMap(({ packages }) => packages.map(({ name }) => name));

describe('what the log of apt tells from a moment on', () => {
  it('is every run that ended after it, whole', () => {
    const log = entry('01:00:00', '01:10:00', 'before') + entry('02:01:00', '02:05:00', 'across');
    expect(parseAptHistory(told('apt_history', log + entry('03:00:00', '03:01:00', 'after'))).found).toMatchObject([
      { start: at('02:01:00'), end: at('02:05:00'), packages: [{ name: 'across' }] },
      { start: at('03:00:00'), end: at('03:01:00'), packages: [{ name: 'after' }] },
    ]);
  });

  it('is a run without an end that began after it', () => {
    expect(names(entry('02:01:00', null, 'before') + entry('02:04:00', null, 'after'))).toEqual(['after']);
  });

  it('leaves out what has no readable time', () => {
    const broken = entry('02:10:00', '02:11:00', 'broken').replace('Start-Date: 2026', 'Start-Date: soon');
    expect(names(entry('02:04:00', '02:05:00', 'first') + broken + entry('02:20:00', null, 'last'))).toEqual([
      'first',
      'last',
    ]);
  });
});

it('what the log of dpkg tells from a moment on are its steps', () => {
  const line = (time: string, name: string): string => `2026-11-22 ${time} upgrade ${name}:amd64 1 2\n`;
  const startup = (of: string): string => `2026-11-22 02:02:00 startup ${of}\n`;
  const log = [
    startup('archives unpack') + line('02:02:59', 'before') + line('02:04:00', 'after'),
    startup('archives install') + line('02:05:00', 'alone') + startup('packages configure') + line('02:06:00', 'last'),
  ].join('');
  expect(parseDpkgHistory(told('dpkg_history', log)).found).toMatchObject([
    { at: at('02:04:00'), name: 'after', direct: false },
    { name: 'alone', direct: true },
    { name: 'last', direct: false },
  ]);
});

it('what the log of dpkg tells of a step is whether it was done', () => {
  // As dpkg 1.21 wrote it.
  const log = `
install fresh:all <none> 1
status half-installed fresh:all 1
status not-installed fresh:all <none>
upgrade cf:all 2 3
status half-configured cf:all 2
status half-installed cf:all 2
status unpacked cf:all 2
status installed cf:all 2
upgrade cf:all 2 2.0
status half-configured cf:all 2
status half-installed cf:all 2
status unpacked cf:all 2
install bad:all <none> 1
status half-installed bad:all 1
status unpacked bad:all 1
configure bad:all 1 1
status half-configured bad:all 1
upgrade ar:amd64 1 2
status half-installed ar:amd64 1
status unpacked ar:all 2
configure ar:all 2 2
status installed ar:all 2
remove ar:all 2 <none>
status half-configured ar:all 2
status installed ar:all 2
upgrade ar:all 2 1
status half-installed ar:all 2
status unpacked ar:amd64 1
upgrade both:amd64 1 2
status unpacked both:amd64 2
upgrade both:i386 1 2
status half-installed both:i386 1
status installed both:amd64 2
remove pr:all 1 <none>
status half-installed pr:all 1
status config-files pr:all 1
purge pr:all 1 <none>
status not-installed pr:all <none>
`;
  const lines = log.trim().split('\n');
  const text = lines.map((line) => `2026-11-22 02:04:00 ${line}\n`).join('');
  const { found, faults } = parseDpkgHistory(told('dpkg_history', text));
  expect(faults).toEqual([]);
  expect(found.map(({ name, arch, to, done }) => `${name}:${arch} ${to ?? '-'} ${done ? 'done' : 'begun'}`)).toEqual([
    'fresh:all 1 begun',
    'cf:all 3 begun',
    'cf:all 2.0 begun',
    'bad:all 1 done',
    'ar:amd64 2 done',
    'ar:all - begun',
    'ar:all 1 done',
    'both:amd64 2 done',
    'both:i386 2 begun',
    'pr:all - done',
  ]);
});
