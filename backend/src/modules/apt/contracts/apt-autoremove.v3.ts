import type { Contract } from '../../../kernel/contracts/contract';
import { document, list, object, text, textOrNull, words, type Properties } from '../../../kernel/contracts/schemas';
import { PLANNED_PACKAGE, type UpgradePackage } from './apt-upgrade-plan.v2';
import {
  FIRST_RUN_RESULT_FIELDS,
  RUN_IMPORTANT_FIELDS,
  RUN_RESULT_FIELDS,
  RUN_SENTENCES,
  SECOND_RUN_RESULT_FIELDS,
  withoutOthersChanges,
  withoutStates,
} from './apt-upgrade-result.v5';
import { RUN_REBOOT } from './run-reboot';

/**
 * Why a package stays. `kernel_not_booted`: the machine has not booted the newest kernel yet; `boot_not_verified`: it has, but
 * the restart into this boot was not verified; `kept_by_apt`: apt keeps the kernel by itself (one of the newest two, chosen by hand, or needed); `needed_by_kept`: something that stays needs it.
 */
const FIRST_REASONS = [
  'kernel_running',
  'kernel_newest',
  'kernel_pinned',
  'kernel_not_booted',
  'kept_by_apt',
  'needed_by_kept',
] as const;
export const KEPT_REASONS = [...FIRST_REASONS, 'boot_not_verified'] as const;
export type KeptReason = (typeof KEPT_REASONS)[number];

export interface KeptPackage {
  readonly name: string;
  readonly version: string;
  readonly reason: KeptReason;
}

/** `apt_autoremove_plan`, version 2. */
export interface AptAutoremovePlan {
  readonly packages: readonly UpgradePackage[];
  /** Every kernel that stays, and what stays with one; none in a container. */
  readonly kept: readonly KeptPackage[];
  /** Growth of the disk: negative. Null: a package does not say its size. */
  readonly disk_bytes: number | null;
  readonly running_kernel: string | null;
}

const planFields = (reasons: readonly KeptReason[]): Properties => ({
  packages: list(PLANNED_PACKAGE),
  kept: list(object({ name: text, version: text, reason: words(reasons) })),
  disk_bytes: { type: ['integer', 'null'] },
  running_kernel: textOrNull,
});

export const APT_AUTOREMOVE_PLAN: Contract = {
  name: 'apt_autoremove_plan',
  title: 'Plan of removing what nothing needs',
  description:
    'The details of an `action_plan` of the action `apt_autoremove`: each package that goes, and each that stays although ' +
    'apt alone might remove it, with the reason. Sizes are bytes.',
  columns: ['action_request_targets.plan_json'],
  versions: {
    1: { body: document(1, planFields(FIRST_REASONS)), upcast: (plan) => plan },
    2: { body: document(2, planFields(KEPT_REASONS)) },
  },
};

export const APT_AUTOREMOVE_RESULT: Contract = {
  name: 'apt_autoremove_result',
  title: 'Result of removing what nothing needs',
  description: 'What a run of `apt_autoremove` really changed: every package before and after beside the plan.',
  columns: ['executions.result_json'],
  sentences: RUN_SENTENCES,
  versions: {
    1: { body: document(1, FIRST_RUN_RESULT_FIELDS), upcast: withoutStates },
    2: { body: document(2, SECOND_RUN_RESULT_FIELDS), upcast: withoutOthersChanges },
    3: { body: document(3, RUN_RESULT_FIELDS, RUN_REBOOT) },
  },
};

export const APT_AUTOREMOVE_RESULT_IMPORTANT: Contract = {
  name: 'apt_autoremove_result.important',
  title: 'Result of removing what nothing needs, in short',
  description: 'What lists and reports show of a run of `apt_autoremove`.',
  columns: ['executions.important_json'],
  versions: { 1: { body: document(1, RUN_IMPORTANT_FIELDS) } },
};
