import { quoted } from '../../../kernel/sentences/sentences';
import { aptError, complaintOf, importantLines } from '../analysis/errors';
import { say } from '../apt.sentences';
import type { AptErrorKind } from '../contracts/apt-error-kinds';
import type { AptError } from '../contracts/apt-update-analyze.v1';
import { linesOf } from '../parsers/parse-error';
import {
  classifyRepositoryFailure,
  classifyRunFailure,
  notInstalledPackages,
  parseLockHolder,
} from '../parsers/update-failures';
import { diskComplaint, spaceKind } from './disk-words';
import { failedTurns, ownLines, type FailedTurn } from './log-turns';
import { silentEnd } from './silent-end';

/** dpkg's own word about a script that failed, in the form of all versions since Debian 11. */
const SCRIPT = /(?:script|subprocess).*(?:error exit status|failed|killed)/;
/** dpkg takes nothing of an archive that is no package for it. */
const REFUSED_ARCHIVE = /^dpkg: error processing archive \S*?([^/\s]+) \(--unpack\):\n((?: .*\n)+)/gm;
/** What dpkg may not write says nothing against the archive. */
const DENIED = /: (?:Permission denied|Operation not permitted)$/m;
const OVERWRITES = /trying to overwrite '([^']+)', which is also in package (\S+)/;
const DISK = /No space left on device|Read-only file system/i;
/** Of a failing script its last lines: what it said, and what dpkg says of it. */
const EVIDENCE = 10;
const CONFFILE_QUESTION = /^ .*end of file on stdin at conffile prompt/;
const FETCH = /^E: Failed to fetch (\S+) {2}(.*)$/gm;
/** Lines that name the cause of a failed run, which complaints of apt do not always repeat. */
const CAUSES = /No space left on device|Read-only file system|^E: Could not get lock/i;
/** What a container that may not do all that a machine may refuses to a script. */
const REFUSED =
  /(?:mknod|\/dev\/|udev|fuse|modprobe|mount|sysctl|\/proc\/sys|\/sys\/|cgroup|setcap|keyctl|bpf).*(?:Operation not permitted|Permission denied|Read-only file system)/i;
/** The kernel's settings are no disk, though they may be read-only. */
const KERNEL_SETTING = /(?:sysctl|\/proc\/|\/sys\/).*Read-only file system/i;
const WAITED = /^Waiting for cache lock: /;
/** A call of apt that did not get a lock and was made once more, see apt-transaction.sh. */
const CALLED_AGAIN = /(?:^E: .*\n)+^system-update: lock_waited: .*\n/gm;
/** What makes downloads and scripts fail as well. */
const CAUSE_KINDS: ReadonlySet<AptErrorKind> = new Set([
  'no_space',
  'no_space_boot',
  'no_inodes',
  'read_only_fs',
  'permission',
]);
const DOWNGRADE = /Packages were downgraded and -y was used without --allow-downgrades/;
const NO_REMOVE = /Packages need to be removed but remove is disabled/;
const HELD = /Held packages were changed and -y was used without --allow-change-held-packages/;
const ESSENTIAL = /Essential packages were removed and -y was used without --allow-remove-essential/;

/** What a run kept besides its log that tells causes apart. */
export interface RunCircumstances {
  /** Mount points without a free inode. */
  readonly inodesGone?: readonly string[];
  /** The machine is a container that may not do all that a machine may. */
  readonly confined?: boolean;
}

/**
 * What went wrong in a run of apt, from its log: the most telling cause first, each once. What scripts of packages print
 * counts only where theirs is the package that dpkg could not finish. A log that names no known cause gives `unknown` with
 * its lines, never a guess.
 */
export function upgradeErrors(printed: string, exitCode: number | null, more: RunCircumstances = {}): AptError[] {
  if (exitCode === 0) return [];
  const log = printed.replace(CALLED_AGAIN, '');
  const turns = failedTurns(log);
  const own = ownLines(log).join('\n');
  const telling = turns.flatMap(({ lines }) => lines).filter((line) => !KERNEL_SETTING.test(line));
  const whole = wholeRun([...new Set([...linesOf(own), ...telling])].join('\n'), log, more.inodesGone ?? []);
  // A disk that is full or may not be written makes downloads and scripts fail too: it is the cause, they are what followed.
  const cause = whole.filter(({ kind }) => CAUSE_KINDS.has(kind));
  const failed = scripts(turns, more.confined === true);
  const found = [...cause, ...failed, ...archives(log), ...fetches(own), ...refusals(own), ...whole];
  if (found.length > 0) return unique(found);
  const lines = importantLines(log);
  const silent = silentEnd(exitCode, lines);
  if (silent !== null) return [silent];
  return [aptError('unknown', 'error', say.run_failed_unknown({ why: complaintOf(lines) }), lines)];
}

