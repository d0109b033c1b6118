import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../apt.sentences';
import type { AptErrorKind } from '../contracts/apt-error-kinds';

/** What is said of a disk that has no room, or may not be written. */
const OF_DISK = /No space left on device|(?:not|don't have) enough free (?:disk )?space|Read-only file system/i;
/** Who makes an initial RAM disk names the file in another line than what was short. */
const SPACE = /No space left on device|^update-initramfs: failed for /i;
const FILE = /(?:^|[\s'"(=])(\/[^\s'":()]+)/;

/** What is short: the same words are printed where inodes are gone, and a full /boot has ways out of its own. */
export function spaceKind(said: readonly string[], inodesGone: readonly string[]): AptErrorKind {
  const lines = said.filter((line) => SPACE.test(line));
  const within = (folder: string): boolean =>
    lines.some((line) => line.split(/[\s'"=]/).some((word) => word.startsWith(`${folder.replace(/\/$/, '')}/`)));
  if (inodesGone.some(within)) return 'no_inodes';
  return within('/boot') ? 'no_space_boot' : 'no_space';
}

/**
 * The line that speaks of the disk, with the file that it was about: what apt complains of first is only that dpkg or a script has failed.
 * Null: none does.
 */
export function diskComplaint(said: readonly string[], kind: AptErrorKind): Sentence | null {
  const lines = said.filter((line) => OF_DISK.test(line));
  const line = lines.find((one) => FILE.test(one)) ?? lines[0];
  if (line === undefined) return null;
  const why = quoted(line.trim().replace(/^E: /, ''));
  if (FILE.test(line) || kind === 'read_only_fs') return why;
  const file = said.flatMap((one) => (SPACE.test(one) ? (FILE.exec(one)?.[1] ?? []) : []))[0];
  return file === undefined ? why : say.run_no_room({ file, why });
}
