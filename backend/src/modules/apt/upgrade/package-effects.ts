import type { PackageEffect } from '../../jobs/actions/change-action';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { installedSecurity } from './plan-effects';

/** What the details of a plan say of packages: every plan that changes some lists them alike. */
export function packageEffects(details: object): PackageEffect[] {
  const { packages } = details as { readonly packages: readonly UpgradePackage[] };
  return packages.map((one) => {
    return { operation: one.operation, name: one.name, origin: one.origin, security: installedSecurity(one) };
  });
}
