import type { FileSystem } from '../contracts/machine-probe.v1';
import { parseDfBytes, parseDfInodes, parseMounts, type DfRow, type Mount } from '../parsers/file-systems';
import { chain, given, isMissing, map, missing, type Measured, type Missing, type ReasonBook } from './measured';
import type { SectionReader } from './probe-sections';
import { say } from '../inventory.sentences';

/** File systems that keep data on the machine. Everything else (tmpfs, squashfs of snaps, proc …) is not listed. */
const DISK_TYPES: ReadonlySet<string> = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'vfat',
  'msdos',
  'exfat',
  'ntfs',
  'ntfs3',
  'fuseblk',
  'jfs',
  'reiserfs',
  'bcachefs',
  'nilfs2',
  'hfsplus',
]);

const REMOTE_TYPES: ReadonlySet<string> = new Set([
  'nfs',
  'nfs4',
  'cifs',
  'smb3',
  'ceph',
  '9p',
  'fuse.sshfs',
  'fuse.glusterfs',
  'fuse.ceph',
]);

/** df exits 1 when one of many file systems could not be asked; the others' lines are good. */
const DF_CODES = [0, 1];

const REMOTE = missing('not_applicable', say.network_file_system());

/** used / (used + available), as df does: what only root may use counts neither as used nor as free. */
function percentUsed(used: number, available: number): number | null {
  const usable = used + available;
  return usable > 0 ? Math.round((used / usable) * 1000) / 10 : null;
}

function isListed(row: DfRow): boolean {
  return DISK_TYPES.has(row.type) || row.mountPoint === '/';
}

type Inodes = Measured<{ total: number; used: number; free: number }>;

function inodesOf(row: DfRow, all: Measured<DfRow[]>): Inodes {
  return chain(all, (rows): Inodes => {
    const found = rows.find((other) => other.mountPoint === row.mountPoint);
    if (!found) return missing('not_readable', say.no_inode_count());
    const { total, used, available } = found;
    if (total === null || used === null || available === null || total === 0) {
      return missing('not_applicable', say.no_fixed_inodes({ type: row.type }));
    }
    return { value: { total, used, free: Math.max(available, 0) } };
  });
}

/** The mount that paths below `mountPoint` really use: of several on one point, the last. */
function mountAt(mounts: readonly Mount[], mountPoint: string): Mount | undefined {
  return mounts.findLast((mount) => mount.mountPoint === mountPoint);
}

function readOnly(mounts: Measured<Mount[]>, mountPoint: string): Measured<boolean> {
  return chain(mounts, (all) => {
    const mount = mountAt(all, mountPoint);
    const state = mount && (mount.mountReadOnly || mount.fileSystemReadOnly);
    return given(state, 'not_readable', say.not_in_mounts());
  });
}

function measuredSystem(row: DfRow, inodes: Inodes, mounts: Measured<Mount[]>, book: ReasonBook): FileSystem {
  const take = <T>(field: keyof FileSystem, measured: Measured<T>): T | null =>
    book.take(`metrics.filesystems[${row.mountPoint}].${field}`, measured);
  const silent = say.df_silent();
  const size = row.total === 0 ? null : row.total;
  // negative while root has eaten into its reserve: users have nothing left
  const available = row.available === null ? null : Math.max(row.available, 0);
  const used = row.used === null || row.used < 0 ? null : row.used;
  const percent = used === null || available === null || size === null ? null : percentUsed(used, available);
  return {
    mount_point: row.mountPoint,
    device: row.device,
    type: row.type,
    size_bytes: take('size_bytes', given(size, 'not_readable', silent)),
    used_bytes: take('used_bytes', given(used, 'not_readable', silent)),
    available_bytes: take('available_bytes', given(available, 'not_readable', silent)),
    used_percent: take('used_percent', given(percent, 'not_readable', silent)),
    inodes_total: take(
      'inodes_total',
      map(inodes, (counts) => counts.total),
    ),
    inodes_used: take(
      'inodes_used',
      map(inodes, (counts) => counts.used),
    ),
    inodes_used_percent: take(
      'inodes_used_percent',
      chain(inodes, (counts) => given(percentUsed(counts.used, counts.free), 'not_readable', silent)),
    ),
    read_only: take('read_only', readOnly(mounts, row.mountPoint)),
  };
}

function remoteSystem(mount: Mount, book: ReasonBook): FileSystem {
  const take = (field: keyof FileSystem): null =>
    book.take(`metrics.filesystems[${mount.mountPoint}].${field}`, REMOTE);
  return {
    mount_point: mount.mountPoint,
    device: mount.source,
    type: mount.type,
    size_bytes: take('size_bytes'),
    used_bytes: take('used_bytes'),
    available_bytes: take('available_bytes'),
    used_percent: take('used_percent'),
    inodes_total: take('inodes_total'),
    inodes_used: take('inodes_used'),
    inodes_used_percent: take('inodes_used_percent'),
    read_only: mount.mountReadOnly || mount.fileSystemReadOnly,
  };
}

/** The machine's file systems, and the mounts that warnings need. */
export interface FileSystems {
  readonly list: FileSystem[] | null;
  /** why there is no list */
  readonly unread: Missing | null;
  readonly mounts: Measured<Mount[]>;
  /** what df complained about while it measured the others; empty when it did not */
  readonly complaint: string;
}

export function findFileSystems(reader: SectionReader, book: ReasonBook): FileSystems {
  const bytes = reader.read('df_bytes', parseDfBytes, DF_CODES);
  const inodes = reader.read('df_inodes', parseDfInodes, DF_CODES);
  const mounts = reader.read('mounts', parseMounts);
  const complaint = reader.exitCode('df_bytes') === 1 && !isMissing(bytes) ? reader.complaint('df_bytes') : '';
  const rows = book.take('metrics.filesystems', bytes);
  const unread = isMissing(bytes) ? bytes : null;
  if (rows === null) return { list: null, unread, mounts, complaint };
  const local = rows.filter(isListed).map((row) => measuredSystem(row, inodesOf(row, inodes), mounts, book));
  const remote = new Map(
    (mounts.value ?? []).filter((mount) => REMOTE_TYPES.has(mount.type)).map((mount) => [mount.mountPoint, mount]),
  );
  const list = [...local, ...[...remote.values()].map((mount) => remoteSystem(mount, book))];
  return { list, unread, mounts, complaint };
}
