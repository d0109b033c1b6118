import type { AptRunResult } from '../contracts/apt-upgrade-result.v5';
import { MET_BY_PLANS } from '../remedies/verification';
import type { UpgradeVerdict } from './upgrade-result';

/** Whether the run ended with what apt refuses before it begins: what was asked for, or a lock that others hold. */
export function isRefusal({ error }: Pick<UpgradeVerdict, 'error'>): boolean {
  return error !== undefined && (error.kind === 'apt_lock_busy' || MET_BY_PLANS.has(error.kind));
}

/** Such a run, of which no package was changed and nothing is unfinished. Pure; what was not measured is not called untouched. */
export function wasRefused(
  verdict: Pick<UpgradeVerdict, 'error'>,
  { counts, audit }: Pick<AptRunResult, 'counts' | 'audit'>,
): boolean {
  if (!isRefusal(verdict) || counts === null || audit?.length !== 0) return false;
  return counts.upgraded + counts.installed + counts.removed + counts.downgraded === 0;
}
