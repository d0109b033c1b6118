import type {
  AptUpdateAnalyze,
  ChangeOperation,
  LeftBackPackage,
  LeftBackReason,
  PackageChange,
  PackageOrigin,
  PlanName,
} from '../contracts/apt-update-analyze.v1';

/** A row of `apt_planned_packages` without its ids. */
export interface PlannedPackage {
  mode: PlanName;
  name: string;
  arch: string;
  current_version: string | null;
  target_version: string | null;
  origin: string | null;
  /** A package that the mode leaves back is a `hold`, with its reason. */
  operation: ChangeOperation | 'hold';
  security: boolean | null;
  reason: LeftBackReason | null;
  detail: string | null;
  /** `operation|name|arch|from|to`: equal for the same step of the same package, on any machine, by any plan, at any time. */
  dedup_key: string;
}

const MODES: readonly PlanName[] = ['upgrade', 'upgrade_with_new', 'dist_upgrade'];

function originName(origins: readonly PackageOrigin[]): string | null {
  // The archive that makes it a security update says more than the mirror that also has it.
  const origin = origins.find(({ security }) => security) ?? origins[0];
  return origin === undefined ? null : (origin.label ?? origin.origin ?? origin.site);
}

function changeRow(change: PackageChange, mode: PlannedPackage['mode']): PlannedPackage {
  const { operation } = change;
  return {
    mode,
    name: change.name,
    arch: change.arch,
    current_version: change.from_version,
    target_version: change.to_version,
    origin: originName(change.origins),
    operation,
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
    security: left.security,
    reason: left.reason,
    detail: left.detail,
    dedup_key: ['hold', left.name, left.arch, left.installed_version, left.available_version].join('|'),
  };
}

/** Rows of `apt_planned_packages`, for each of the three plans. Nothing measured: no rows. */
export function plannedPackages(document: AptUpdateAnalyze): PlannedPackage[] {
  return MODES.flatMap((mode) => [
    ...(document.changes ?? [])
      .filter((change) => change.plans.includes(mode))
      .map((change) => changeRow(change, mode)),
    ...(document.left_back ?? []).filter((left) => left.left_by.includes(mode)).map((left) => holdRow(left, mode)),
  ]);
}
