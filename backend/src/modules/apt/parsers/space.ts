import { linesOf, ParseError, wholeNumber } from './parse-error';

export interface Space {
  path: string;
  mount: string;
  device: string;
  sizeBytes: number;
  availableBytes: number;
  usedPercent: number | null;
  inodes: number | null;
  inodesFree: number | null;
}

// The mount point stands last and may hold spaces, the device first: it may too, so the numbers are found between.
const DF = /^(.+?)\s+(\d+|-)\s+(\d+|-)\s+(-?\d+|-)\s+(\d+%|-)\s+(\/.*)$/;

const countOf = (text: string | undefined): number | null => (text === undefined || text === '-' ? null : Number(text));

/**
 * Reads the section `space`: for each folder a row of `df -P -k` and one of `df -P -i`.
 * @throws ParseError on an unknown row
 */
export function parseSpace(text: string): Space[] {
  const byPath = new Map<string, Space>();
  for (const line of linesOf(text)) {
    const [kind, path = '', row = ''] = line.split('\t');
    const match = DF.exec(row);
    if (match === null) throw new ParseError('space', 'not a row of df', line);
    const [, device = '', total, , free, percent, mount = ''] = match;
    const space = byPath.get(path);
    if (kind === 'blocks') {
      byPath.set(path, {
        path,
        mount,
        device,
        sizeBytes: wholeNumber(total, 'space', line) * 1024,
        availableBytes: wholeNumber(free, 'space', line) * 1024,
        usedPercent: percent === '-' || percent === undefined ? null : Number(percent.slice(0, -1)),
        inodes: null,
        inodesFree: null,
      });
    } else if (kind === 'inodes' && space !== undefined) {
      // File systems without a fixed number of inodes (btrfs, vfat) say 0 or "-": that is "no limit", not "none left".
      space.inodes = countOf(total) === 0 ? null : countOf(total);
      space.inodesFree = space.inodes === null ? null : countOf(free);
    } else throw new ParseError('space', 'unknown row', line);
  }
  return [...byPath.values()];
}
