import type { AptError } from '../contracts/apt-update-analyze.v1';
import type { AppliedPackage, AptRunResult } from '../contracts/apt-upgrade-result.v5';
import { isFolder, packageOf } from './tried';
import type { Leftover } from './verification';

/** Of the result of a change what tells which errors it met and how it left their packages; each may be missing. */
export type RunLeft = Partial<Pick<AptRunResult, 'errors' | 'packages' | 'audit'>>;

/** What the errors of a run were about, and whether dpkg had finished with that when it was over; by their class. Pure. */
export function leftBy({ errors, packages, audit }: RunLeft): ReadonlyMap<string, readonly Leftover[]> {
  const left = new Map<string, Leftover[]>();
  for (const { kind, subject } of errors ?? []) {
    const unfinished = subject !== null && isUnfinished(packageOf(subject), packages ?? [], audit ?? []);
    left.set(kind, [...(left.get(kind) ?? []), { subject, unfinished }]);
  }
  return left;
}

/**
 * What tells an error apart from others of its class: the package or archive, whatever its version. Who holds a lock, and where
 * there is no room, is another one each time, and the error is the same. Pure.
 */
export function subjectOf({ kind, subject }: Pick<AptError, 'kind' | 'subject'>): string | null {
  return subject === null || kind === 'apt_lock_busy' || isFolder(subject) ? null : packageOf(subject);
}

/** By dpkg's own word for the package after the run; where that was not kept, by its audit, whose lines of packages begin with a space. */
function isUnfinished(name: string, packages: readonly AppliedPackage[], audit: readonly string[]): boolean {
  const states = packages.flatMap((entry) => (entry.name === name && entry.state !== null ? [entry.state] : []));
  if (states.length > 0) return states.some((state) => state !== 'installed');
  return audit.some((line) => packageOf(/^ (\S+)/.exec(line)?.[1] ?? '') === name);
}
