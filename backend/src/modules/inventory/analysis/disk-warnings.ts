import type { FileSystem, ProbeWarning } from '../contracts/machine-probe.v1';
import type { Mount } from '../parsers/file-systems';
import type { FileSystems } from './file-system-list';
import { THRESHOLDS } from './thresholds';
import { say } from '../inventory.sentences';

const MIB = 1024 * 1024;

/** The kernels lie here, each with its RAM disk of 20 to 100 MB; a Raspberry Pi keeps copies in /boot/firmware. */
const BOOT_MOUNT_POINTS: ReadonlySet<string> = new Set(['/boot', '/boot/firmware']);

function nearlyFull(fileSystem: FileSystem): ProbeWarning[] {
  const { mount_point: subject, used_percent: percent } = fileSystem;
  if (percent === null || percent < THRESHOLDS.nearlyFullPercent) return [];
  return [
    {
      code: 'disk_nearly_full',
      area: 'disk',
      severity: percent >= THRESHOLDS.fullPercent ? 'error' : 'warning',
      message: say.disk_nearly_full({ path: subject, percent }),
      subject,
      params: {
        percent,
        ...(fileSystem.available_bytes === null ? {} : { available_bytes: fileSystem.available_bytes }),
      },
    },
  ];
}

function inodesNearlyFull(fileSystem: FileSystem): ProbeWarning[] {
  const { mount_point: subject, inodes_used_percent: percent } = fileSystem;
  if (percent === null || percent < THRESHOLDS.nearlyFullPercent) return [];
  return [
    {
      code: 'inodes_nearly_full',
      area: 'disk',
      severity: percent >= THRESHOLDS.fullPercent ? 'error' : 'warning',
      message: say.inodes_nearly_full({ path: subject, percent }),
      subject,
      params: { percent },
    },
  ];
}

function bootSmall(fileSystem: FileSystem): ProbeWarning[] {
  const { mount_point: subject, available_bytes: available } = fileSystem;
  if (!BOOT_MOUNT_POINTS.has(subject) || available === null || available >= THRESHOLDS.bootFreeBytes) return [];
  return [
    {
      code: 'boot_small',
      area: 'disk',
      severity: 'warning',
      message: say.boot_small({ path: subject, free: Math.floor(available / MIB) }),
      subject,
      params: { available_bytes: available, needed_bytes: THRESHOLDS.bootFreeBytes },
    },
  ];
}

/**
 * A read-only bind mount of a writable file system is somebody's wish, a read-only file system is what ext4 and others
 * turn into after an error. Only the root counts either way: nothing can be updated on it.
 */
function isSuspicious(mount: Mount, wantedReadOnly: ReadonlySet<string>): boolean {
  if (wantedReadOnly.has(mount.mountPoint)) return false;
  return mount.fileSystemReadOnly || (mount.mountPoint === '/' && mount.mountReadOnly);
}

function turnedReadOnly(
  fileSystem: FileSystem,
  mounts: readonly Mount[],
  wantedReadOnly: ReadonlySet<string>,
): ProbeWarning[] {
  const { mount_point: subject } = fileSystem;
  const mount = mounts.findLast((candidate) => candidate.mountPoint === subject);
  if (!mount || !isSuspicious(mount, wantedReadOnly)) return [];
  return [
    {
      code: 'filesystem_read_only',
      area: 'disk',
      severity: subject === '/' || subject === '/var' || subject === '/usr' ? 'error' : 'warning',
      message: say.read_only({ path: subject }),
      subject,
      params: { type: fileSystem.type, device: fileSystem.device },
    },
  ];
}

/** Warnings about the file systems. `wantedReadOnly` are fstab's read-only mount points. */
export function diskWarnings(fileSystems: FileSystems, wantedReadOnly: ReadonlySet<string>): ProbeWarning[] {
  const mounts = fileSystems.mounts.value ?? [];
  const found = (fileSystems.list ?? []).flatMap((fileSystem) => [
    ...turnedReadOnly(fileSystem, mounts, wantedReadOnly),
    ...nearlyFull(fileSystem),
    ...inodesNearlyFull(fileSystem),
    ...bootSmall(fileSystem),
  ]);
  if (fileSystems.complaint === '') return found;
  const unmeasured: ProbeWarning = {
    code: 'filesystem_not_measured',
    area: 'disk',
    severity: 'warning',
    message: say.file_systems_not_measured({ complaint: fileSystems.complaint }),
    subject: null,
    params: { complaint: fileSystems.complaint },
  };
  return [...found, unmeasured];
}
