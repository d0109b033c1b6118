import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { rebootState } from '../analysis/reboot';
import { parseInitFiles, rebootForecast } from './reboot-forecast';

const change = (
  name: string,
  source: string | null = null,
  operation: UpgradePackage['operation'] = 'upgrade',
): UpgradePackage => ({
  line: `${operation} ${name}`,
  operation,
  name,
  arch: 'amd64',
  from_version: operation === 'install' ? null : '1',
  to_version: '2',
  origin: null,
  security: false,
  source,
  download_bytes: 7,
  disk_bytes: 11,
  rollback: null,
});

const SSL = 'file\tlibssl3:amd64\t/usr/lib/x86_64-linux-gnu/libcrypto.so.3\n';
const SYSTEMD = 'file\tsystemd\t/lib/systemd/systemd\n';
const SHARED = 'file\tlibsystemd-shared:amd64\t/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so\n';
const LIBC = 'file\tlibc6:amd64\t/lib/x86_64-linux-gnu/libc.so.6\n';
const init = (files: string, name = 'systemd') => parseInitFiles(`init\t${name}\n${files}`);

const ssl = [change('libssl3', 'openssl'), change('openssl', 'openssl')];
const systemd = [change('systemd', 'systemd'), change('libsystemd-shared', 'systemd')];
const calm = { state: 'not_needed', container: false } as const;
const FOR_SSL = ['Process 1 goes on with replaced files of these until a restart (libssl3).'];
const PERHAPS = [
  'Process 1 uses files of these, and is started anew meanwhile; whether with the new ones is not known (libssl3).',
];

describe('a restart after an upgrade', () => {
  it.each<[string, UpgradePackage[], string, boolean | null, readonly string[]]>([
    ['of what process 1 has nothing of is not expected', [change('curl', 'curl')], '', false, []],
    ['of a library that process 1 has loaded is', ssl, SSL, true, FOR_SSL],
    ['that starts process 1 anew is not', systemd, SYSTEMD + SHARED, false, []],
    ['of the C library is not, as that starts it anew, too', [change('libc6', 'glibc')], LIBC, false, []],
    [
      'that starts it anew before or after the library came is not known',
      [...systemd, ...ssl],
      SYSTEMD + SSL,
      null,
      PERHAPS,
    ],
    [
      'that removes what it runs is',
      [change('libssl3', 'openssl', 'remove'), change('systemd', 'systemd', 'remove')],
      SSL,
      true,
      FOR_SSL,
    ],
  ])('%s', (_, packages, files, expected, reasons) => {
    expect(rebootForecast(packages, calm, init(files))).toEqual({ expected, reasons });
  });

  it('is expected of any other process 1, whatever comes with the library', () => {
    expect(rebootForecast([...systemd, ...ssl], calm, init(SSL, 'init'))).toEqual({ expected: true, reasons: FOR_SSL });
  });

  it('is not known where process 1 could not be looked at, unless something else asks for it', () => {
    const unknown = ['Which files process 1 has open could not be read.'];
    expect(rebootForecast(ssl, calm, null)).toEqual({ expected: null, reasons: unknown });
    const kernel = [change('linux-image-6.1.0-2-amd64', null, 'install')];
    expect(rebootForecast(kernel, calm, null)).toMatchObject({ expected: true });
    expect(rebootForecast(ssl, { ...calm, state: 'needed' }, null)).toMatchObject({ expected: true });
  });

  it.each([
    ['linux-image-6.1.0-2-amd64', true],
    ['linux-image-unsigned-6.8.0-31-generic', true],
    ['linux-image-6.6.31+rpt-rpi-v8', true],
    ['proxmox-kernel-6.8.12-1-pve-signed', true],
    ['pve-kernel-6.2.16-3-pve', true],
    ['raspberrypi-kernel', true],
    ['linux-image-6.1.0-2-amd64-dbg', false],
    ['linux-image-unsigned-6.8.0-31-generic-dbgsym', false],
    ['linux-image-amd64', false],
    ['linux-image-686-pae', false],
    ['linux-image-rpi-v8', false],
    ['proxmox-kernel-6.8', false],
  ])(
    'is asked for by a package that brings a kernel, not by its symbols or what points to it: %s',
    (name, expected) => {
      expect(rebootForecast([change(name)], calm, init('')).expected).toBe(expected);
    },
  );

  it('is judged in a container by process 1 as well, but by no kernel', () => {
    const container = { state: 'not_needed', container: true } as const;
    const packages = [change('linux-image-6.1.0-2-amd64', null, 'install'), ...ssl];
    expect(rebootForecast(packages, container, init(SSL))).toEqual({ expected: true, reasons: FOR_SSL });
    expect(rebootForecast(packages, container, init(''))).toEqual({ expected: false, reasons: [] });
  });

  it('is what the analysis finds afterwards', () => {
    const kernel = {
      release: '6.1.0-1-amd64',
      imageBytes: 1,
      initrdBytes: 1,
      package: 'linux-image-6.1.0-1-amd64',
      packageVersion: '6.1.1-1',
    };
    const after = rebootState({
      flag: { set: false, packages: [] },
      running: { release: kernel.release, version: '#1 SMP Debian 6.1.1-1' },
      kernels: { pin: null, kernels: [kernel] },
      needrestart: null,
      needrestartInstalled: false,
      container: { kind: 'none' },
      initMaps: ['/usr/lib/x86_64-linux-gnu/libcrypto.so.3'],
    });
    expect(after.state).toBe('needed');
    expect(rebootForecast(ssl, calm, init(SSL)).expected).toBe(true);
  });
});

it.each(['', 'file\ta\t/b\n', 'init\tsystemd\nfile\ta\n', 'init\tsystemd\nwhat\ta\t/b\n'])(
  'what is no answer about process 1 is refused: %j',
  (text) => {
    expect(() => parseInitFiles(text)).toThrow('plan_init');
  },
);
