import type { PreflightCheck } from '../../jobs/actions/change-action';
import type { UpgradeFileSystem } from '../contracts/apt-upgrade-plan.v2';
import { locksCheck, preflight, sudoCheck, type PreflightFacts } from './preflight';

const NOW = 1_800_000_000;
const root: UpgradeFileSystem = {
  mount: '/',
  size_bytes: 1000,
  available_bytes: 900,
  needed_bytes: 10,
  inodes: 1000,
  inodes_free: 900,
};
const index = { basis: 'fresh', age_seconds: 0, age_basis: 'refresh', last_success_at: null } as const;
const calm: PreflightFacts = {
  analysis: {
    dpkg: { installed_count: 1, broken: [], interrupted: false, audit: [] },
    co_management: { unattended_upgrades: false, busy: [], units: [] },
    index,
  },
  fileSystems: [root],
  locks: '',
  backups: '',
  sudo: 'uid=0\nuser=\n',
  removed: [],
  machineTime: NOW,
  ownTime: NOW,
  presence: { program: false, database: false },
  leftOut: null,
};
const found = (code: string, facts: Partial<PreflightFacts>): PreflightCheck | undefined =>
  preflight({ ...calm, ...facts }).find((check) => check.code === code);
const withIndex = (more: Partial<PreflightFacts['analysis']['index']>): Partial<PreflightFacts> => ({
  analysis: { ...calm.analysis, index: { ...index, ...more } },
});

