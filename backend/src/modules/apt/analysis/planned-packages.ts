import type {
  AptUpdateAnalyze,
  LeftBackPackage,
  LeftBackReason,
  PackageChange,
  PackageOrigin,
} from '../contracts/apt-update-analyze.v1';

/** A row of `apt_planned_packages` without its ids. */
export interface PlannedPackage {
  mode: 'upgrade' | 'dist_upgrade';
  name: string;
  arch: string;
  current_version: string | null;
  target_version: string | null;
  origin: string | null;
  /** A downgrade is an `upgrade` to a lower version; a package that the mode leaves back is a `hold`, with its reason. */
  operation: 'upgrade' | 'install' | 'remove' | 'hold';
  downgrade: boolean;
  security: boolean | null;
  reason: LeftBackReason | null;
  detail: string | null;
  /** Equal for the same step of the same package, on any machine, at any time. */
  dedup_key: string;
}

const MODES = ['upgrade', 'dist_upgrade'] as const;

function originName(origins: readonly PackageOrigin[]): string | null {
  // The archive that makes it a security update says more than the mirror that also has it.
  const origin = origins.find(({ security }) => security) ?? origins[0];
  return origin === undefined ? null : (origin.label ?? origin.origin ?? origin.site);
}

function changeRow(change: PackageChange, mode: PlannedPackage['mode']): PlannedPackage {
  const operation = change.operation === 'downgrade' ? 'upgrade' : change.operation;
  return {
    mode,
    name: change.name,
    arch: change.arch,
    current_version: change.from_version,
    target_version: change.to_version,
    origin: originName(change.origins),
    operation,
    downgrade: change.operation === 'downgrade',
    security: change.security,
    reason: null,
    detail: null,
    dedup_key: [operation, change.name, change.arch, change.from_version ?? '', change.to_version ?? ''].join('|'),
  };
}

function holdRow(left: LeftBackPackage, mode: PlannedPackage['mode']): PlannedPackage {
  return {
    mode,
    name: left.name,
    arch: left.arch,
    current_version: left.installed_version,
    target_version: left.available_version,
    origin: originName(left.origins),
    operation: 'hold',
    downgrade: false,
    security: left.security,
    reason: left.reason,
    detail: left.detail,
    dedup_key: ['hold', left.name, left.arch, left.installed_version, left.available_version].join('|'),
  };
}

/** Rows of `apt_planned_packages`, for plain `upgrade` and for `dist_upgrade`. Nothing measured: no rows. */
export function plannedPackages(document: AptUpdateAnalyze): PlannedPackage[] {
  return MODES.flatMap((mode) => [
    ...(document.changes ?? [])
      .filter((change) => change.plans.includes(mode))
      .map((change) => changeRow(change, mode)),
    ...(document.left_back ?? []).filter((left) => left.left_by.includes(mode)).map((left) => holdRow(left, mode)),
  ]);
}
