/** The closed lists of these tables, as their CHECK constraints have them. */

export const APT_PLAN_MODES = ['upgrade', 'upgrade_with_new', 'dist_upgrade'] as const;
export type AptPlanMode = (typeof APT_PLAN_MODES)[number];

export const APT_PLANNED_OPERATIONS = ['upgrade', 'install', 'remove', 'hold', 'downgrade'] as const;
export type AptPlannedOperation = (typeof APT_PLANNED_OPERATIONS)[number];

export const APT_LEFT_REASONS = [
  'held',
  'phased',
  'pinned',
  'needs_new_packages',
  'needs_removals',
  'not_installable',
  'unexplained',
] as const;
export type AptLeftReason = (typeof APT_LEFT_REASONS)[number];

export const APT_APPLIED_OPERATIONS = ['upgraded', 'installed', 'removed', 'unchanged', 'downgraded'] as const;
export type AptAppliedOperation = (typeof APT_APPLIED_OPERATIONS)[number];

export const APT_ERROR_SEVERITIES = ['info', 'warning', 'error'] as const;
export type AptErrorSeverity = (typeof APT_ERROR_SEVERITIES)[number];
