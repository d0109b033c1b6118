import type { ChangeOperation, PackageChange, PlanName, PlanSummary } from '../contracts/apt-update-analyze.v1';
import { compareVersions } from '../parsers/debian-version';
import type { PackageRecord, Records } from '../parsers/records';
import type { SimulatedChange, Simulation } from '../parsers/simulation';
import type { OriginIndex } from './origins';

export const PLAN_NAMES: readonly PlanName[] = ['upgrade', 'upgrade_with_new', 'dist_upgrade'];

export type Plans = Record<PlanName, Simulation | null>;

/** `name:arch` of apt, where the native architecture is left out. */
export function splitName(name: string): { name: string; arch: string | null } {
  const colon = name.indexOf(':');
  return colon === -1 ? { name, arch: null } : { name: name.slice(0, colon), arch: name.slice(colon + 1) };
}

/** Finds records by apt's name of a package and its version. */
export class RecordIndex {
  private readonly planned = new Map<string, PackageRecord>();
  private readonly installed = new Map<string, PackageRecord>();

  constructor(
    planned: Records | null,
    installed: Records | null,
    private readonly nativeArch: string | null,
  ) {
    for (const record of planned?.planned ?? [])
      this.planned.set(`${record.name} ${record.version} ${record.arch}`, record);
    for (const record of installed?.planned ?? []) this.installed.set(`${record.name} ${record.arch}`, record);
  }

  ofTarget(name: string, version: string, arch: string): PackageRecord | null {
    return this.planned.get(`${splitName(name).name} ${version} ${arch}`) ?? null;
  }

  ofInstalled(name: string): PackageRecord | null {
    const split = splitName(name);
    const arch = split.arch ?? this.nativeArch;
    return this.installed.get(`${split.name} ${arch ?? ''}`) ?? this.installed.get(`${split.name} all`) ?? null;
  }

  /** Architecture of an installed package; apt leaves it out of removals and policies. */
  archOf(name: string): string {
    return this.ofInstalled(name)?.arch ?? splitName(name).arch ?? this.nativeArch ?? 'unknown';
  }
}

function operationOf({ operation, from, to }: SimulatedChange): ChangeOperation {
  if (operation === 'remove' || to === null) return 'remove';
  if (from === null) return 'install';
  return compareVersions(to, from) < 0 ? 'downgrade' : 'upgrade';
}

/** Growth of the disk in bytes; null: a size is not known. */
export function diskBytes(
  operation: ChangeOperation,
  after: PackageRecord | null,
  before: PackageRecord | null,
): number | null {
  const grown = operation === 'remove' ? 0 : (after?.installedBytes ?? null);
  const freed = operation === 'install' ? 0 : (before?.installedBytes ?? null);
  return grown === null || freed === null ? null : grown - freed;
}

function packageChange(change: SimulatedChange, records: RecordIndex, origins: OriginIndex): PackageChange {
  const operation = operationOf(change);
  const arch = change.arch ?? records.archOf(change.name);
  const after = change.to === null ? null : records.ofTarget(change.name, change.to, arch);
  const before = change.from === null ? null : records.ofInstalled(change.name);
  return {
    name: splitName(change.name).name,
    arch,
    operation,
    from_version: change.from,
    to_version: change.to,
    origins: change.to === null ? [] : origins.ofTarget(change.name, change.to, change.origins),
    security: change.to === null ? false : origins.securityBetween(change.name, change.from, change.to, change.origins),
    // The index leaves Source out where it is the package's own name.
    source: after === null ? (before?.source ?? null) : (after.source ?? after.name),
    download_bytes: operation === 'remove' ? 0 : (after?.downloadBytes ?? null),
    disk_bytes: diskBytes(operation, after, before),
    plans: [],
  };
}

/** All operations of the plans, each once, with the plans that contain it. Null when no plan could be made. */
export function changesOf(plans: Plans, records: RecordIndex, origins: OriginIndex): PackageChange[] | null {
  if (PLAN_NAMES.every((plan) => plans[plan] === null)) return null;
  const changes = new Map<string, PackageChange>();
  for (const plan of PLAN_NAMES) {
    for (const simulated of plans[plan]?.changes ?? []) {
      const key = `${simulated.name} ${simulated.from ?? ''} ${simulated.to ?? ''}`;
      const change = changes.get(key) ?? packageChange(simulated, records, origins);
      change.plans.push(plan);
      changes.set(key, change);
    }
  }
  return [...changes.values()];
}

const sum = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0);

/** Null where of one of them it is not known. */
function securityOf(changes: readonly PackageChange[]): number | null {
  return changes.some(({ security }) => security === null)
    ? null
    : changes.filter(({ security }) => security === true).length;
}

/** Of the packages that a plan upgrades, those that security archives have a newer version of. A new package is no update. */
export function securityUpdates(plan: PlanName, changes: readonly PackageChange[]): number | null {
  return securityOf(changes.filter(({ operation, plans }) => operation === 'upgrade' && plans.includes(plan)));
}

/** The numbers of one plan. `leftBack` null: not measured. */
export function planSummary(plan: PlanName, changes: readonly PackageChange[], leftBack: number | null): PlanSummary {
  const own = changes.filter((change) => change.plans.includes(plan));
  const count = (operation: ChangeOperation): number => own.filter((change) => change.operation === operation).length;
  return {
    upgraded: count('upgrade'),
    installed: count('install'),
    removed: count('remove'),
    downgraded: count('downgrade'),
    security: securityOf(own),
    left_back: leftBack,
    download_bytes: sum(own.map((change) => change.download_bytes)),
    disk_bytes: sum(own.map((change) => change.disk_bytes)),
  };
}
