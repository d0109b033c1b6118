import type { PlanEffects } from '../../jobs/actions/change-action';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';

/** Of a change that touches no package. */
export const NO_PACKAGES: PlanEffects = { removed: 0, added: 0, origins: 'none' };

/**
 * What a transaction of apt comes to. Pure.
 * @param securityScope apt was left no other archives than those for security
 */
export function effectsOf(
  packages: readonly Pick<UpgradePackage, 'operation' | 'security'>[],
  securityScope = false,
): PlanEffects {
  const count = (operation: UpgradePackage['operation']): number =>
    packages.filter((one) => one.operation === operation).length;
  const brought = packages.filter(({ operation }) => operation !== 'remove');
  return { removed: count('remove'), added: count('install'), origins: originsOf(brought, securityScope) };
}

function originsOf(
  brought: readonly Pick<UpgradePackage, 'security'>[],
  securityScope: boolean,
): PlanEffects['origins'] {
  if (brought.length === 0) return 'none';
  if (securityScope || brought.every(({ security }) => security === true)) return 'security';
  return brought.some(({ security }) => security === false) ? 'other' : null;
}
