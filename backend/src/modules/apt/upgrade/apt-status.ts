import type { StepProgress } from '../../jobs/actions/change-action';

/** `APT::Status-Fd`: what it is about, its name (which may hold an architecture), percent, and prose. */
const APT = /^(dlstatus|pmstatus):(.+?):(\d+(?:\.\d+)?):/;
/** Names that apt uses where no package is meant. */
const NO_PACKAGE = /^(?:dpkg-exec|\d+)$/;

/**
 * Reads a line of apt's status; null for what says nothing about how far a step is. Pure.
 * @param steps what the action calls the steps in which apt fetches, and in which dpkg works at its behest
 */
export function aptProgress(line: string, steps = { fetch: 'download', work: 'install' }): StepProgress | null {
  const [, about, name = '', percent] = APT.exec(line) ?? [];
  if (about === undefined) return null;
  return {
    step: about === 'dlstatus' ? steps.fetch : steps.work,
    percent: Math.min(100, Number(percent)),
    subject: NO_PACKAGE.test(name) ? null : name,
  };
}
