import { parseCpu, parseCpuCount } from './cpu';
import { parseAddresses, parseBlockDevices, parseInterfaces, parsePci } from './devices';
import { parseDfBytes, parseDfInodes, parseFstabReadOnly, parseMounts } from './file-systems';
import { parseMemory } from './memory';
import { parseOsRelease } from './os-release';
import { ParseError, shown } from './parse-error';
import { parseRaspberryPower, parseTemperatures } from './sensors';
import {
  parseBootId,
  parseClock,
  parseDebianVersion,
  parseDetectVirt,
  parseDpkgArchitecture,
  parseFailedUnits,
  parseLoadAverage,
  parsePveVersion,
  parseSystemdState,
  parseUname,
  parseUptime,
} from './system-facts';
import { parseKeyedTable, wholeNumber } from './table';

type Parser = (text: string) => unknown;

const DF = 'Filesystem Type 1-blocks Used Available Capacity Mounted on\n';
const DFI = 'Filesystem Type Inodes IUsed IFree IUse% Mounted on\n';

const read: [string, Parser, string, unknown][] = [
  [
    'os-release quotes',
    parseOsRelease,
    `# x\nID='debian'\nPRETTY_NAME="A \\"b\\" \\$c"\nVERSION_ID=13\n`,
    { id: 'debian', prettyName: 'A "b" $c', versionId: '13', versionCodename: null },
  ],
  ['os-release empty values', parseOsRelease, 'ID=debian\nVERSION_ID=""\n', { versionId: null, idLike: [] }],
  ['debian_version in the making', parseDebianVersion, 'forky/sid\n', 'forky/sid'],
  ['architecture', parseDpkgArchitecture, 'arm64\n', 'arm64'],
  ['load', parseLoadAverage, '0.04 1.39 0.31 1/186 203\n', { load1: 0.04, load5: 1.39 }],
  ['uptime', parseUptime, '104.86 1776.91\n', 104.86],
  ['clock', parseClock, '1795425968\n', 1_795_425_968],
  ['pveversion', parsePveVersion, 'pve-manager/9.0.3/025864202ebb6109 (running kernel: 6.14.8-2-pve)\n', '9.0.3'],
  ['systemd state', parseSystemdState, 'degraded\n', 'degraded'],
  ['no failed unit', parseFailedUnits, '\n', []],
  [
    'failed units',
    parseFailedUnits,
    'a@b.service loaded failed failed A b\n  c.mount not-found failed failed c\n',
    ['a@b.service', 'c.mount'],
  ],
  ['x86 processor', parseCpu, 'model name\tAMD  EPYC\nprocessors\t8\n', { model: 'AMD EPYC', processors: 8 }],
  [
    'big.LITTLE',
    parseCpu,
    'CPU implementer\t0x41\nCPU part\t0xd05\nCPU part\t0xd0b\nprocessors\t8\n',
    { model: 'Cortex-A55 + Cortex-A76' },
  ],
  [
    'an ARM part nobody listed',
    parseCpu,
    'CPU implementer\t0x41\nCPU part\t0xfff\n',
    { model: null, processors: null },
  ],
  [
    'another ARM maker',
    parseCpu,
    'CPU implementer\t0x61\nCPU part\t0xd08\nprocessors\t8\n',
    { model: null, processors: 8 },
  ],
  ['POWER', parseCpu, 'cpu\tPOWER9, altivec supported\nprocessors\t4\n', { model: 'POWER9, altivec supported' }],
  ['processor count', parseCpuCount, '12\n', 12],
  ['memory', parseMemory, 'MemTotal:  10 kB\nMemAvailable:  4 kB\n', { totalBytes: 10_240, availableBytes: 4096 }],
  [
    'df with blanks in names',
    parseDfBytes,
    `${DF}//nas/my share cifs 10 4 6 40% /mnt/my share\n`,
    [{ device: '//nas/my share', type: 'cifs', total: 10, used: 4, available: 6, mountPoint: '/mnt/my share' }],
  ],
  ['df below the reserve', parseDfBytes, `${DF}/dev/a ext4 10 11 -1 110% /\n`, [{ used: 11, available: -1 }]],
  [
    'df without numbers',
    parseDfInodes,
    `${DFI}/dev/a btrfs - - - - /\n`,
    [{ total: null, used: null, available: null }],
  ],
  [
    'mount points with blanks',
    parseMounts,
    '8:1\t/\t/a\\040b\trw\text4\t/dev/a\tro\n',
    [{ mountPoint: '/a b', mountReadOnly: false, fileSystemReadOnly: true }],
  ],
  [
    'addresses',
    parseAddresses,
    '2: a@b    inet 192.0.2.1 peer 192.0.2.2/32 scope global a\\ x\n3: c    inet6 ::1/128 scope host proto kernel_lo \\ x\n',
    [
      { interfaceName: 'a', address: '192.0.2.1', prefix: 32, scope: 'global' },
      { interfaceName: 'c', family: 'inet6', prefix: 128, scope: 'host' },
    ],
  ],
  ['SD card names', parseBlockDevices, 'mmcblk0\t8\t0\t0\t@absent\t0\tSD32G\n', [{ model: { value: 'SD32G' } }]],
  [
    'temperatures',
    parseTemperatures,
    'a\tb\t-5000\t@absent\nc\td\t@unreadable\t90000\n',
    [
      { millidegrees: { value: '-5000' } },
      { millidegrees: { value: null, missing: 'unreadable' }, criticalMillidegrees: 90_000 },
    ],
  ],
  [
    'no power problem',
    parseRaspberryPower,
    'throttled\t0\nundervoltage_alarm\t@absent\n',
    { flags: { underVoltageNow: false, throttledSinceBoot: false }, alarm: null },
  ],
];

