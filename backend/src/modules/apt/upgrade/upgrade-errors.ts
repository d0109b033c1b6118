import { aptError, complaintOf, importantLines } from '../analysis/errors';
import { say } from '../apt.sentences';
import type { AptErrorKind } from '../contracts/apt-error-kinds';
import type { AptError } from '../contracts/apt-update-analyze.v1';
import { linesOf } from '../parsers/parse-error';
import { classifyRepositoryFailure, classifyRunFailure, parseLockHolder } from '../parsers/update-failures';

/** dpkg's own line about a package whose script failed, in the form of all versions since Debian 11. */
const FAILED_SCRIPT =
  /^dpkg: error processing (?:package|archive) (\S+) \(--[a-z-]+\):\n (.*(?:script|subprocess).*(?:error exit status|failed|killed).*)$/gm;
const CONFFILE_QUESTION = 'end of file on stdin at conffile prompt';
const FETCH = /^E: Failed to fetch (\S+) {2}(.*)$/gm;
/** Lines that name the cause of a failed run, which complaints of apt do not always repeat. */
const CAUSES = /No space left on device|Read-only file system|^E: Could not get lock/;
const NO_REMOVE = /Packages need to be removed but remove is disabled/;
const HELD = /Held packages were changed and -y was used without --allow-change-held-packages/;
const ESSENTIAL = /Essential packages were removed and -y was used without --allow-remove-essential/;

/**
 * What went wrong in a run of apt, from the end of its log: the most telling cause first, each once. A log that names no
 * known cause gives `unknown` with its lines, never a guess.
 */
export function upgradeErrors(log: string, exitCode: number | null): AptError[] {
  if (exitCode === 0) return [];
  const whole = wholeRun(log);
  // A full or read-only disk makes downloads and scripts fail too: it is the cause, they are what followed.
  const disk = whole.filter(({ kind }) => kind === 'no_space' || kind === 'read_only_fs');
  const found = [...disk, ...scripts(log), ...fetches(log), ...refusals(log), ...whole];
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
    ...refusal(NO_REMOVE, 'removal_refused'),
    ...refusal(HELD, 'held_packages'),
    ...refusal(ESSENTIAL, 'essential_removal'),
  ];
}

function wholeRun(log: string): AptError[] {
  const kind = classifyRunFailure(log);
  if (kind === null) return [];
  const lines = [...new Set([...linesWith(log, CAUSES), ...importantLines(log)])];
  const holder = kind === 'apt_lock_busy' ? parseLockHolder(log) : null;
  const who = holder?.name ?? (holder?.pid == null ? null : `process ${String(holder.pid)}`);
  return [aptError(kind, 'error', complaintOf(lines.map((line) => line.trim())), lines, who)];
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
