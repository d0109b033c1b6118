import type { StepProgress } from '../../jobs/actions/change-action';

/**
 * `APT::Status-Fd`: what it is about, its name (which may hold an architecture), percent, and prose. `configure` is our own
 * form of what dpkg tells where it is called without apt, see apt-repair.sh.
 */
const APT = /^(dlstatus|pmstatus|configure):(.+?):(\d+(?:\.\d+)?):/;
const STEPS = { dlstatus: 'fetch', pmstatus: 'work', configure: 'configure' } as const;
/** Names that apt uses where no package is meant. */
const NO_PACKAGE = /^(?:dpkg-exec|\d+)$/;

/**
 * Reads a line of apt's status; null for what says nothing about how far a step is. Pure.
 * @param steps what the action calls the steps in which apt fetches, in which dpkg works at its behest, and by itself
 */
export function aptProgress(
  line: string,
  steps = { fetch: 'download', work: 'install', configure: 'configure' },
): StepProgress | null {
  const [, about, name = '', percent] = APT.exec(line) ?? [];
  if (about === undefined) return null;
  return {
    step: steps[STEPS[about as keyof typeof STEPS]],
    percent: Math.min(100, Number(percent)),
    subject: NO_PACKAGE.test(name) ? null : name,
  };
}
