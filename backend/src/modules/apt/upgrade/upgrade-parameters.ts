import type { JsonSchema } from '../../jobs/actions/job-action';
import type { PlanName } from '../contracts/apt-update-analyze.v1';
import type { AptUpgradeScope } from '../contracts/apt-upgrade-plan.v2';

/** Which transaction it is. */
export interface UpgradeParameters {
  /** Absent: what the kind of the machine is upgraded by, which the plan finds out on the machine itself and names. */
  readonly mode?: PlanName;
  readonly scope: AptUpgradeScope;
  readonly packages: readonly string[];
}

export const UPGRADE_PARAMETERS: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    mode: {
      type: 'string',
      enum: ['upgrade', 'upgrade_with_new', 'dist_upgrade'],
      description:
        'What apt may do: upgrade only, install new packages too, or also remove some. Without it the kind of the machine decides: ' +
        'a Proxmox host may only be upgraded as a whole, others get new packages too.',
    },
    scope: {
      type: 'string',
      enum: ['all', 'security', 'packages'],
      default: 'all',
      description: 'Everything, what the security archives offer, or the packages that are named.',
    },
    packages: {
      type: 'array',
      default: [],
      maxItems: 500,
      uniqueItems: true,
      items: { type: 'string', pattern: '^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$', maxLength: 200 },
      description: 'Names for the scope `packages`; empty for the others.',
    },
  },
  // Read before defaults are filled in.
  if: { properties: { scope: { const: 'packages' } }, required: ['scope'] },
  then: { properties: { packages: { type: 'array', minItems: 1 } }, required: ['packages'] },
  else: { properties: { packages: { type: 'array', maxItems: 0 } } },
};

/** What `apt-transaction.sh` goes by. */
export function transactionParameters(
  machineId: string,
  { mode, scope, packages }: UpgradeParameters,
): Record<string, string> {
  return { MACHINE_ID: machineId, MODE: mode ?? '', SCOPE: scope, PACKAGES: packages.join(' ') };
}
