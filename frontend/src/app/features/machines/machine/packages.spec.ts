import type { AptPackageDto } from '../../../api/models';
import { freedBy, groupPackages, modeCounts, usualMode } from './packages';

const pack = (name: string, part: Partial<AptPackageDto> = {}): AptPackageDto => ({
  name,
  arch: 'amd64',
  currentVersion: '1',
  targetVersion: '2',
  origin: 'Debian',
  operation: 'upgrade',
  security: false,
  inUpgrade: true,
  inUpgradeWithNew: true,
  inDistUpgrade: true,
  reason: null,
  reasonDetail: null,
  said: {},
  phasedPercent: null,
  downloadBytes: null,
  ...part,
});
const left = { inUpgrade: false, inUpgradeWithNew: false, inDistUpgrade: false };
const packages = [
  pack('zlib'),
  pack('openssl', { security: true }),
  pack('kernel-new', { operation: 'install', inUpgrade: false }),
  pack('meta', { inUpgrade: false, reason: 'needs_new_packages' }),
  pack('apcu', { operation: 'remove', targetVersion: null, inUpgrade: false, inUpgradeWithNew: false }),
  pack('fpm', { inUpgrade: false, inUpgradeWithNew: false, reason: 'needs_removals' }),
  pack('docker', { ...left, operation: 'hold', reason: 'held' }),
];
const grouped = (mode: Parameters<typeof groupPackages>[1], filter = ''): Record<string, string[]> =>
  Object.fromEntries(
    groupPackages(packages, mode, filter).map((group) => [group.key, group.packages.map((one) => one.name)]),
  );

describe('packages by mode', () => {
  it('leaves back what the mode does not bring, with removals and new packages only where they happen', () => {
    expect(grouped('upgrade')).toEqual({ security: ['openssl'], other: ['zlib'], left: ['docker', 'fpm', 'meta'] });
    expect(grouped('withNew')).toEqual({
      security: ['openssl'],
      other: ['kernel-new', 'meta', 'zlib'],
      left: ['docker', 'fpm'],
    });
    expect(grouped('full')).toEqual({
      security: ['openssl'],
      removed: ['apcu'],
      other: ['fpm', 'kernel-new', 'meta', 'zlib'],
      left: ['docker'],
    });
    expect(grouped('security').security).toEqual(['openssl']);
  });

  it('filters by name and origin', () => {
    expect(grouped('full', 'ZLIB')).toEqual({ other: ['zlib'] });
  });

  it('tells which mode would free a package', () => {
    expect(freedBy(pack('fpm', { inUpgrade: false, inUpgradeWithNew: false }), 'upgrade')).toBe('full');
    expect(freedBy(pack('docker', left), 'upgrade')).toBeNull();
  });

  it('counts from the plans, and an unmeasured plan is not 0', () => {
    const counts = modeCounts({
      upgrade: { upgrades: 9, installs: 0, removals: 0, downgrades: 0, security: 4 },
      upgradeWithNew: null,
      distUpgrade: { upgrades: 11, installs: 1, removals: 2, downgrades: 1, security: 4 },
    });
    expect(counts).toEqual([
      { mode: 'security', changes: null, removals: 0 },
      { mode: 'upgrade', changes: 9, removals: 0 },
      { mode: 'withNew', changes: null, removals: 0 },
      { mode: 'full', changes: 13, removals: 2 },
    ]);
  });
});

it('begins with the mode of the kind of machine: a Proxmox host is only ever upgraded as a whole', () => {
  expect(usualMode('proxmox_host')).toBe('full');
  expect(usualMode('vm')).toBe('withNew');
  expect(usualMode(undefined)).toBe('withNew');
});
