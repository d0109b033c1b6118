import type { PlanEffects } from '../../jobs/actions/change-action';
import { isSimulatedSecurity } from '../analysis/origins';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { simulatedOrigins } from '../parsers/simulation';

/** Of a change that touches no package. */
export const NO_PACKAGES: PlanEffects = { removed: 0, added: 0, origins: 'none' };

type Brought = Pick<UpgradePackage, 'operation' | 'origin' | 'security'>;

/**
 * Whether the version that gets installed comes from an archive for security; null: it is not known. What a package's own
 * `security` says is more: that some version on the way does, where a higher one from anywhere else is what apt installs. Pure.
 */
export function installedSecurity({ origin, security }: Pick<Brought, 'origin' | 'security'>): boolean | null {
  // A label may hold the comma that parts origins: what the archives themselves say goes before.
  if (origin === null) return security === false ? false : null;
  return simulatedOrigins(origin).some(isSimulatedSecurity) ? security : false;
}

/**
 * What a transaction of apt comes to. Pure.
 * @param securityScope apt was left no other archives than those for security
 */
export function effectsOf(packages: readonly Brought[], securityScope = false): PlanEffects {
  const count = (operation: UpgradePackage['operation']): number =>
    packages.filter((one) => one.operation === operation).length;
  const brought = packages.filter(({ operation }) => operation !== 'remove');
  return { removed: count('remove'), added: count('install'), origins: originsOf(brought, securityScope) };
}

function originsOf(brought: readonly Brought[], securityScope: boolean): PlanEffects['origins'] {
  if (brought.length === 0) return 'none';
  const security = brought.map(installedSecurity);
  if (securityScope || security.every((one) => one === true)) return 'security';
  return security.includes(false) ? 'other' : null;
}