const refused: [string, Parser, string][] = [
  ['os-release without ID', parseOsRelease, 'NAME=x\n'],
  ['os-release with an open quote', parseOsRelease, 'ID=debian\nNAME="x\n'],
  ['os-release with a command', parseOsRelease, 'ID=$(id)\n'],
  ['two architectures', parseDpkgArchitecture, 'amd64\ni386\n'],
  ['another kernel', parseUname, 'sysname\tFreeBSD\nrelease\t1\nmachine\tx\nnodename\ty\n'],
  ['uname without a release', parseUname, 'sysname\tLinux\nrelease\t@absent\nmachine\tx\nnodename\ty\n'],
  ['half a load', parseLoadAverage, '0.04 1.39\n'],
  ['a negative load', parseLoadAverage, '-0.04 1.39 0.31 1/186 203\n'],
  ['an uptime in words', parseUptime, 'up 3 days\n'],
  ['a clock in words', parseClock, 'Mon Nov 23\n'],
  ['a boot id cut short', parseBootId, '3b1c8a52-7d0e\n'],
  ['a state that systemd does not have', parseSystemdState, 'fine\n'],
  ['an error instead of units', parseFailedUnits, 'Failed to connect to bus: No such file\n'],
  ['an error instead of a version', parsePveVersion, 'perl: warning: locale\n'],
  ['an error instead of a word', parseDetectVirt, 'Failed to check for virtualization\n'],
  ['no processor', parseCpu, ''],
  ['zero processors', parseCpuCount, '0\n'],
  ['memory without a total', parseMemory, 'MemFree:  1 kB\n'],
  ['memory of size 0', parseMemory, 'MemTotal:  0 kB\n'],
  ['more available than there is', parseMemory, 'MemTotal:  1 kB\nMemAvailable:  2 kB\n'],
  ['memory in another unit', parseMemory, 'MemTotal:  1 MB\n'],
  ['a translated df', parseDfBytes, 'Dateisystem Typ 1-Blöcke Benutzt Verfügbar Kapazität Eingehängt auf\n'],
  ['df in other blocks', parseDfBytes, 'Filesystem Type 1024-blocks Used Available Capacity Mounted on\n'],
  ['a df line without mount point', parseDfBytes, `${DF}/dev/a ext4 10 4 6 40%\n`],
  ['a number that is not exact', parseDfBytes, `${DF}/dev/a ext4 99999999999999999 4 6 40% /\n`],
  ['no mount', parseMounts, ''],
  ['a mount that is neither ro nor rw', parseMounts, '8:1\t/\t/\trx\text4\t/dev/a\trw\n'],
  ['fstab with other columns', parseFstabReadOnly, '/dev/a / ext4 ro 0 0\n'],
  ['an interface of another width', parseInterfaces, 'eth0\t1\n'],
  ['an interface of unknown nature', parseInterfaces, 'eth0\t1\ta\tup\t1\td\tmagic\n'],
  ['a PCI number in words', parsePci, '0000:00:01.0\tdisplay\t0x1\t0x2\t@absent\n'],
  ['an address line without scope', parseAddresses, '2: eth0    inet 192.0.2.1/24\n'],
  ['a temperature in words', parseTemperatures, 'a\tb\thot\t@absent\n'],
  ['power flags in words', parseRaspberryPower, 'throttled\tVCHI initialization failed\nundervoltage_alarm\t0\n'],
];

describe('parsers', () => {
  it.each(read)('read %s', (_, parse, text, expected) => {
    const value = parse(text);
    if (typeof expected === 'object' && expected !== null) expect(value).toMatchObject(expected);
    else expect(value).toBe(expected);
  });

  it.each(refused)('refuse %s', (_, parse, text) => {
    expect(() => parse(text)).toThrow(ParseError);
  });

  it('reads the mount points that fstab wants read-only', () => {
    expect([...parseFstabReadOnly('/a\\040b\tro\n/c\trw\n')]).toEqual(['/a b']);
  });

  it('reads all eight power flags', () => {
    expect(parseRaspberryPower('throttled\t0xa000a\nundervoltage_alarm\t1\n')).toEqual({
      flags: {
        underVoltageNow: false,
        frequencyCappedNow: true,
        throttledNow: false,
        temperatureLimitNow: true,
        underVoltageSinceBoot: false,
        frequencyCappedSinceBoot: true,
        throttledSinceBoot: false,
        temperatureLimitSinceBoot: true,
      },
      alarm: true,
    });
  });

  it('refuses a key that stands twice', () => {
    expect(() => parseKeyedTable('dmi', 'a\t1\na\t2\n')).toThrow('"a" stands there twice');
  });

  it.each(['', ' 1', '1e3', '0x10', '1.5', '9007199254740993'])('takes "%s" for no whole number', (text) => {
    expect(() => wholeNumber('x', text)).toThrow(ParseError);
  });

  it('shows a machine’s text in one bounded line without control characters', () => {
    expect(shown(`a\u001b[31m\n\u202eb${'c'.repeat(200)}`)).toMatch(/^a \[31m bc{1,80}…$/);
  });
});
