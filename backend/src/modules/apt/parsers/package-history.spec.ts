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
    expect(parseAptHistory(APT)).toEqual([
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
    expect(parseAptHistory('')).toEqual([]);
  });

  it('passes over what changes nothing and fields of a later apt', () => {
    const text = 'Start-Date: 1\nReinstall: a:amd64 (1.0)\nComment: by hand\nNew-Field: x\nEnd-Date: 2\n';
    expect(parseAptHistory(text)).toMatchObject([{ start: 1, end: 2, packages: [] }]);
  });

  it.each([
    ['Start-Date: soon\n', 'not a number'],
    ['Commandline: apt\n', 'an entry without a beginning'],
    ['Start-Date: 1\nUpgrade: a:amd64 (1.0)\n', 'a package without its versions'],
    ['Start-Date: 1\nUpgrade: a:amd64 (1.0, )\n', 'a package without its versions'],
    ['Start-Date: 1\nInstall: a\n', 'unknown package'],
    ['Start-Date: 1\n$(reboot)\n', 'unknown line'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseAptHistory(text)).toThrow(reason);
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
    ].join('\n');
    expect(parseDpkgHistory(text).map(({ at, operation, from, to }) => [at, operation, from, to])).toEqual([
      [10, 'installed', null, '2.0'],
      [11, 'upgraded', '1.0', '1.1'],
      [13, 'removed', '1.1', null],
      // Its configuration of before was still there.
      [14, 'upgraded', '1.0', '1.1'],
      [15, 'removed', '2.0', null],
    ]);
    expect(parseDpkgHistory('10\tinstall\ta:all\t<none>\t2.0\tdirect\n11\tinstall\ta:all\t<none>\t2.0')).toMatchObject([
      { direct: true },
      { direct: false },
    ]);
    expect(() => parseDpkgHistory('10\tinstall\ta:all\t<none>\t2.0\tother')).toThrow('unknown row');
    expect(() => parseDpkgHistory('10\tinstall\tfleet-lib2\t<none>\t2.0')).toThrow('unknown row');
    expect(() => parseDpkgHistory('x\tinstall\ta:all\t<none>\t2.0')).toThrow('not a number');
  });
});