function scripts(turns: readonly FailedTurn[], confined: boolean): AptError[] {
  // dpkg's reasons are the lines with a space before them, below its word about the failure.
  const asked = turns.filter(({ lines }) => lines.some((line) => CONFFILE_QUESTION.test(line)));
  if (asked.length > 0) {
    const lines = asked.flatMap((turn) => turn.lines).filter((line) => line.includes('conffile'));
    return [aptError('conffile_question', 'error', say.run_conffile_question(), lines)];
  }
  return turns.flatMap(({ subject, lines }) => {
    const reason = lines.find((line) => line.startsWith(' ') && SCRIPT.test(line))?.trim();
    if (reason === undefined) return [];
    const name = subject.replace(/^.*\/|[:_].*$/g, '');
    const refused = confined ? lines.find((line) => REFUSED.test(line)) : undefined;
    if (refused !== undefined)
      return [
        aptError(
          'container_refused',
          'error',
          say.run_container_refused({ package: name, why: refused.trim() }),
          [refused, ...lines.slice(-2)],
          name,
        ),
      ];
    return [
      aptError(
        'maintainer_script_failed',
        'error',
        say.run_script_failed({ package: name, reason }),
        lines.slice(-EVIDENCE),
        name,
      ),
    ];
  });
}

function archives(log: string): AptError[] {
  return [...log.matchAll(REFUSED_ARCHIVE)]
    .filter(([lines]) => !SCRIPT.test(lines) && !DISK.test(lines))
    .map(([lines, file = '', said = '']) => {
      const [, path, owner] = OVERWRITES.exec(said) ?? [];
      if (path !== undefined && owner !== undefined)
        return aptError(
          'file_conflict',
          'error',
          say.run_file_conflict({ file, path, owner }),
          lines.split('\n'),
          file,
        );
      const reason = said
        .trim()
        .split('\n')
        .map((line) => line.trim())
        .join(' ');
      if (DENIED.test(said))
        return aptError('permission', 'error', quoted(`${file}: ${reason}`), lines.split('\n'), file);
      return aptError('archive_refused', 'error', say.run_archive_refused({ file, reason }), lines.split('\n'), file);
    });
}

function fetches(own: string): AptError[] {
  return [...own.matchAll(FETCH)].map(([line, uri = '', reason = '']) => {
    const kind = reason.startsWith('404') ? 'deb_404' : classifyRepositoryFailure(reason);
    const subject = uri.slice(uri.lastIndexOf('/') + 1);
    return aptError(kind, 'error', say.run_fetch_failed({ file: subject, reason }), [line], subject);
  });
}

function refusals(own: string): AptError[] {
  const refusal = (pattern: RegExp, kind: AptErrorKind): AptError[] => {
    const lines = linesWith(own, pattern);
    return lines.length === 0 ? [] : [aptError(kind, 'error', complaintOf(lines), lines)];
  };
  return [
    ...notInstalledPackages(own).map((name) =>
      aptError(
        'package_not_installed',
        'error',
        say.package_not_installed({ packages: name }),
        [`system-update: package_not_installed ${name}`],
        name,
      ),
    ),
    ...refusal(NO_REMOVE, 'removal_refused'),
    ...refusal(DOWNGRADE, 'downgrade_refused'),
    ...refusal(HELD, 'held_packages'),
    ...refusal(ESSENTIAL, 'essential_removal'),
  ];
}

/** @param said what tells causes, of the whole log */
function wholeRun(said: string, log: string, inodesGone: readonly string[]): AptError[] {
  const found = classifyRunFailure(said);
  if (found === null) return [];
  const kind = found === 'no_space' ? spaceKind(linesOf(said), inodesGone) : found;
  // Who holds a lock is told while it is waited for; that alone is no failure.
  const waited = kind === 'apt_lock_busy' ? [...new Set(linesWith(log, WAITED))] : [];
  const lines = [...new Set([...linesWith(said, CAUSES), ...importantLines(said), ...waited])];
  const who = kind === 'apt_lock_busy' ? holderOf([said, ...waited].join('\n')) : null;
  const ofDisk = CAUSE_KINDS.has(kind) ? diskComplaint(linesOf(said), kind) : null;
  return [aptError(kind, 'error', ofDisk ?? complaintOf(lines.map((line) => line.trim())), lines, who)];
}

/**
 * The lock that a run waited for until its maintenance window was over, in which it so could not begin.
 * @param said what apt or dpkg said of it; nothing: it waited for none
 */
export function lockErrors(said: readonly string[]): AptError[] {
  if (said.length === 0) return [];
  return [aptError('apt_lock_busy', 'error', complaintOf(said), said, holderOf(said.join('\n')))];
}

function holderOf(said: string): string | null {
  const holder = parseLockHolder(said);
  return holder?.name ?? (holder?.pid == null ? null : `process ${String(holder.pid)}`);
}

function linesWith(log: string, pattern: RegExp): string[] {
  return linesOf(log).filter((line) => pattern.test(line));
}

function unique(errors: readonly AptError[]): AptError[] {
  const known = new Map<string, AptError>();
  for (const error of errors) {
    const key = `${error.kind} ${error.subject ?? ''}`;
    if (!known.has(key)) known.set(key, error);
  }
  return [...known.values()].slice(0, 20);
}
