import { parseCoManagers } from './co-managers';
import { parseAptVersion, parseDpkgState, parseHolds } from './dpkg';
import { parseExplanations } from './explanations';
import { parseConfigured, parseIndexFiles, parseStamps, releaseFolder, splitReleaseFolder } from './index-state';
import { parseKernels, parseNeedrestart, splitRelease } from './kernels';
import { ParseError } from './parse-error';
import { parseInstalledRecords, parseRecords } from './records';
import { meets, parseRelations } from './relations';
import { parseSpace } from './space';

describe('kernel releases', () => {
  it.each([
    ['6.1.0-18-amd64', '6.1.0-18', 'amd64'],
    ['6.1.0-18-cloud-amd64', '6.1.0-18', 'cloud-amd64'],
    ['6.8.0-100-generic', '6.8.0-100', 'generic'],
    ['6.12.43+deb13.1-amd64', '6.12.43+deb13.1', 'amd64'],
    ['6.8.12-4-pve', '6.8.12-4', 'pve'],
    ['6.6.20+rpt-rpi-2712', '6.6.20+rpt', 'rpi-2712'],
    ['6.1.0-rpi7-rpi-v8', '6.1.0-rpi7', 'rpi-v8'],
    ['5.10.103-v7l+', '5.10.103', 'v7l+'],
    ['4.19.0-27-686-pae', '4.19.0-27', '686-pae'],
    ['6.12-rc3-amd64', '6.12-rc3', 'amd64'],
    ['6.18.44', '6.18.44', ''],
  ])('%s', (release, version, flavour) => {
    expect(splitRelease(release)).toEqual({ version, flavour });
  });
});

describe('relations', () => {
  it('reads alternatives, architectures and old operators', () => {
    expect(parseRelations('libc6 (>= 2.36), a:any | b (<< 2), c (< 1), ')).toEqual([
      [{ name: 'libc6', operator: '>=', version: '2.36' }],
      [
        { name: 'a', operator: null, version: null },
        { name: 'b', operator: '<<', version: '2' },
      ],
      [{ name: 'c', operator: '<=', version: '1' }],
    ]);
    expect(parseRelations('  ')).toEqual([]);
    expect(() => parseRelations('a (')).toThrow(ParseError);
  });

  it('knows what meets them', () => {
    const [relation] = parseRelations('b (<< 2)').flat();
    expect(
      relation && [
        meets(relation, 'b', '1'),
        meets(relation, 'b', '2'),
        meets(relation, 'c', '1'),
        meets(relation, 'b', null),
      ],
    ).toEqual([true, false, false, false]);
  });
});

describe('index state', () => {
  it('names repositories by the folder of their Release file, flat ones too', () => {
    expect(releaseFolder('http://h/debian/', 'bookworm/updates')).toBe('http://h/debian/dists/bookworm/updates/');
    expect(releaseFolder('http://h/flat', './')).toBe('http://h/flat/./');
    expect(splitReleaseFolder('http://h/debian/dists/bookworm/updates/')).toEqual({
      uri: 'http://h/debian',
      suite: 'bookworm/updates',
    });
    expect(splitReleaseFolder('http://h/flat/./')).toEqual({ uri: 'http://h/flat', suite: './' });
  });

  it('joins components, and refuses other lines', () => {
    const text =
      'http://h/d/dists/s/InRelease\th_d_dists_s_InRelease\nhttp://h/d/dists/s/main/binary-amd64/Packages\tx\nhttp://h/d/dists/s/non-free/a/binary-all/Packages\ty\n';
    expect(parseConfigured(text)).toEqual([
      {
        url: 'http://h/d/dists/s/',
        uri: 'http://h/d',
        suite: 's',
        components: ['main', 'non-free/a'],
        listPrefix: 'h_d_dists_s_',
      },
    ]);
    expect(() => parseConfigured('nonsense\n')).toThrow(ParseError);
  });

  it('reads dates and reluctance of Release files', () => {
    const text =
      'release\ta_InRelease\t100\tSat, 21 Nov 2026 00:53:03 UTC\tSat, 28 Nov 2026 00:53:03 +0000\tyes\tyes\nrelease\tb_InRelease\t1\t\t\tyes\t\npackages\ta_Packages\n';
    expect(parseIndexFiles(text)).toEqual({
      releases: [
        {
          file: 'a_InRelease',
          modified: 100,
          date: '2026-11-21T00:53:03.000Z',
          validUntil: '2026-11-28T00:53:03.000Z',
          naturalPriority: 100,
        },
        { file: 'b_InRelease', modified: 1, date: null, validUntil: null, naturalPriority: 1 },
      ],
      packageLists: ['a_Packages'],
    });
    expect(() => parseIndexFiles('release\ta\t1\tyesterday\t\n')).toThrow(ParseError);
  });

  it('reads stamps of ours and of the system', () => {
    const stamps = parseStamps('100\thttp://h/d\ts\n200\tupdate-success-stamp\n300\tupdate-stamp\n');
    expect([...stamps.repositories]).toEqual([['http://h/d/dists/s/', 100]]);
    expect(stamps.system).toBe(200);
  });
});

