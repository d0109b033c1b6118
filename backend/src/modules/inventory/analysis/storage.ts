import type { Disk } from '../contracts/machine-probe.v1';
import { parseBlockDevices, type BlockRow } from '../parsers/devices';
import { ParseError } from '../parsers/parse-error';
import { wholeNumber, type Cell } from '../parsers/table';
import { chain, fromCell, map, missing, type Measured, type ReasonBook } from './measured';
import type { SectionReader } from './probe-sections';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../inventory.sentences';

/** The kernel counts in these whatever the disk's own sector size is. */
const SECTOR_BYTES = 512;

const TYPES: readonly (readonly [RegExp, Disk['type']])[] = [
  [/^nvme/, 'nvme'],
  [/^mmcblk/, 'mmc'],
  [/^sr\d/, 'optical'],
  [/^md\d/, 'raid'],
  [/^dm-/, 'mapper'],
  [/^zd\d/, 'zvol'],
  [/^(nbd|rbd|drbd)\d/, 'network'],
  [/^(sd|hd|vd|xvd)[a-z]/, 'disk'],
];

/** eMMC's boot and replay-protected areas are block devices, but no disks. */
const MMC_AREA = /^mmcblk\d+(boot\d+|rpmb|gp\d+)$/;

interface ReadDisk {
  readonly name: string;
  readonly size: Measured<number>;
  readonly rotational: Measured<boolean>;
  readonly removable: Measured<boolean>;
  readonly readOnly: Measured<boolean>;
  readonly model: Measured<string>;
}

function flagOf(cell: Cell, what: Sentence): Measured<boolean> {
  return map(fromCell(cell, what), (text) => {
    if (text !== '0' && text !== '1') throw new ParseError('block', `${what}: 0 or 1 expected`);
    return text === '1';
  });
}

function sizeOf(cell: Cell): Measured<number> {
  return chain(fromCell(cell, say.the_size()), (text): Measured<number> => {
    const sectors = wholeNumber('block', text);
    return sectors > 0 ? { value: sectors * SECTOR_BYTES } : missing('not_present', say.no_medium());
  });
}

function readDisk(row: BlockRow): ReadDisk {
  return {
    name: row.name,
    size: sizeOf(row.sectors),
    rotational: flagOf(row.rotational, say.rotating_mark()),
    removable: flagOf(row.removable, say.removable_mark()),
    readOnly: flagOf(row.readOnly, say.write_protection_mark()),
    model: fromCell(row.model, say.a_model_name()),
  };
}

function parseDisks(text: string): ReadDisk[] {
  return parseBlockDevices(text)
    .filter((row) => !MMC_AREA.test(row.name))
    .map(readDisk);
}

function toDisk(disk: ReadDisk, book: ReasonBook): Disk {
  const path = (field: string): string => `hardware.disks[${disk.name}].${field}`;
  book.take(path('smart'), missing('not_probed', say.no_smart()));
  return {
    name: disk.name,
    type: TYPES.find(([pattern]) => pattern.test(disk.name))?.[1] ?? 'other',
    size_bytes: book.take(path('size_bytes'), disk.size),
    rotational: book.take(path('rotational'), disk.rotational),
    removable: book.take(path('removable'), disk.removable),
    read_only: book.take(path('read_only'), disk.readOnly),
    model: book.take(path('model'), disk.model),
    smart: null,
  };
}

/** Block devices without loop devices and memory disks. A container sees its host's, so it has none of its own. */
export function findDisks(reader: SectionReader, inContainer: boolean, book: ReasonBook): Disk[] | null {
  const read = reader.read('block', parseDisks);
  const own = inContainer ? missing('not_applicable', say.disks_of_host()) : read;
  return book.take('hardware.disks', own)?.map((disk) => toDisk(disk, book)) ?? null;
}
