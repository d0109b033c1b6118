import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CollectedSection } from '../../jobs/actions/job-action';
import { archivesLook } from './archive-facts';
import { conffileChanges } from './conffile-changes';

const section = (stdout: string, exitCode = 0): CollectedSection => ({
  stdout,
  stderr: '',
  exitCode,
  truncated: false,
});
const script = (name: string): string => readFileSync(path.join(__dirname, '..', 'scripts', name), 'utf8');

describe('what archives tell', () => {
  const NOTHING = { downloaded: null, conffile_questions: null, news: null };

  it('is not known while one of them is missing, and where nobody could look', () => {
    expect(archivesLook(section('missing\ta_2_all.deb\t120\n'))).toEqual({ ...NOTHING, downloaded: false });
    expect(archivesLook(undefined)).toEqual(NOTHING);
    expect(archivesLook(section('', 100))).toEqual(NOTHING);
    expect(archivesLook({ ...section('complete\n'), truncated: true })).toEqual(NOTHING);
    expect(archivesLook(section('complete\nsomething else\n'))).toEqual(NOTHING);
  });

  it('is not known where the look did not come to its end, though some was seen', () => {
    const seen = section('complete\nconffile\ta\t/etc/a\n', 75);
    expect(archivesLook(seen)).toEqual({ ...NOTHING, downloaded: true });
  });

  it('is every question and every news entry, with its words and who signed it when', () => {
    const text = [
      'complete',
      'conffile\ta\t/etc/a b.conf',
      'news\ta\t2:1.5-1',
      '\t',
      '\t  * It has changed.',
      '\t',
      '\t    conffile\ttext\tof a packager',
      '\t',
      '\t -- A Packager <a@example.org>  Mon, 02 Feb 2026 10:00:00 +0000',
      '\t',
      'news\tb\t3',
      '\t  * Short.',
      '',
    ].join('\n');
    expect(archivesLook(section(text))).toEqual({
      downloaded: true,
      conffile_questions: [{ package: 'a', path: '/etc/a b.conf' }],
      news: [
        {
          package: 'a',
          version: '2:1.5-1',
          written_at: 'Mon, 02 Feb 2026 10:00:00 +0000',
          text: '  * It has changed.\n\n    conffile\ttext\tof a packager',
        },
        { package: 'b', version: '3', written_at: null, text: '  * Short.' },
      ],
    });
    expect(archivesLook(section('complete\n'))).toEqual({ downloaded: true, conffile_questions: [], news: [] });
  });
});

describe('differences of configuration files', () => {
  it('are read file by file; what not everybody may read is none', () => {
    const said = 'file\t/etc/a.dpkg-dist\n\t--- /etc/a\n\t-\told\n\t+new\ncut\nfile\t/etc/b.ucf-dist\nhidden\n';
    expect(conffileChanges(section(said))).toEqual([
      { path: '/etc/a.dpkg-dist', difference: ['--- /etc/a', '-\told', '+new'], cut: true },
      { path: '/etc/b.ucf-dist', difference: null, cut: false },
    ]);
    expect(conffileChanges(section('', 1))).toBeNull();
    expect(conffileChanges(undefined)).toBeNull();
  });
});

