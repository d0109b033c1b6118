import type { AptUpdateAnalyze, FileSystemSpace } from '../contracts/apt-update-analyze.v1';
import type { AptUpgradePlan, UpgradeFileSystem, UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { say } from '../apt.sentences';

/** Where archives are downloaded to, where packages are unpacked, and where kernels stand. */
const ARCHIVES = '/var/cache/apt/archives';
const UNPACKED = '/';
const KERNELS = '/boot';
const KERNEL = /^(?:linux-image-\d|linux-image-rpi|pve-kernel-\d|proxmox-kernel-\d|raspberrypi-kernel$)/;

export const sumOf = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0);

/** Need beside what is free, for each file system that the run writes to or kernels stand on. */
export function fileSystems(
  packages: readonly UpgradePackage[],
  { file_systems: spaces, kernels }: Pick<AptUpdateAnalyze, 'file_systems' | 'kernels'>,
): UpgradeFileSystem[] | null {
  if (spaces === null) return null;
  const needs = new Map<string, number | null>();
  const add = (path: string, bytes: number | null): void => {
    const mount = mountOf(spaces, path);
    if (mount === null) return;
    const before = needs.has(mount) ? (needs.get(mount) ?? null) : 0;
    needs.set(mount, before === null || bytes === null ? null : before + Math.max(bytes, 0));
  };
  add(ARCHIVES, sumOf(packages.map(({ download_bytes }) => download_bytes)));
  add(UNPACKED, sumOf(packages.map(({ disk_bytes }) => disk_bytes)));
  if (mountOf(spaces, KERNELS) !== mountOf(spaces, UNPACKED)) add(KERNELS, kernelBytes(packages, kernels));
  const byMount = new Map(spaces.map((space) => [space.mount, space]));
  return [...byMount.values()].map((space) => ({
    mount: space.mount,
    size_bytes: space.size_bytes,
    available_bytes: space.available_bytes,
    needed_bytes: needs.has(space.mount) ? (needs.get(space.mount) ?? null) : 0,
    inodes: space.inodes,
    inodes_free: space.inodes_free,
  }));
}

function mountOf(spaces: readonly FileSystemSpace[], path: string): string | null {
  // Folders that are not there stand on the file system of the next one above.
  const known = spaces.filter((space) => path === space.path || path.startsWith(space.path.replace(/\/?$/, '/')));
  return known.sort((a, b) => b.path.length - a.path.length)[0]?.mount ?? null;
}

/** Each new kernel as big as the biggest that is there: image, initrd and map. */
function kernelBytes(packages: readonly UpgradePackage[], kernels: AptUpdateAnalyze['kernels']): number | null {
  const fresh = packages.filter(({ operation, name }) => operation === 'install' && KERNEL.test(name)).length;
  if (fresh === 0) return 0;
  const sizes = (kernels ?? []).map(({ image_bytes, initrd_bytes }) => (image_bytes ?? 0) + (initrd_bytes ?? 0));
  return sizes.length === 0 ? null : fresh * Math.max(...sizes);
}

/** Whether the machine will need a restart afterwards, and why. */
export function rebootForecast(
  packages: readonly UpgradePackage[],
  { state, container }: AptUpdateAnalyze['reboot'],
): AptUpgradePlan['reboot'] {
  const reasons: string[] = [];
  if (state === 'needed') reasons.push(say.reboot_needed_already());
  const kernels = packages.filter(({ operation, name }) => operation !== 'remove' && KERNEL.test(name));
  // A container runs the kernel of its host, whatever packages it has.
  if (container !== true && kernels.length > 0)
    reasons.push(say.reboot_for_kernel({ packages: kernels.map(({ name }) => name).join(', ') }));
  if (reasons.length > 0) return { expected: true, reasons };
  return { expected: state === 'cannot_tell' || container === null ? null : false, reasons };
}