describe('dpkg', () => {
  it('names states in words', () => {
    const text =
      'count\ti\t140\ncount\tc\t2\nbroken\tiF \ta:amd64\t1.0\tamd64\nbroken\tiUR\tb\t2\tall\nbroken\tit \tc\t3\tall\n';
    expect(parseDpkgState(text)).toEqual({
      installed: 140,
      broken: [
        { name: 'a', version: '1.0', arch: 'amd64', state: 'half-configured' },
        { name: 'b', version: '2', arch: 'all', state: 'reinst-required' },
        { name: 'c', version: '3', arch: 'all', state: 'triggers-pending' },
      ],
    });
  });

  it.each(['', 'broken\ti? \ta\t1\tall\n', 'x\n'])('refuses %j', (text) => {
    expect(() => parseDpkgState(text)).toThrow(ParseError);
  });

  it('reads holds and versions', () => {
    expect(parseHolds('a\nlibx:i386\n')).toEqual(['a', 'libx:i386']);
    expect(() => parseHolds('E: no\n')).toThrow(ParseError);
    expect(parseAptVersion('apt 3.0.3 (amd64)\nSupported modules:\n')).toBe('3.0.3');
    expect(() => parseAptVersion('')).toThrow(ParseError);
  });
});

describe('the rest', () => {
  it('reads records in bytes', () => {
    const records = parseRecords('P\ta\t1\tall\t818\t12\tsrc\nD\ta\t1\tx\ty\tz (<< 2)\tw\tv\n');
    expect(records.planned).toEqual([
      { name: 'a', version: '1', arch: 'all', downloadBytes: 818, installedBytes: 12_288, source: 'src' },
    ]);
    expect(records.relations[0]).toMatchObject({
      depends: [[{ name: 'x' }], [{ name: 'y' }]],
      conflicts: [{ name: 'z' }, { name: 'w' }],
      provides: [{ name: 'v' }],
    });
    expect(parseInstalledRecords('I\ta\t1\tall\t\ta\n').planned[0]).toMatchObject({ installedBytes: null });
    expect(() => parseRecords('Q\ta\n')).toThrow(ParseError);
  });

  it('reads why apt refuses, in the words of both solvers', () => {
    const text =
      '@ask a=1.1\nSome packages could not be installed.\nThe following packages have unmet dependencies:\n a : Depends: b (>= 9) but it is not installable\nE: Unable to correct problems, you have held broken packages.\nE: The following information from --solver 3.0 may provide additional context:\n   Unable to satisfy dependencies.\n@ask c=2\nThe following packages will be REMOVED:\n  d\nRemv d [1]\nInst e (1 X:1/y [all])\nInst c [1] (2 X:1/y [all])\n';
    expect(parseExplanations(text)).toEqual([
      {
        name: 'a',
        version: '1.1',
        refused: true,
        reasons: [
          'a : Depends: b (>= 9) but it is not installable',
          'Unable to correct problems, you have held broken packages.',
          'The following information from --solver 3.0 may provide additional context:',
          'Unable to satisfy dependencies.',
        ],
        installs: [],
        removes: [],
      },
      { name: 'c', version: '2', refused: false, reasons: [], installs: ['e'], removes: ['d'] },
    ]);
  });

  it('reads kernels with and without owner, and the pin', () => {
    expect(parseKernels('pin\t6.8.12-4-pve\nkernel\t6.1.0-1-x\t17\t\t\t\n')).toEqual({
      pin: '6.8.12-4-pve',
      kernels: [{ release: '6.1.0-1-x', imageBytes: 17, initrdBytes: null, package: null, packageVersion: null }],
    });
    expect(() => parseNeedrestart('')).toThrow(ParseError);
  });

  it('reads units, settings and processes of other updaters', () => {
    const text =
      'APT::Periodic "";\nAPT::Periodic::Unattended-Upgrade "1";\npackage=unattended-upgrades\nprocess=dpkg\t/proc/12/comm\nId=apt-daily.service\nLoadState=loaded\nActiveState=activating\nUnitFileState=static\n\nId=x.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n';
    const found = parseCoManagers(text);
    expect(found).toMatchObject({ packages: ['unattended-upgrades'], processes: ['dpkg'] });
    expect(found.units).toEqual([
      { id: 'apt-daily.service', loaded: true, active: 'activating', enabled: 'static' },
      { id: 'x.service', loaded: false, active: 'inactive', enabled: null },
    ]);
    expect(found.periodic.get('Unattended-Upgrade')).toBe('1');
  });

  it('reads df, also where inodes have no limit or names hold spaces', () => {
    const text =
      'blocks\t/\t/dev/my disk 1000 400 600 40% /\ninodes\t/\t/dev/my disk 0 0 0 - /\nblocks\t/boot\t/dev/sda1 10 5 5 50% /boot\ninodes\t/boot\t/dev/sda1 64 4 60 7% /boot\n';
    expect(parseSpace(text)).toEqual([
      {
        path: '/',
        mount: '/',
        device: '/dev/my disk',
        sizeBytes: 1_024_000,
        availableBytes: 614_400,
        usedPercent: 40,
        inodes: null,
        inodesFree: null,
      },
      {
        path: '/boot',
        mount: '/boot',
        device: '/dev/sda1',
        sizeBytes: 10_240,
        availableBytes: 5120,
        usedPercent: 50,
        inodes: 64,
        inodesFree: 60,
      },
    ]);
    expect(() => parseSpace('blocks\t/\t\n')).toThrow(ParseError);
  });
});
