import type { PolicyDocument } from '../../src/modules/automation/contracts/schedule-documents';

/** Upgrades from archives for security, and nothing else. */
export const STRICT_POLICY: PolicyDocument = {
  archives: 'security',
  origins: null,
  packages: null,
  excluded_packages: [],
  removals: false,
  new_packages: false,
  downgrades: false,
  accepted: [],
};
