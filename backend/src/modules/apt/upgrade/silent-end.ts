import { aptError } from '../analysis/errors';
import { say } from '../apt.sentences';
import type { AptError } from '../contracts/apt-update-analyze.v1';

/** Signals of Linux by their numbers: whoever is ended by one has 128 and that number as its exit code. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

/**
 * A run that gives no reason itself is told by its exit code. Null: it gives one, known or not.
 * @param lines what it printed that may tell of it
 */
export function silentEnd(exitCode: number | null, lines: readonly string[]): AptError | null {
  if (exitCode === null) return null;
  const code = `exit code ${String(exitCode)}`;
  const signal = SIGNALS[exitCode - 128];
  if (signal !== undefined) {
    const error = aptError('unknown', 'error', say.run_killed({ signal }), [`${code} (${signal})`, ...lines]);
    return { ...error, remediation: say.run_killed_action() };
  }
  return lines.length > 0 ? null : aptError('unknown', 'error', say.run_silent({ code: exitCode }), [code]);
}
