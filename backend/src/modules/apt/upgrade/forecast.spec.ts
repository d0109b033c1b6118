import type { FileSystemSpace } from '../contracts/apt-update-analyze.v1';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { parseKernelFiles, type KernelFiles } from '../parsers/kernel-files';
import { missingBytes } from './archive-facts';
import { fileSystems, type PresentFiles } from './forecast';

const space = (path: string, mount = path): FileSystemSpace => ({
  path,
  mount,
  device: mount,
  size_bytes: 1000,
  available_bytes: 1000,
  used_percent: 0,
  inodes: null,
  inodes_free: null,
});
const change = (name: string, operation: UpgradePackage['operation'] = 'install'): UpgradePackage => ({
  line: `${operation} ${name}`,
  operation,
  name,
  arch: 'amd64',
  from_version: operation === 'install' ? null : '1',
  to_version: '2',
  origin: null,
  security: false,
  source: null,
  download_bytes: 7,
  disk_bytes: 11,
  rollback: null,
});
const kernels: KernelFiles = { image: 100, initrd: 400, map: 30, copies: [] };
const present: PresentFiles = { missingBytes: 0, kernels };
const KERNEL = 'linux-image-6.1.0-2-amd64';
const APART = [space('/'), space('/boot')];
const TOGETHER = [space('/'), space('/boot', '/')];
const FIRMWARE = [...TOGETHER, space('/boot/firmware')];

const needs = (packages: UpgradePackage[], spaces: FileSystemSpace[], more: Partial<PresentFiles> = {}) =>
  Object.fromEntries(
    (fileSystems(packages, spaces, { ...present, ...more }) ?? []).map(({ mount, needed_bytes }) => [
      mount,
      needed_bytes,
    ]),
  );

describe('what a transaction needs of each file system', () => {
  it('is what is still to be fetched, and the growth of packages', () => {
    const packages = [change('a'), change('b', 'upgrade')];
    expect(needs(packages, [space('/')])).toEqual({ '/': 22 });
    expect(needs(packages, [space('/')], { missingBytes: 7 })).toEqual({ '/': 29 });
    expect(needs(packages, [space('/')], { missingBytes: null })).toEqual({ '/': 36 });
    expect(needs(packages, APART, { kernels: null })).toEqual({ '/': 22, '/boot': 0 });
  });

  it.each<[string, UpgradePackage[], FileSystemSpace[], Partial<PresentFiles>, Record<string, number | null>]>([
    ['image, RAM disk and map of a new one', [change(KERNEL)], APART, {}, { '/': 11, '/boot': 530 }],
    ['those of two', [change(KERNEL), change('pve-kernel-6.2.16-3-pve')], APART, {}, { '/': 22, '/boot': 1060 }],
    ['the RAM disk alone, where the package itself counts', [change(KERNEL)], TOGETHER, {}, { '/': 411 }],
    ['one beside its old files', [change(KERNEL, 'upgrade')], APART, {}, { '/': 11, '/boot': 530 }],
    [
      'nothing for names that only point to the newest',
      [change('linux-image-amd64', 'upgrade')],
      APART,
      {},
      { '/': 11, '/boot': 0 },
    ],
    ['nothing for such a name with a number', [change('linux-image-686-pae')], APART, {}, { '/': 11, '/boot': 0 }],
    ['nothing for symbols', [change(`${KERNEL}-dbg`)], APART, {}, { '/': 11, '/boot': 0 }],
    ['nothing for one that goes', [change(KERNEL, 'remove')], APART, {}, { '/': 11, '/boot': 0 }],
    ['no known amount, where none is there', [change(KERNEL)], APART, { kernels: null }, { '/': 11, '/boot': null }],
    [
      'a copy for firmware as well',
      [change('linux-image-6.6.31+rpt-rpi-v8')],
      FIRMWARE,
      { kernels: { ...kernels, copies: ['/boot/firmware'] } },
      { '/': 411, '/boot/firmware': 500 },
    ],
    [
      'no known amount of copies, where none is there',
      [change('linux-image-6.6.31+rpt-rpi-v8')],
      FIRMWARE,
      { kernels: null },
      { '/': null, '/boot/firmware': null },
    ],
  ])('for kernels is %s', (_name, packages, spaces, more, expected) => {
    expect(needs(packages, spaces, more)).toEqual(expected);
  });
});

it('kernels are judged by the biggest that is there, and by where copies lie', () => {
  const rows = [
    '8000\t/boot/vmlinuz-6.1.0-1-amd64',
    '8100\t/boot/vmlinuz-6.1.0-2-amd64',
    '40000\t/boot/initrd.img-6.1.0-1-amd64',
    '83\t/boot/System.map-6.1.0-1-amd64',
    '250\t/boot/config-6.1.0-1-amd64',
    '9000\t/boot/firmware/kernel8.img',
    '12000\t/boot/firmware/initramfs8',
  ];
  expect(parseKernelFiles(`${rows.join('\n')}\n`)).toEqual({
    image: 9000,
    initrd: 40_000,
    map: 333,
    copies: ['/boot/firmware'],
  });
  expect(parseKernelFiles('83\t/boot/System.map-6.1.0-1-amd64\n')).toBeNull();
  expect(() => parseKernelFiles('many\t/boot/vmlinuz-1\n')).toThrow('plan_kernel_files');
});

it.each([
  ['complete\n', 0],
  ['missing\ta_1_all.deb\t100\nmissing\tb_1_all.deb\t23\n', 123],
  ['missing\ta_1_all.deb\t\n', null],
  ['', null],
])('of archives %j says how much is to be fetched', (stdout, bytes) => {
  expect(missingBytes({ stdout, stderr: '', exitCode: 0, truncated: false })).toBe(bytes);
});
