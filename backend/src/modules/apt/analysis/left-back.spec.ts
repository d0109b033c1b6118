import type { LeftBackPackage } from '../contracts/apt-update-analyze.v1';
import { loadFixture } from '../fixtures/load-fixture';
import { analyseApt } from './analyse';
import type { AptSection } from './sections';

const ok = (stdout: string): AptSection => ({ stdout, stderr: '', exitCode: 0 });
const H = 'http://deb.example.org/debian';
const stable = `500 ${H} bookworm/main amd64 Packages`;
const security = '500 http://deb.example.org/debian-security bookworm-security/main amd64 Packages';
const backports = (priority: number): string => `${String(priority)} ${H} bookworm-backports/main amd64 Packages`;

const SOURCES = `Package files:
 100 /var/lib/dpkg/status
     release a=now
 100 ${H} bookworm-backports/main amd64 Packages
     release o=Debian Backports,a=stable-backports,n=bookworm-backports,l=Debian Backports,c=main,b=amd64
     origin deb.example.org
 500 ${H} bookworm/main amd64 Packages
     release v=12.11,o=Debian,a=stable,n=bookworm,l=Debian,c=main,b=amd64
     origin deb.example.org
 500 http://deb.example.org/debian-security bookworm-security/main amd64 Packages
     release v=12,o=Debian,a=stable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64
     origin deb.example.org
Pinned packages:
`;

const list = (suite: string): string => `deb.example.org_debian_dists_${suite}_`;
const CONFIGURED = ['bookworm', 'bookworm-backports']
  .map((suite) => `${H}/dists/${suite}/InRelease\t${list(suite)}InRelease\n`)
  .join('');
const FILES = `release\t${list('bookworm')}InRelease\t1\t\t\t\t\nrelease\t${list('bookworm-backports')}InRelease\t1\t\t\tyes\tyes\n`;

interface Table {
  installed: string;
  candidate: string;
  /** Version lines with their sources, newest first. */
  rows: string;
}

function leftBack(table: Table, more: Record<string, string> = {}): LeftBackPackage[] | null {
  const block = `p:\n  Installed: ${table.installed}\n  Candidate: ${table.candidate}\n  Version table:\n${table.rows}`;
  const own = { policy_sources: SOURCES, configured: CONFIGURED, index_files: FILES, policy_packages: block, ...more };
  const sections = new Map([
    ...loadFixture('bookworm', 'clean'),
    ...Object.entries(own).map(([name, text]) => [name, ok(text)] as const),
  ]);
  return analyseApt(sections, { measuredAt: new Date('2026-11-23T12:00:00Z') }).left_back;
}

const version = (text: string, priority: number, ...sources: string[]): string =>
  `     ${text} ${String(priority)}\n${sources.map((source) => `        ${source}\n`).join('')}`;
const current = (text: string, priority: number): string =>
  ` *** ${text} ${String(priority)}\n        ${stable}\n        100 /var/lib/dpkg/status\n`;