/** The script itself, on archives that are built here; dpkg's records and its database are played. */
describe('looking into an archive', () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(path.join(tmpdir(), 'apt-archives-'));
  });
  afterEach(() => {
    rmSync(work, { recursive: true });
  });

  const sh = (command: string): { stdout: string; stderr: string; status: number | null } => {
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    return { stdout, stderr, status };
  };
  const md5 = (text: string): string => sh(`printf '%s' '${text}' | md5sum | cut -c 1-32`).stdout.trim();

  /** What it says of a package with one configuration file: as it is recorded, stands on the disk, and will come. */
  function question(recorded: string | null, present: string | null, coming: string): string {
    const file = path.join(work, 'etc with space', 'a.conf');
    const tree = path.join(work, 'tree');
    mkdirSync(path.join(tree, 'DEBIAN'), { recursive: true });
    mkdirSync(path.join(tree, path.dirname(file)), { recursive: true });
    mkdirSync(path.dirname(file));
    writeFileSync(path.join(tree, file), coming);
    if (present !== null) writeFileSync(file, present);
    writeFileSync(
      path.join(tree, 'DEBIAN', 'control'),
      'Package: a\nVersion: 2\nArchitecture: all\nMaintainer: t <t@t>\nDescription: t\n',
    );
    writeFileSync(path.join(tree, 'DEBIAN', 'conffiles'), `${file}\n`);
    const record = recorded === null ? '' : ` ${file} ${md5(recorded)}\\n`;
    mkdirSync(path.join(work, 'bin'));
    writeFileSync(path.join(work, 'bin', 'dpkg-query'), `#!/bin/sh\nprintf '${record}'\n`, { mode: 0o755 });
    const { stdout, stderr } = sh(`
      ${script('apt-archives.sh')}
      work_archives='${work}'
      PATH='${work}/bin':$PATH
      dpkg-deb --nocheck --root-owner-group --build '${tree}' '${work}/a.deb' >/dev/null 2>&1 &&
        archives_open a '${work}/a.deb' && archives_conffiles a`);
    expect(stderr).toBe('');
    return stdout.replace(`\t${file}`, '');
  }

  it.each([
    ['nobody changed it', 'old', 'old', 'old', ''],
    ['only the package changed it', 'old', 'old', 'new', ''],
    ['only the administrator changed it', 'old', 'mine', 'old', ''],
    ['both changed it', 'old', 'mine', 'new', 'conffile\ta\n'],
    ['both changed it in the same way', 'old', 'new', 'new', ''],
    ['the administrator deleted it, and the package changed it', 'old', null, 'new', 'conffile\ta\n'],
    ['the administrator deleted it, and the package left it', 'old', null, 'old', ''],
    ['the package brings it where another stands', null, 'mine', 'new', 'conffile\ta\n'],
    ['the package brings it where the same stands', null, 'new', 'new', ''],
    ['the package brings it where nothing stands', null, null, 'new', ''],
  ])('finds what dpkg would ask: %s', (_what, recorded, present, coming, said) => {
    expect(question(recorded, present, coming)).toBe(said);
  });

  it('names archives as apt does', () => {
    writeFileSync(
      path.join(work, 'lines'),
      'machine m\nupgrade a:all 1 2:3_4 X\ninstall b:amd64 - 1+x~y -\nremove c 1 -\n',
    );
    const { stdout } = sh(`${script('apt-archives.sh')}\narchives_files '${work}/lines'`);
    expect(stdout).toBe('a\t1\ta_2%3a3%5f4_all.deb\nb\t-\tb_1+x~y_amd64.deb\n');
  });

  it('takes of the news what is newer than the installed version', () => {
    const entry = (version: string): string =>
      `a (${version}) unstable; urgency=low\n\n  * Of ${version}.\n\n -- P <p@p>  Mon, 02 Feb 2026 10:00:00 +0000\n\n`;
    writeFileSync(path.join(work, 'news'), ['2:1.0~rc1-1', '1:3.0-1', '1:2.9-2', '1:1.0-1'].map(entry).join(''));
    const { stdout } = sh(`${script('apt-archives.sh')}\nwork_archives='${work}'\narchives_newer a 1:2.9-2+b1`);
    expect(archivesLook(section(`complete\n${stdout}`)).news?.map(({ version, text }) => [version, text])).toEqual([
      ['2:1.0~rc1-1', '  * Of 2:1.0~rc1-1.'],
      ['1:3.0-1', '  * Of 1:3.0-1.'],
    ]);
  });

  it('says so where an archive is damaged', () => {
    writeFileSync(path.join(work, 'a.deb'), 'no archive');
    expect(
      sh(`${script('apt-archives.sh')}\nwork_archives='${work}'\narchives_open a '${work}/a.deb' 2>/dev/null`).status,
    ).toBe(1);
  });
});
