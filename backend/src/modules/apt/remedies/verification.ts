import { APT_ERROR_KINDS, type AptErrorKind } from '../contracts/apt-error-kinds';

/** What fetches archives, or takes the locks of apt and dpkg to change something. */
const RUNS = ['apt_upgrade', 'apt_download', 'apt_hold', 'apt_unhold', 'apt_repair', 'apt_autoremove'] as const;
const PLANS = [
  'apt_upgrade_plan',
  'apt_hold_plan',
  'apt_unhold_plan',
  'apt_repair_plan',
  'apt_autoremove_plan',
] as const;

/** `machine_probe` and `reboot` tell of errors that are not of apt, see machine-verdicts.ts. */
export const VERIFYING_ACTIONS = ['apt_update_analyze', ...PLANS, ...RUNS, 'machine_probe', 'reboot'] as const;
export type VerifyingAction = (typeof VERIFYING_ACTIONS)[number];

/** How it is seen that an error is gone. */
export interface Verification {
  /** What looks: an analysis, a plan of the upgrade, or the upgrade itself. */
  readonly action: VerifyingAction;
  /** What that finds as long as the error is there. */
  readonly signs: readonly string[];
}

/** Who met an error: an analysis, which does the same each time; a plan of one choice; or what fetches archives and installs them. */
export type Meeter = 'analysis' | 'plan' | 'run';

/** By the name of the action that met it. */
export function meeterOf(action: string): Meeter {
  if (action === 'apt_update_analyze') return 'analysis';
  return action.endsWith('_plan') ? 'plan' : 'run';
}

/** What an analysis finds of a dpkg that has not finished, or cannot. */
const UNFINISHED: readonly string[] = [
  'dpkg_interrupted',
  'packages_broken',
  'unmet_dependencies',
] satisfies AptErrorKind[];

/** A script of a package failed. Before it unpacks or removes anything dpkg takes its own steps back then, and leaves all whole. */
const OF_SCRIPTS: ReadonlySet<string> = new Set<AptErrorKind>(['container_refused', 'maintainer_script_failed']);

/** What these leave on the machine is what an analysis finds: it runs no script and installs nothing. */
const LEAVES_UNFINISHED: ReadonlySet<string> = new Set<AptErrorKind>([
  'conffile_question',
  'container_refused',
  'maintainer_script_failed',
  'repair_differs',
]);

/** What is known of the packages that an error was about. */
export interface Leftover {
  /** What the error names; null: nothing. */
  readonly subject: string | null;
  /** dpkg had not finished with it when the run was over. False: it had, or nobody knows. */
  readonly unfinished: boolean;
}

/** Errors of scripts that left nothing for an analysis to find: only whatever runs the script again tells of them. */
export function isUnwound(kind: string, left: readonly Leftover[]): boolean {
  return OF_SCRIPTS.has(kind) && left.some(({ unfinished }) => !unfinished);
}

/** Only a plan with the same choice meets them again. */
export const MET_BY_PLANS: ReadonlySet<string> = new Set<AptErrorKind>([
  'downgrade_refused',
  'essential_removal',
  'held_broken',
  'held_packages',
  'package_not_installed',
  'removal_refused',
  'simulation_failed',
]);

/**
 * Only a run meets them again: it fetches archives, unpacks them and needs room, which a plan measures of the file systems only
 * that it knows of.
 */
const MET_BY_RUNS: ReadonlySet<string> = new Set<AptErrorKind>([
  'archive_refused',
  'deb_404',
  'file_conflict',
  'no_inodes',
  'no_space',
  'no_space_boot',
]);

/** What stands in the way of lists: an analysis that fetches none cannot meet it. */
const OF_LISTS: ReadonlySet<string> = new Set(
  APT_ERROR_KINDS.filter((kind) => /^(repo|refresh|proxy)_|^no_index$|^apt_lock_busy$|^permission$/.test(kind)),
);

/** What an analysis writes is lists: without room for them it meets these, and where it fetches none it does not. */
const OF_DISKS: ReadonlySet<string> = new Set<AptErrorKind>(['no_inodes', 'no_space', 'no_space_boot', 'read_only_fs']);

/**
 * Of a run whatever dpkg does not keep as its state has to be tried again: an analysis does less than the run did.
 * @param unwound see {@link isUnwound}
 */
export function verificationOf(kind: string, met: Meeter, unwound = false): Verification {
  if (met === 'analysis')
    return { action: 'apt_update_analyze', signs: LEAVES_UNFINISHED.has(kind) ? UNFINISHED : [kind] };
  if (MET_BY_PLANS.has(kind)) return { action: 'apt_upgrade_plan', signs: [kind] };
  if (LEAVES_UNFINISHED.has(kind) && !unwound) return { action: 'apt_update_analyze', signs: UNFINISHED };
  const ofState = UNFINISHED.includes(kind);
  if (MET_BY_RUNS.has(kind) || (met === 'run' && !ofState)) return { action: 'apt_upgrade', signs: [kind] };
  return { action: 'apt_update_analyze', signs: [kind] };
}

/**
 * Which actions tell of an error that an action met: first the one that is named while none has. What a repair or the removal
 * of what nobody needs met is met again by the same; the next upgrade need not try what they did.
 * @param by name of the action that met it
 * @param unwound see {@link isUnwound}
 */
export function tellersOf(kind: string, by: string, unwound = false): readonly [VerifyingAction, ...VerifyingAction[]] {
  const { action } = verificationOf(kind, meeterOf(by), unwound);
  if (action === 'apt_update_analyze') return [action];
  const run = RUNS.find((name) => name === by || `${name}_plan` === by) ?? 'apt_upgrade';
  const plan = PLANS.find((name) => name === `${run}_plan`);
  if (action === 'apt_upgrade_plan') return plan === undefined ? [run, action] : [plan, run];
  return run === action ? [action] : [run, action];
}

export const ERROR_VERDICTS = ['gone', 'there', 'unclear', 'not_looked'] as const;
export type ErrorVerdict = (typeof ERROR_VERDICTS)[number];

export interface ErrorStanding {
  readonly kind: string;
  readonly verdict: ErrorVerdict;
  /** Name of the action that tells. */
  readonly verifiedBy: VerifyingAction;
  readonly lookedAt: Date | null;
}

/** What a look found, as far as it went. */
export interface Look {
  /** It came to its end: what it did not find is not there. */
  readonly whole: boolean;
  /** It fetched lists, or tried to. */
  readonly refreshed: boolean;
  /** Classes of the errors that it found. */
  readonly found: readonly string[];
  /** It tried what the run did that met the error, or more. */
  readonly tried: boolean;
}

/**
 * Whether an error is gone by this look, `not_looked` where it could not have met it; null: nobody has looked since.
 * @param unwound see {@link isUnwound}
 */
export function verdictOn(kind: string, met: Meeter, look: Look | null, unwound = false): ErrorVerdict {
  if (look === null) return 'not_looked';
  const { action, signs } = verificationOf(kind, met, unwound);
  // Whatever finds it tells, however little it tried.
  if (look.found.some((found) => signs.includes(found))) return 'there';
  if (!look.tried) return 'not_looked';
  const whileFetching = OF_LISTS.has(kind) || (met === 'analysis' && OF_DISKS.has(kind));
  if (action === 'apt_update_analyze' && whileFetching && !look.refreshed) return 'not_looked';
  return look.whole ? 'gone' : 'unclear';
}