describe('reasons that need more than the plans', () => {
  it.each([100, -1])('a newer version in backports (priority %d) is an offer, not a left update', (priority) => {
    const rows = version('2.0~bpo12+1', priority, backports(100)) + current('1.0', 500);
    expect(leftBack({ installed: '1.0', candidate: '1.0', rows })).toEqual([]);
  });

  it('a version of an ordinary archive that a preference forbids is pinned, and says so when it is a security update', () => {
    const lowered = version('1.1', -1, security) + current('1.0', 500);
    expect(leftBack({ installed: '1.0', candidate: '1.0', rows: lowered })).toEqual([
      expect.objectContaining({
        name: 'p',
        reason: 'pinned',
        available_priority: -1,
        installed_priority: 500,
        security: true,
        detail: 'Preferences forbid version 1.1 (priority -1).',
      }),
    ]);
  });

  it('a preference for another version is told with both priorities, since 500 alone is that of any version', () => {
    const rows = version('1.1', 500, stable) + current('1.0', 990);
    const told = (more = {}): unknown =>
      leftBack({ installed: '1.0', candidate: '1.0', rows }, more)?.map(({ detail }) => detail);
    expect(told()).toEqual(['Preferences prefer version 1.0 (990) to 1.1 (500).']);
    expect(told({ holds: 'p\n' })).toEqual([
      'Preferences prefer version 1.0 (990) to 1.1 (500). The package is also on hold.',
    ]);
  });

  it('security counts any version between the installed and the available one', () => {
    const rows = version('1.2', 500, stable) + version('1.1', 500, security) + current('1.0', 500);
    const [entry] = leftBack({ installed: '1.0', candidate: '1.2', rows }, { holds: 'p\n' }) ?? [];
    expect(entry).toMatchObject({
      reason: 'held',
      available_version: '1.2',
      security: true,
      origins: [{ security: false }],
    });
  });

  it('what apt does not explain stays unexplained', () => {
    const rows = version('1.1', 500, stable) + current('1.0', 500);
    expect(leftBack({ installed: '1.0', candidate: '1.1', rows }, { explain: '@ask p=1.1\n' })).toEqual([
      expect.objectContaining({
        reason: 'unexplained',
        detail: 'No plan takes the new version, and apt did not say why.',
      }),
    ]);
  });

  it('does not say that apt kept silent where it was not asked', () => {
    const rows = version('1.1', 500, stable) + current('1.0', 500);
    const explain = Array.from({ length: 15 }, (_, index) => `@ask o${String(index)}=1.1\n`).join('');
    expect(leftBack({ installed: '1.0', candidate: '1.1', rows }, { explain })).toEqual([
      expect.objectContaining({
        reason: 'unexplained',
        detail:
          'No plan takes the new version. Why is not known: apt is asked about a limited number of such packages ' +
          '(15 this time), and was not asked about this one.',
      }),
    ]);
  });

  it('believes apt when it names removals or new packages for one package alone', () => {
    const rows = version('1.1', 500, stable) + current('1.0', 500);
    const asked = (lines: string): unknown =>
      leftBack({ installed: '1.0', candidate: '1.1', rows }, { explain: `@ask p=1.1\n${lines}` })?.map(
        ({ reason, needs }) => [reason, needs],
      );
    expect(asked('Remv q [1.0]\nInst p [1.0] (1.1 X:1/y [all])\n')).toEqual([['needs_removals', ['q']]]);
    expect(asked('Inst n (1.0 X:1/y [all])\nInst p [1.0] (1.1 X:1/y [all])\n')).toEqual([
      ['needs_new_packages', ['n']],
    ]);
  });
});

describe('what a left package waits for', () => {
  const rows = version('2.0', 500, stable) + current('1.0', 500);
  const table: Table = { installed: '1.0', candidate: '2.0', rows };
  const nothing = '0 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.\n';
  const removing =
    'Remv old [1.0]\nRemv addon [1.0]\nInst lib (1.0 X:1/y [all])\nInst p [1.0] (2.0 X:1/y [all])\n1 upgraded, 1 newly installed, 2 to remove and 0 not upgraded.\n';

  it('is found through a chain of dependencies and a provided name', () => {
    const records = 'D\tp\t2.0\t\tvirtual-lib\t\t\t\nD\tlib\t1.0\t\t\told (<< 2)\t\tvirtual-lib\n';
    const installed = 'R\told\t1.0\t\t\t\t\t\nR\taddon\t1.0\t\told\t\t\t\n';
    const left = leftBack(table, {
      sim_upgrade: nothing,
      sim_new: nothing,
      sim_dist: removing,
      records,
      installed_records: installed,
    });
    expect(left).toEqual([
      expect.objectContaining({
        reason: 'needs_removals',
        needs: ['addon', 'old'],
        left_by: ['upgrade', 'upgrade_with_new'],
      }),
    ]);
  });

  it('is the removal of what depends on the old version', () => {
    const records = 'D\tp\t2.0\t\t\t\t\t\n';
    const installed = 'R\told\t1.0\t\tp (<< 2)\t\t\t\nR\taddon\t1.0\t\tp\t\t\t\n';
    const left = leftBack(table, {
      sim_upgrade: nothing,
      sim_new: nothing,
      sim_dist: removing,
      records,
      installed_records: installed,
    });
    expect(left?.[0]?.needs).toEqual(['old']);
  });

  it('is all that the plan removes when no field tells', () => {
    const left = leftBack(table, {
      sim_upgrade: nothing,
      sim_new: nothing,
      sim_dist: removing,
      records: '',
      installed_records: '',
    });
    expect(left?.[0]).toMatchObject({ reason: 'needs_removals', needs: ['old', 'addon'] });
    expect(left?.[0]?.detail).toContain('altogether');
  });
});
