import type { AptUpdateAnalyze, FileSystemSpace } from '../contracts/apt-update-analyze.v1';
import type { UpgradeFileSystem, UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import type { KernelFiles } from '../parsers/kernel-files';
import { bringsKernel } from './kernel-packages';

/** Where archives are downloaded to, where packages are unpacked, and where kernels stand. */
const ARCHIVES = '/var/cache/apt/archives';
const UNPACKED = '/';
const KERNELS = '/boot';
/** Where firmware reads copies of them, on file systems of their own. */
const COPIES = ['/boot/firmware'];

export const sumOf = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0);

/** What the machine has already. Bytes; null: not known. */
export interface PresentFiles {
  /** Archives that are still to be fetched. */
  readonly missingBytes: number | null;
  readonly kernels: KernelFiles | null;
}

/** Need beside what is free, for each file system that the run writes to or kernels stand on. */
export function fileSystems(
  packages: readonly UpgradePackage[],
  spaces: AptUpdateAnalyze['file_systems'],
  present: PresentFiles,
): UpgradeFileSystem[] | null {
  if (spaces === null) return null;
  const needs = new Map<string, number | null>();
  const add = (path: string, bytes: number | null): void => {
    const mount = mountOf(spaces, path);
    if (mount === null) return;
    const before = needs.has(mount) ? (needs.get(mount) ?? null) : 0;
    needs.set(mount, before === null || bytes === null ? null : before + Math.max(bytes, 0));
  };
  add(ARCHIVES, present.missingBytes ?? sumOf(packages.map(({ download_bytes }) => download_bytes)));
  add(UNPACKED, sumOf(packages.map(({ disk_bytes }) => disk_bytes)));
  for (const [folder, bytes] of kernelNeeds(packages, spaces, present.kernels)) add(folder, bytes);
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

/**
 * Each new kernel as big as the biggest that is there. One that is upgraded in place lies beside its old files until they are
 * replaced, one kernel after the other. On the file system of `/` only the initial RAM disk comes on top: packages say nothing of
 * it, and all of the rest. @returns folders with bytes; null where no kernel is there to judge by
 */
function kernelNeeds(
  packages: readonly UpgradePackage[],
  spaces: readonly FileSystemSpace[],
  kernels: KernelFiles | null,
): [string, number | null][] {
  const changed = packages.filter((one) => one.operation !== 'remove' && bringsKernel(one));
  if (changed.length === 0) return [];
  const fresh = changed.filter(({ operation }) => operation === 'install').length;
  const count = fresh + (changed.length > fresh ? 1 : 0);
  const apart = mountOf(spaces, KERNELS) !== mountOf(spaces, UNPACKED);
  if (kernels === null) {
    const copies = COPIES.filter((folder) => mountOf(spaces, folder) !== mountOf(spaces, KERNELS));
    return [KERNELS, ...copies].map((folder) => [folder, null]);
  }
  const { image, initrd, map, copies } = kernels;
  return [
    [KERNELS, count * (apart ? image + initrd + map : initrd)],
    ...copies.map((folder): [string, number] => [folder, count * (image + initrd)]),
  ];
}
