import { parseAptHistory, parseDpkgHistory } from './package-history';

// As apt 2.6 and 3.0 wrote it on machines of the test fleet, times as the script turns them into seconds.
const APT = `
Start-Date: 1795667048
Commandline: apt-get -y dist-upgrade
Install: fleet-lib2:amd64 (2.0, automatic)
Upgrade: fleet-plain:amd64 (1.0, 1.1), fleet-newdep:amd64 (1.0, 2.0)
End-Date: 1795667049

Start-Date: 1795667050
Commandline: apt-get -y install fleet-plain
Requested-By: ops (1001)
Install: fleet-plain:amd64 (1.1)
End-Date: 1795667050

Start-Date: 1795667060
Commandline: apt-get -y remove fleet-plain
Purge: fleet-plain:amd64 (1.1)
Error: Sub-process /usr/bin/dpkg returned an error code (1)
`;

describe('the history log of apt', () => {
  it('tells what each run did, and who asked for it', () => {
    expect(parseAptHistory(APT).found).toEqual([
      {
        start: 1795667048,
        end: 1795667049,
        command: 'apt-get -y dist-upgrade',
        requestedBy: null,
        error: null,
        packages: [
          { name: 'fleet-lib2', arch: 'amd64', operation: 'installed', from: null, to: '2.0' },
          { name: 'fleet-plain', arch: 'amd64', operation: 'upgraded', from: '1.0', to: '1.1' },
          { name: 'fleet-newdep', arch: 'amd64', operation: 'upgraded', from: '1.0', to: '2.0' },
        ],
      },
      expect.objectContaining({ requestedBy: 'ops', end: 1795667050 }),
      expect.objectContaining({
        end: null,
        error: 'Sub-process /usr/bin/dpkg returned an error code (1)',
        packages: [{ name: 'fleet-plain', arch: 'amd64', operation: 'removed', from: '1.1', to: null }],
      }),
    ]);
    expect(parseAptHistory('')).toEqual({ found: [], faults: [] });
  });

  it('passes over what changes nothing and fields of a later apt', () => {
    const text = 'Start-Date: 1\nReinstall: a:amd64 (1.0)\nComment: by hand\nNew-Field: x\nEnd-Date: 2\n';
    expect(parseAptHistory(text)).toMatchObject({ found: [{ start: 1, end: 2, packages: [] }], faults: [] });
  });

  it('tells nothing of what was purged and had been removed before, and all of what stands beside it', () => {
    const text =
      'Start-Date: 1\nCommandline: apt-get -y purge fleet-gone fleet-there\nPurge: fleet-gone:amd64 (), fleet-there:amd64 (2.0)\nEnd-Date: 2\n';
    expect(parseAptHistory(text)).toMatchObject({
      found: [{ packages: [{ name: 'fleet-there', operation: 'removed', from: '2.0', to: null }] }],
      faults: [],
    });
    expect(parseAptHistory(text.replace(', fleet-there:amd64 (2.0)', ''))).toMatchObject({
      found: [{ packages: [] }],
      faults: [],
    });
  });

  it('keeps the lines of a command', () => {
    const text = 'Start-Date: 1\nCommandline: apt-get install a\nb -y\nInstall: a:amd64 (1.0)\nEnd-Date: 2\n';
    const { found, faults } = parseAptHistory(text);
    expect(found).toMatchObject([{ command: 'apt-get install a\nb -y', packages: [{ name: 'a' }] }]);
    expect(faults).toEqual([]);
  });

  it.each([
    ['Start-Date: soon\n', 'not a number', []],
    ['Start-Date: 1\nUpgrade: a:amd64 (1.0), b:amd64 (1, 2)\n', 'a package without its versions', ['b']],
    ['Start-Date: 1\nUpgrade: b:amd64 (1, 2), a:amd64 (1.0, )\n', 'a package without its versions', ['b']],
    ['Start-Date: 1\nUpgrade: a:amd64 ()\nRemove: b:amd64 (1)\n', 'a package without its versions', ['b']],
    ['Start-Date: 1\nRemove: b:amd64 (1)\nInstall: a\n', 'unknown package', ['b']],
    ['Start-Date: 1\n$(reboot)\nRemove: b:amd64 (1)\n', 'unknown line', ['b']],
  ])('loses of %j what it cannot read, and says so', (text, reason, names) => {
    const { found, faults } = parseAptHistory(`${APT}\n${text}`);
    expect(faults.map((fault) => fault.reason)).toEqual([reason]);
    expect(found).toHaveLength(names.length === 0 ? 3 : 4);
    expect(found.slice(3).flatMap(({ packages }) => packages.map(({ name }) => name))).toEqual(names);
  });

  it('refuses what begins with no entry', () => {
    expect(() => parseAptHistory('Commandline: apt\n')).toThrow('an entry without a beginning');
  });
});

describe('the log of dpkg', () => {
  it('tells each step that changes a version', () => {
    const text = [
      '10\tinstall\tfleet-lib2:all\t<none>\t2.0',
      '11\tupgrade\tfleet-plain:all\t1.0\t1.1',
      '12\tupgrade\tfleet-same:all\t1.0\t1.0',
      '13\tremove\tfleet-plain:all\t1.1\t<none>',
      '14\tinstall\tfleet-plain:all\t1.0\t1.1',
      '15\tremove\tfleet-gone:amd64\t2.0\t2.0',
      '16\tinstall\tfleet-plain:all\t1.1\t1.1',
    ].join('\n');
    expect(parseDpkgHistory(text).found.map(({ at, operation, from, to }) => [at, operation, from, to])).toEqual([
      [10, 'installed', null, '2.0'],
      [11, 'upgraded', '1.0', '1.1'],
      [13, 'removed', '1.1', null],
      // Its configuration of before was still there.
      [14, 'installed', null, '1.1'],
      [15, 'removed', '2.0', null],
      [16, 'installed', null, '1.1'],
    ]);
    const both = '10\tinstall\ta:all\t<none>\t2.0\tdirect\n11\tinstall\ta:all\t<none>\t2.0';
    expect(parseDpkgHistory(both).found).toMatchObject([{ direct: true }, { direct: false }]);
    const words = `${both.replace('direct', 'direct\tbegun')}\tbegun`;
    expect([both, words].flatMap((text) => parseDpkgHistory(text).found.map(({ done }) => done))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(() => parseDpkgHistory('10\tinstall\ta:all\t<none>\t2.0\tother')).toThrow('unknown row');
    const nameless = parseDpkgHistory(`10\tinstall\tfleet-lib2\t<none>\t2.0\n${both}`);
    expect(nameless.faults.map(({ reason }) => reason)).toEqual(['unknown package']);
    expect(nameless.found).toHaveLength(2);
    expect(() => parseDpkgHistory('x\tinstall\ta:all\t<none>\t2.0')).toThrow('not a number');
  });
});
