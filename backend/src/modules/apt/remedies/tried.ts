import type { PlanName } from '../contracts/apt-update-analyze.v1';
import type { UpgradeParameters } from '../upgrade/upgrade-parameters';
import { MET_BY_PLANS } from './verification';

/** With the mode that it had, chosen or not. */
export type Choice = Required<UpgradeParameters>;

/** What a run, or a plan of one, was to do. */
export interface Attempt {
  /** Name of its action. */
  readonly action: string;
  /** Which transaction of apt it was; null: it has no choice, or nobody can read it any more. */
  readonly choice: Choice | null;
}

/** A later one, and what it came to. */
export interface LaterAttempt extends Attempt {
  /** Names of the packages that it changed; empty: not known. */
  readonly packages: ReadonlySet<string>;
  /** Of those that it was to change and did not. */
  readonly untouched: ReadonlySet<string>;
}

/** Whatever apt is to do, it takes its locks and reads its sources first. */
const MET_BY_ALL: ReadonlySet<string> = new Set(['apt_lock_busy', 'sources_invalid']);
const CHOOSING = /^apt_(?:upgrade|download)(?:_plan)?$/;
const MODES: readonly PlanName[] = ['upgrade', 'upgrade_with_new', 'dist_upgrade'];

/**
 * Whether what was done later would have met the error again: it changed every package of the error, or, where nobody knows
 * those, it did the same or more. What it left as it was, or never had, it has not tried.
 * @param met what met the error; where nobody knows its choice any more, only everything will do
 * @param subjects the package or archive that each error of this class names
 */
export function triedAgain(
  kind: string,
  met: Attempt,
  subjects: readonly (string | null)[],
  later: LaterAttempt,
): boolean {
  if (MET_BY_ALL.has(kind)) return true;
  const packages = subjects.map((subject) => (subject === null || isFolder(subject) ? null : packageOf(subject)));
  if (packages.some((name) => name !== null && later.untouched.has(name))) return false;
  if (packages.length > 0 && packages.every((name) => name !== null && later.packages.has(name))) return true;
  if (!CHOOSING.test(later.action)) return familyOf(met.action) === familyOf(later.action);
  if (!CHOOSING.test(met.action)) return false;
  // Held, phased or pinned it was in no plan of "everything": it has to be among what is known to have changed.
  // What an archive had lost it may not offer any more: then nothing is there to be changed.
  const known = later.packages.size > 0 || later.untouched.size > 0;
  if (
    known &&
    !refusesNamed(kind) &&
    kind !== 'deb_404' &&
    packages.some((name) => name !== null && !later.packages.has(name))
  )
    return false;
  return later.choice !== null && asWide(kind, met.choice, later.choice);
}

function asWide(kind: string, met: Choice | null, later: Choice): boolean {
  if (met === null) return later.scope === 'all' && later.mode === 'dist_upgrade';
  if (MODES.indexOf(later.mode) < MODES.indexOf(met.mode)) return false;
  const named = later.scope === 'packages' && met.packages.every((name) => later.packages.includes(name));
  if (met.scope === 'packages') return named || (later.scope === 'all' && !refusesNamed(kind));
  return later.scope === 'all' || later.scope === met.scope;
}

/** Of packages that are named apt refuses what it would only keep back of everything. */
function refusesNamed(kind: string): boolean {
  return MET_BY_PLANS.has(kind);
}

function familyOf(action: string): string {
  return action.replace(/_plan$/, '');
}

/** Where there was no room; archives are paths as well. */
export function isFolder(subject: string): boolean {
  return subject.startsWith('/') && !subject.endsWith('.deb');
}

/** Errors name a package with its architecture, or the file of an archive. */
export function packageOf(subject: string): string {
  return subject.replace(/^.*\/|[:_].*$/g, '');
}
