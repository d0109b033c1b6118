import path from 'node:path';
import type { ChangeOutcome } from '../../jobs/actions/change-action';

const folder = path.join(__dirname, '..', 'scripts');

/** Files of shell of this room, sent as one script. */
export function scriptFiles(...names: readonly string[]): string[] {
  return names.map((name) => path.join(folder, name));
}

/** What the declarations of changes by apt have in common: a confirmed plan waits an hour at most. */
export const APT_CHANGE = {
  kind: 'change',
  permission: 'changes.confirm',
  lockKind: 'apt',
  validForSeconds: 3600,
} as const;

/** How long a change that really installs or removes may take, and the look before it. */
export const PACKAGES_CHANGE = {
  ...APT_CHANGE,
  risk: 'medium',
  timeoutSeconds: 2 * 3600,
  estimateSeconds: 60,
} as const;
export const PACKAGES_PLAN = { timeoutSeconds: 300, estimateSeconds: 8 } as const;
export const PACKAGES_PLAN_TIMEOUTS = { progressMs: 120_000, totalMs: 270_000 } as const;

type Verdict = Pick<ChangeOutcome, 'status' | 'summary' | 'error'>;
type Proof = Pick<ChangeOutcome, 'result' | 'important' | 'failedSteps' | 'store'>;

/** The end of a change of packages or services: after it the machine is looked at again, with the lists that it has. */
export function changeOutcome(verdict: Verdict, proof: Proof): ChangeOutcome {
  const followUps = [{ action: 'apt_update_analyze', parameters: { refresh: false } }];
  return { failedSteps: [], ...verdict, ...proof, followUps };
}