describe('the look before a change', () => {
  it.each<[string, string | null, string[], string, string]>([
    ['by sudo', 'uid=0\nuser=ops\n', [], 'ok', 'By sudo ops has the rights of root.'],
    ['as root', 'uid=0\nuser=\n', ['sudo'], 'ok', 'This program signs in as root.'],
    [
      'without them',
      'uid=1000\nuser=\n',
      [],
      'blocked',
      'This program does not have the rights of root on the machine.',
    ],
    ['and not seen', null, [], 'unknown', 'Which rights this program has on the machine could not be read.'],
    [
      'by the sudo that it removes',
      'uid=0\nuser=ops\n',
      ['a', 'sudo'],
      'blocked',
      'The change removes sudo, by which ops has the rights of root: nothing could be done there afterwards.',
    ],
  ])('says who has the rights of root: %s', (_case, sudo, removed, verdict, sentence) => {
    const found = sudoCheck({ sudo, removed });
    expect(found).toMatchObject({ code: 'sudo', verdict, sentence });
    expect(found.action !== null).toBe(verdict === 'blocked');
  });

  it.each([
    [null, 'unknown', 'Who holds the locks of apt and dpkg could not be read.'],
    ['', 'ok', 'Nobody holds a lock of apt or dpkg.'],
    ['/var/lib/dpkg/lock\t12\tdpkg\n', 'warning', '/var/lib/dpkg/lock is held by dpkg, process 12.'],
    ['/var/lib/dpkg/lock\t12\t\n', 'warning', '/var/lib/dpkg/lock is held by process 12.'],
    [
      '/var/lib/dpkg/lock\t12\tdpkg\n/var/lib/apt/lists/lock\t13\tapt-get\n/var/cache/apt/archives/lock\t14\t\n',
      'warning',
      'Locks of apt and dpkg are held: /var/lib/dpkg/lock (dpkg 12), /var/lib/apt/lists/lock (apt-get 13), ' +
        '/var/cache/apt/archives/lock (14).',
    ],
  ])('names every lock that is held: %j', (locks, verdict, sentence) => {
    expect(locksCheck({ locks })).toMatchObject({ code: 'locks', verdict, sentence });
  });

  it.each([
    [0, 'ok', 'The clock is right.'],
    [300, 'ok', 'The clock is right.'],
    [-300, 'ok', 'The clock is right.'],
    [301, 'warning', 'The clock of the machine is off by 301 s.'],
    [-301, 'warning', 'The clock of the machine is off by 301 s.'],
    [null, 'unknown', 'The clock of the machine could not be read.'],
  ])('knows a clock that is off by %j s', (off, verdict, sentence) => {
    const check = found('clock', { machineTime: off === null ? null : NOW + off });
    expect(check).toMatchObject({ verdict, sentence });
    expect(check?.action !== null).toBe(verdict === 'warning');
  });

  const LISTS_MISSING = 'The package list of a repository is missing.';
  it.each<[string, Partial<PreflightFacts['analysis']['index']>, string, string]>([
    ['fresh', { age_seconds: 86_400 }, 'ok', 'The package lists are of today.'],
    ['old', { age_seconds: 86_401 }, 'warning', 'The package lists are 24 h old.'],
    ['very old', { basis: 'stale', age_seconds: 50 * 3600 }, 'warning', 'The package lists are 50 h old.'],
    ['incomplete, however fresh', { basis: 'incomplete' }, 'warning', LISTS_MISSING],
    ['incomplete, of no known age', { basis: 'incomplete', age_seconds: null }, 'warning', LISTS_MISSING],
    [
      'not there',
      { basis: 'none', age_seconds: null },
      'blocked',
      'No package list is on the machine, so nothing can be said about updates.',
    ],
    [
      'of no known age',
      { basis: 'unknown', age_seconds: null },
      'unknown',
      'How old the package lists are is not known.',
    ],
  ])('knows lists that are %s', (_, more, verdict, sentence) => {
    const check = found('index', withIndex(more));
    expect(check).toMatchObject({ verdict, sentence });
    expect(check?.action !== null).toBe(verdict === 'warning' || verdict === 'blocked');
  });

  const FEW = 'There are hardly any inodes left on /var.';
  const NONE = 'No inode is left on /var.';
  it.each<[string, Partial<UpgradeFileSystem>, string, string]>([
    ['enough inodes', { inodes_free: 50 }, 'ok', 'There are inodes enough.'],
    ['few', { inodes_free: 49 }, 'warning', FEW],
    ['one', { inodes_free: 1 }, 'warning', FEW],
    ['none', { inodes_free: 0 }, 'blocked', NONE],
    ['none, where it is not known what the run needs', { inodes_free: 0, needed_bytes: null }, 'blocked', NONE],
    ['none, where the packages do not grow', { inodes_free: 0, needed_bytes: 0 }, 'blocked', NONE],
    ['no fixed number of them', { inodes: null, inodes_free: null }, 'ok', 'There are inodes enough.'],
    ['none to begin with', { inodes: 0, inodes_free: 0 }, 'ok', 'There are inodes enough.'],
  ])('knows a file system that has %s', (_, more, verdict, sentence) => {
    const check = found('inodes', { fileSystems: [root, { ...root, mount: '/var', ...more }] });
    expect(check).toMatchObject({ verdict, sentence });
    expect(check?.action !== null).toBe(verdict !== 'ok');
  });

  it('stops for a file system of kernels without an inode only where one is written to', () => {
    const boot = { ...root, mount: '/boot', inodes_free: 0 };
    expect(found('inodes', { fileSystems: [root, boot] })).toMatchObject({ verdict: 'blocked' });
    expect(found('inodes', { fileSystems: [root, { ...boot, needed_bytes: 0 }] })).toMatchObject({
      verdict: 'warning',
    });
    expect(found('inodes', { fileSystems: null })).toMatchObject({ verdict: 'unknown' });
  });

  it('names the file system without an inode before one that has few', () => {
    const fileSystems = [
      { ...root, inodes_free: 1 },
      { ...root, mount: '/var', inodes_free: 0 },
    ];
    expect(found('inodes', { fileSystems })).toMatchObject({ verdict: 'blocked', sentence: NONE });
  });

  it.each<[string, Partial<UpgradeFileSystem>, string]>([
    ['enough', { available_bytes: 60 }, 'ok'],
    ['little left', { available_bytes: 59 }, 'warning'],
    ['just what is needed', { available_bytes: 10 }, 'warning'],
    ['less than that', { available_bytes: 9 }, 'blocked'],
    ['little, but nothing is needed', { available_bytes: 1, needed_bytes: 0 }, 'ok'],
    ['nobody knows what is needed', { needed_bytes: null }, 'unknown'],
  ])('knows how much space there is: %s', (_, more, verdict) => {
    expect(found('space', { fileSystems: [{ ...root, ...more }] })).toMatchObject({ verdict });
  });
});
