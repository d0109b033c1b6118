import type { StepProgress } from '../../jobs/actions/change-action';

/** `APT::Status-Fd`: what it is about, its name (which may hold an architecture), percent, and prose. */
const STATUS = /^(dlstatus|pmstatus):(.+?):(\d+(?:\.\d+)?):/;
/** Names that apt uses where no package is meant. */
const NO_PACKAGE = /^(?:dpkg-exec|\d+)$/;

/** Reads a line of apt's status; null for what says nothing about how far a step is. Pure. */
export function aptProgress(line: string): StepProgress | null {
  const [, about, name = '', percent] = STATUS.exec(line) ?? [];
  if (about === undefined) return null;
  return {
    step: about === 'dlstatus' ? 'download' : 'install',
    percent: Math.min(100, Number(percent)),
    subject: NO_PACKAGE.test(name) ? null : name,
  };
}
