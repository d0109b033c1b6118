import type { AptUpdateAnalyze, AptUpdateAnalyzeImportant, PackageChange } from './apt-update-analyze.v1';

const isSecurityUpdate = (change: PackageChange): change is PackageChange & { to_version: string } =>
  change.security === true && change.to_version !== null && change.plans.includes('dist_upgrade');

/** The reduced form of an analysis (`important_json`): counts, security, reasons, reboot, failures. */
export function importantApt(document: AptUpdateAnalyze): AptUpdateAnalyzeImportant {
  const { contract, schema_version, status, complete, measured_at, index, counts, plans, changes, left_back, reboot } =
    document;
  return {
    contract,
    schema_version,
    status,
    complete,
    measured_at,
    refreshed: document.refresh.refreshed,
    index,
    counts,
    plans,
    security:
      changes
        ?.filter(isSecurityUpdate)
        .map(({ name, from_version, to_version }) => ({ name, from_version, to_version })) ?? null,
    left_back: left_back?.map(({ name, reason, detail, security }) => ({ name, reason, detail, security })) ?? null,
    removals:
      changes
        ?.filter(({ operation, plans: taking }) => operation === 'remove' && taking.includes('dist_upgrade'))
        .map(({ name }) => name) ?? null,
    reboot: {
      state: reboot.state,
      details: reboot.reasons
        .filter(({ verdict }) => verdict === 'needed' || verdict === 'cannot_tell')
        .map(({ detail }) => detail),
      packages: reboot.packages,
    },
    failed_repositories:
      document.repositories
        ?.filter(({ error_kind }) => error_kind !== null)
        .map(({ uri, suite, error_kind }) => ({ uri, suite, error_kind })) ?? null,
    errors: document.errors.map(({ kind, severity, message, subject }) => ({ kind, severity, message, subject })),
  };
}
