import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folder = path.join(__dirname, '..', 'scripts');
const script = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const facts = ['machine m', 'mode dist_upgrade', 'option conffiles keep', 'scope all'];

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'apt-guard-'));
});
afterEach(() => {
  rmSync(work, { recursive: true });
});

describe('the guard', () => {
  const asked = (plan: readonly string[], told: string): { status: number | null; found: string; said: string } => {
    writeFileSync(
      path.join(work, 'plan'),
      [...facts, ...plan]
        .sort()
        .map((line) => `${line}\n`)
        .join(''),
    );
    writeFileSync(path.join(work, 'guard'), `${script('apt-transaction.sh')}\n${script('apt-guard.sh')}`);
    chmodSync(path.join(work, 'guard'), 0o700);
    // As apt calls it.
    const { status, stdout } = spawnSync('sh', ['-c', path.join(work, 'guard')], {
      input: told,
      encoding: 'utf8',
      timeout: 5000,
    });
    const left = path.join(work, 'guard.found');
    const found = lstatSync(left, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(left, 'utf8') : '';
    return { status, found, said: stdout };
  };
  const told = (...lines: string[]): string =>
    `VERSION 3\nAPT::Architecture=amd64\nDpkg::Options::=--force-confold\n\n${lines.map((line) => `${line}\n`).join('')}`;
  const plan = [
    'upgrade a:all 1 2 X:1/y, Z:y',
    'install b:amd64 - 1.0%C3%A9 X:y',
    'remove c 1 -',
    'remove d:i386 1 -',
    'downgrade e:amd64 2 1 X:y',
  ];
  const doing = [
    'c 1 amd64 none > - - none **REMOVE**',
    'd 1 i386 same > - - none **REMOVE**',
    'a 1 all none < 2 all none /var/cache/apt/archives/a_2_all.deb',
    'b - - none < 1.0é amd64 same /var/cache/apt/archives/b_1.0_amd64.deb',
    'e 2 amd64 none > 1 amd64 none /var/cache/apt/archives/e_1_amd64.deb',
    'a 1 all none < 2 all none **CONFIGURE**',
    'b - - none < 1.0é amd64 same **CONFIGURE**',
    'e 2 amd64 none > 1 amd64 none **CONFIGURE**',
  ];

  it('lets apt do what was confirmed', () => {
    expect(asked(plan, told(...doing))).toMatchObject({ status: 0, said: '' });
  });

  it('lets apt begin only while the maintenance window is open, and asks for it no more afterwards', () => {
    const within = path.join(work, 'begin_before');
    writeFileSync(within, '1\n');
    const late = asked(plan, told(...doing));
    expect(late).toMatchObject({ status: 1, found: '' });
    expect(late.said).toContain('too late to end within the maintenance window');
    expect(existsSync(within)).toBe(true);
    expect(existsSync(path.join(work, 'guard.late'))).toBe(true);
    writeFileSync(within, '99999999999\n');
    expect(asked(plan, told(...doing))).toMatchObject({ status: 0, said: '' });
    expect(existsSync(within)).toBe(false);
  });

  it('takes a package that is removed and put back for one upgrade', () => {
    const lines = ['a 1 all none > - - none **REMOVE**', 'a 1 all none < 2 all none /a.deb'];
    expect(asked(['upgrade a:all 1 2 X:y'], told(...lines))).toMatchObject({ status: 0 });
  });

  it.each([
    ['another version', doing.map((line) => line.replace('< 2 all', '< 3 all')), 'added: upgrade a:all 1 3'],
    ['one package less', doing.filter((line) => !line.startsWith('c ')), 'missing: remove c 1 -'],
    ['one package more', [...doing, 'f - - none < 1 all none /f.deb'], 'added: install f:all - 1'],
    ['one removal more', [...doing, 'f 1 all none > - - none **REMOVE**'], 'added: remove f 1 -'],
    ['what others left unpacked', [...doing, 'f 1 all none = 1 all none **CONFIGURE**'], 'added: configure f:all - 1'],
    ['nothing at all', [], 'missing: upgrade a:all 1 2 X:1/y, Z:y'],
  ])('refuses %s, and says the difference', (_case, lines, said) => {
    const answer = asked(plan, told(...lines));
    expect(answer.status).toBe(1);
    expect(answer.said).toContain(`system-update: ${said}\n`);
    // What it leaves is a whole plan: the run compares it once more to tell the difference.
    for (const fact of facts) expect(answer.found.split('\n')).toContain(fact);
  });

  it('of a repair lets apt do less than was confirmed, never more', () => {
    writeFileSync(path.join(work, 'guard.within'), '');
    const repair = ['install b:amd64 - 1.0%C3%A9 X:y', 'remove c 1 -', 'configure f 1', 'incomplete g:i386 2'];
    const finishing = ['f 1 all none = 1 all none **CONFIGURE**', 'g 2 i386 same = 2 i386 same **CONFIGURE**'];
    const put = 'b - - none < 1.0é amd64 same /var/cache/apt/archives/b_1.0_amd64.deb';
    for (const lines of [[put, ...finishing], [put], finishing, []])
      expect(asked(repair, told(...lines))).toMatchObject({ status: 0, said: '' });
    for (const [line, said] of [
      ['h - - none < 1 all none /h.deb', 'install h:all - 1'],
      ['b - - none < 2.0 amd64 same /b.deb', 'install b:amd64 - 2.0'],
      ['h 1 all none > - - none **REMOVE**', 'remove h 1 -'],
      ['h 1 all none = 1 all none **CONFIGURE**', 'configure h:all - 1'],
      ['f 1 all none = 2 all none **CONFIGURE**', 'configure f:all - 2'],
    ] as const) {
      const answer = asked(repair, told(put, line));
      expect(answer).toMatchObject({ status: 1, found: '' });
      expect(answer.said).toMatch(/^system-update: repair_differs/);
      expect(answer.said).toContain(`system-update: added: ${said}\n`);
    }
  });

  it.each([
    ['guard.told', false],
    ['guard.effects', false],
    ['guard.found', false],
    ['guard.more', true],
    ['guard.effects', true],
  ])('refuses what it has no room to compare: %s, of a repair: %s', (file, repair) => {
    if (repair) writeFileSync(path.join(work, 'guard.within'), '');
    symlinkSync('/dev/full', path.join(work, file));
    const answer = asked(plan, told(...doing, 'h - - none < 1 all none /h.deb'));
    expect(answer).toEqual({
      status: 1,
      found: '',
      said: 'system-update: what apt is about to do cannot be written down to be compared; it does nothing\n',
    });
  });

  it.each([
    ['an older protocol', 'VERSION 2\nAPT::Architecture=amd64\n\n'],
    ['no protocol', '/a.deb\n'],
    ['a line that is cut off', told('a 1 all none <')],
  ])('refuses %s', (_case, text) => {
    expect(asked(plan, text)).toEqual({
      status: 1,
      found: '',
      said: 'system-update: apt told its work in a way that is not known\n',
    });
  });
});
