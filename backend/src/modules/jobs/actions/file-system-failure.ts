import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../jobs.sentences';
import type { RunFailure } from './job-action';

const FULL = /No space left on device|Disk quota exceeded/i;
const READ_ONLY = /Read-only file system/i;
/** The prelude of scripts names every file system without a free inode where something could not be written: the words are the same. */
const NO_INODES = /^system-update: no_inodes (\S+)$/gm;

/** Why a script could not even write what it works with, in the words of its shell and tools; null: they say nothing of it. */
export function fileSystemFailure(said: string): RunFailure | null {
  const line = said.split('\n').find((one) => FULL.test(one) || READ_ONLY.test(one));
  if (line === undefined) return null;
  const { kind, action } = reasonOf(line, said);
  return { kind, message: say.nothing_written({ why: quoted(line.trim().slice(0, 300)) }), action };
}

function reasonOf(line: string, said: string): { kind: string; action: Sentence } {
  if (READ_ONLY.test(line)) return { kind: 'read_only_fs', action: say.read_only_action() };
  const gone = [...said.matchAll(NO_INODES)].some(([, mount = '']) => line.includes(mount));
  if (gone) return { kind: 'no_inodes', action: say.no_inodes_action() };
  return { kind: 'no_space', action: say.no_space_action() };
}
