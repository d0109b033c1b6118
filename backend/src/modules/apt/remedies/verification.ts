import { APT_ERROR_KINDS, type AptErrorKind } from '../contracts/apt-error-kinds';

export const VERIFYING_ACTIONS = ['apt_update_analyze', 'apt_upgrade_plan', 'apt_upgrade'] as const;
export type VerifyingAction = (typeof VERIFYING_ACTIONS)[number];

/** How it is seen that an error is gone. */
export interface Verification {
  /** What looks: an analysis, a plan of the upgrade, or the upgrade itself. */
  readonly action: VerifyingAction;
  /** What that finds as long as the error is there. */
  readonly signs: readonly string[];
}

/** What an analysis finds of a dpkg that has not finished, or cannot. */
const UNFINISHED = ['dpkg_interrupted', 'packages_broken', 'unmet_dependencies'] as const satisfies AptErrorKind[];

/** What these leave on the machine is what an analysis finds: it runs no script and installs nothing. */
const LEAVES_UNFINISHED: ReadonlySet<string> = new Set<AptErrorKind>([
  'archive_refused',
  'conffile_question',
  'file_conflict',
  'maintainer_script_failed',
  'repair_differs',
  'unknown',
]);

/** Only a plan with the same choice meets them again. */
const MET_BY_PLANS: ReadonlySet<string> = new Set<AptErrorKind>([
  'downgrade_refused',
  'essential_removal',
  'held_broken',
  'held_packages',
  'package_not_installed',
  'removal_refused',
  'simulation_failed',
]);

/** Where there was no room only a run shows that there is: a plan measures the file systems that it knows of. */
const MET_BY_RUNS: ReadonlySet<string> = new Set<AptErrorKind>(['no_inodes', 'no_space', 'no_space_boot']);

/** Lists that are new have the addresses that archives have now. */
const OF_LISTS = APT_ERROR_KINDS.filter((kind) => /^(repo|refresh|proxy)_|^no_index$/.test(kind));

export function verificationOf(kind: string): Verification {
  if (MET_BY_PLANS.has(kind)) return { action: 'apt_upgrade_plan', signs: [kind] };
  if (MET_BY_RUNS.has(kind)) return { action: 'apt_upgrade', signs: [kind] };
  if (kind === 'deb_404') return { action: 'apt_update_analyze', signs: OF_LISTS };
  return { action: 'apt_update_analyze', signs: LEAVES_UNFINISHED.has(kind) ? UNFINISHED : [kind] };
}

export const ERROR_VERDICTS = ['gone', 'there', 'unclear', 'not_looked'] as const;
export type ErrorVerdict = (typeof ERROR_VERDICTS)[number];

/** What a look found, as far as it went. */
export interface Look {
  /** It came to its end: what it did not find is not there. */
  readonly whole: boolean;
  /** Classes of the errors that it found. */
  readonly found: readonly string[];
}

/** Whether an error is gone by this look; null: nobody has looked since. */
export function verdictOn(kind: string, look: Look | null): ErrorVerdict {
  if (look === null) return 'not_looked';
  const { signs } = verificationOf(kind);
  if (look.found.some((found) => signs.includes(found))) return 'there';
  return look.whole ? 'gone' : 'unclear';
}
