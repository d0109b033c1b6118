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

/** dpkg's own line about a package whose script failed, in the form of all versions since Debian 11. */
const FAILED_SCRIPT =
  /^dpkg: error processing (?:package|archive) (\S+) \(--[a-z-]+\):\n (.*(?:script|subprocess).*(?:error exit status|failed|killed).*)$/gm;
/** dpkg takes nothing of an archive that is no package for it. */
const REFUSED_ARCHIVE = /^dpkg: error processing archive \S*?([^/\s]+) \(--unpack\):\n((?: .*\n)+)/gm;
const OVERWRITES = /trying to overwrite '([^']+)', which is also in package (\S+)/;
const DISK = /No space left on device|Read-only file system/;
const CONFFILE_QUESTION = 'end of file on stdin at conffile prompt';
const FETCH = /^E: Failed to fetch (\S+) {2}(.*)$/gm;
/** Lines that name the cause of a failed run, which complaints of apt do not always repeat. */
const CAUSES = /No space left on device|Read-only file system|^E: Could not get lock/;
const DISK_KINDS: ReadonlySet<AptErrorKind> = new Set(['no_space', 'no_space_boot', 'no_inodes', 'read_only_fs']);
const DOWNGRADE = /Packages were downgraded and -y was used without --allow-downgrades/;
const NO_REMOVE = /Packages need to be removed but remove is disabled/;
const HELD = /Held packages were changed and -y was used without --allow-change-held-packages/;
const ESSENTIAL = /Essential packages were removed and -y was used without --allow-remove-essential/;

/**
 * What went wrong in a run of apt, from the end of its log: the most telling cause first, each once. A log that names no
 * known cause gives `unknown` with its lines, never a guess.
 * @param inodesGone mount points without a free inode
 */
export function upgradeErrors(log: string, exitCode: number | null, inodesGone: readonly string[] = []): AptError[] {
  if (exitCode === 0) return [];
  const whole = wholeRun(log, inodesGone);
  // A full or read-only disk makes downloads and scripts fail too: it is the cause, they are what followed.
  const disk = whole.filter(({ kind }) => DISK_KINDS.has(kind));
  const found = [...disk, ...scripts(log), ...archives(log), ...fetches(log), ...refusals(log), ...whole];
  if (found.length > 0) return unique(found);
  const lines = importantLines(log);
  return [aptError('unknown', 'error', say.run_failed_unknown({ why: complaintOf(lines) }), lines)];
}

function scripts(log: string): AptError[] {
  if (log.includes(CONFFILE_QUESTION)) {
    return [aptError('conffile_question', 'error', say.run_conffile_question(), linesWith(log, /conffile/))];
  }
  return [...log.matchAll(FAILED_SCRIPT)].map(([lines, name = '', reason = '']) =>
    aptError(
      'maintainer_script_failed',
      'error',
      say.run_script_failed({ package: name.replace(/:.*/, ''), reason }),
      lines.split('\n'),
      name.replace(/:.*/, ''),
    ),
  );
}

function archives(log: string): AptError[] {
  return [...log.matchAll(REFUSED_ARCHIVE)]
    .filter(([lines]) => lines.match(FAILED_SCRIPT) === null && !DISK.test(lines))
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
      return aptError('archive_refused', 'error', say.run_archive_refused({ file, reason }), lines.split('\n'), file);
    });
}

function fetches(log: string): AptError[] {
  return [...log.matchAll(FETCH)].map(([line, uri = '', reason = '']) => {
    const kind = reason.startsWith('404') ? 'deb_404' : classifyRepositoryFailure(line);
    const subject = uri.slice(uri.lastIndexOf('/') + 1);
    return aptError(kind, 'error', say.run_fetch_failed({ file: subject, reason }), [line], subject);
  });
}

function refusals(log: string): AptError[] {
  const refusal = (pattern: RegExp, kind: AptErrorKind): AptError[] => {
    const lines = linesWith(log, pattern);
    return lines.length === 0 ? [] : [aptError(kind, 'error', complaintOf(lines), lines)];
  };
  return [
    ...notInstalledPackages(log).map((name) =>
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

function wholeRun(log: string, inodesGone: readonly string[]): AptError[] {
  const found = classifyRunFailure(log);
  if (found === null) return [];
  const kind = found === 'no_space' ? spaceKind(linesWith(log, /No space left on device/), inodesGone) : found;
  const lines = [...new Set([...linesWith(log, CAUSES), ...importantLines(log)])];
  const holder = kind === 'apt_lock_busy' ? parseLockHolder(log) : null;
  const who = holder?.name ?? (holder?.pid == null ? null : `process ${String(holder.pid)}`);
  return [aptError(kind, 'error', complaintOf(lines.map((line) => line.trim())), lines, who)];
}

/** What is short: the same words are printed where inodes are gone, and a full /boot has ways out of its own. */
function spaceKind(lines: readonly string[], inodesGone: readonly string[]): AptErrorKind {
  const within = (folder: string): boolean => lines.some((line) => line.includes(`'${folder.replace(/\/$/, '')}/`));
  if (inodesGone.some(within)) return 'no_inodes';
  return within('/boot') ? 'no_space_boot' : 'no_space';
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
