import { ParseError, shown } from './parse-error';
import { linesOf, oneOf, parseTable, requiredCell, wholeNumber } from './table';

/** One line of `df -P -T`. Counts are bytes or inodes; null where df prints `-` (the file system does not say). */
export interface DfRow {
  readonly device: string;
  readonly type: string;
  readonly total: number | null;
  readonly used: number | null;
  readonly available: number | null;
  readonly mountPoint: string;
}

/** Two paths of the greatest length and the numbers between them. */
const LONGEST_DF_LINE = 9000;
const DF_LINE = /^(.*\S)\s+(\S+)\s+(-|\d+)\s+(-|-?\d+)\s+(-|-?\d+)\s+(?:-|\d+%)\s+(\/.*)$/;

function dfCount(what: string, text: string): number | null {
  return text === '-' ? null : wholeNumber(what, text);
}

function parseDf(what: string, header: RegExp, text: string): DfRow[] {
  const [first, ...lines] = linesOf(text);
  if (first === undefined || !header.test(first)) {
    throw new ParseError(what, `df's heading expected, got "${shown(first ?? '')}"`);
  }
  return lines.map((line) => {
    if (line.length > LONGEST_DF_LINE) throw new ParseError(what, `a line is too long: "${shown(line)}"`);
    const [, device, type, total, used, available, mountPoint] = DF_LINE.exec(line) ?? [];
    if (device === undefined || type === undefined || mountPoint === undefined) {
      throw new ParseError(what, `df line expected, got "${shown(line)}"`);
    }
    const counts = [total ?? '-', used ?? '-', available ?? '-'].map((count) => dfCount(what, count));
    const [totalCount = null, usedCount = null, availableCount = null] = counts;
    return { device, type, total: totalCount, used: usedCount, available: availableCount, mountPoint };
  });
}

/** `df -P -T -B1 -l`, in bytes. */
export function parseDfBytes(text: string): DfRow[] {
  return parseDf('df_bytes', /^Filesystem\s+Type\s+1-blocks\s+Used\s+Available\s+Capacity\s+Mounted on$/, text);
}

/** `df -P -T -i -l`, in inodes. */
export function parseDfInodes(text: string): DfRow[] {
  return parseDf('df_inodes', /^Filesystem\s+Type\s+Inodes\s+IUsed\s+IFree\s+IUse%\s+Mounted on$/, text);
}

/** One mount of the machine. */
export interface Mount {
  /** the directory of the file system that is mounted; other than `/` for bind mounts and subvolumes */
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  /** this mount refuses writing */
  readonly mountReadOnly: boolean;
  /** the file system itself refuses writing, wherever it is mounted: so it is after an error */
  readonly fileSystemReadOnly: boolean;
}

/** The kernel and fstab write blanks, tabs, newlines and backslashes in paths as three octal digits. */
function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

const MODES = ['ro', 'rw'] as const;

export function parseMounts(text: string): Mount[] {
  const columns = ['device', 'root', 'mountPoint', 'mountMode', 'type', 'source', 'fileSystemMode'] as const;
  const mounts = parseTable('mounts', text, columns).map((row) => {
    const field = (column: (typeof columns)[number]): string => requiredCell('mounts', row[column], column);
    return {
      root: unescapePath(field('root')),
      mountPoint: unescapePath(field('mountPoint')),
      type: field('type'),
      source: unescapePath(field('source')),
      mountReadOnly: oneOf('mounts', field('mountMode'), MODES) === 'ro',
      fileSystemReadOnly: oneOf('mounts', field('fileSystemMode'), MODES) === 'ro',
    };
  });
  if (mounts.length === 0) throw new ParseError('mounts', 'the kernel lists no mount');
  return mounts;
}

/** Mount points that /etc/fstab wants read-only. */
export function parseFstabReadOnly(text: string): ReadonlySet<string> {
  const rows = parseTable('fstab', text, ['mountPoint', 'mode']);
  const readOnly = rows.filter((row) => oneOf('fstab', requiredCell('fstab', row.mode, 'mode'), MODES) === 'ro');
  return new Set(readOnly.map((row) => unescapePath(requiredCell('fstab', row.mountPoint, 'mount point'))));
}
