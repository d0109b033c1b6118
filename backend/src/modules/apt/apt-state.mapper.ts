import type {
  AptUpdateAnalyze,
  LeftBackPackage,
  PackageChange,
  PackageOrigin,
  PlanSummary,
  Repository,
} from './contracts/apt-update-analyze.v1';
import type { RememberedHold } from './apt-holds';
import type { AptHoldDto, AptPackageDto, AptRepositoryDto, AptStateDto, PlanCountsDto } from './dto/apt.dto';
import { isMeasured, staleReasonOf } from './apt-verdict';
import { saidIn } from '../../kernel/sentences/said';
import { isIndexOld } from '../machines/index-age';
import { say } from './apt.sentences';

/** What the document does not know: the moment, a setting, and what is remembered of holds. */
export interface StateContext {
  readonly now: Date;
  /** Older package lists make what was measured by them stale. */
  readonly indexStaleDays: number;
  /** By the name of the mark. */
  readonly holds: ReadonlyMap<string, RememberedHold>;
}

/** From the stored document to what the portal shows. What was fresh when it was written ages until it is read. */
export function toAptState(
  snapshot: { readonly id: string; readonly createdAt: Date },
  document: AptUpdateAnalyze,
  { now, indexStaleDays, holds }: StateContext,
): AptStateDto {
  const indexRefreshedAt = dateOf(document.index.last_success_at);
  const staleReason =
    staleReasonOf(document) ??
    (isIndexOld(indexRefreshedAt, now, indexStaleDays) ? say.index_old({ days: indexStaleDays }) : null);
  return {
    snapshotId: snapshot.id,
    analysedAt: snapshot.createdAt,
    status: document.status,
    stale: staleReason !== null,
    staleReason,
    said: saidIn({ staleReason }, ['staleReason']),
    indexRefreshedAt,
    repositories: document.repositories?.map(toRepository) ?? null,
    plans: {
      upgrade: toCounts(document.plans.upgrade),
      upgradeWithNew: toCounts(document.plans.upgrade_with_new),
      distUpgrade: toCounts(document.plans.dist_upgrade),
    },
    packages: packagesOf(document),
    reboot: {
      state: document.reboot.state,
      reasons: document.reboot.reasons.map(({ signal, verdict, detail }) => ({
        kind: signal,
        verdict,
        message: detail,
        said: saidIn({ message: detail }, ['message']),
      })),
      runningKernel: document.reboot.running_kernel,
      expectedKernel: document.reboot.expected_kernel,
      services: document.reboot.services,
    },
    autoremovable: document.autoremovable?.map(({ name }) => name) ?? null,
    holds: document.holds?.map((name) => toHold(name, holds.get(name), now)) ?? null,
    broken: document.dpkg.broken?.map(({ name, state }) => ({ name, state })) ?? null,
    coManagedBy: document.co_management?.units.filter(({ active }) => active).map(({ unit }) => unit) ?? null,
    errors: document.errors.map(({ kind, severity, message, remediation, important_lines }) => ({
      kind,
      severity,
      message,
      remediation,
      said: saidIn({ message, remediation }, ['message', 'remediation']),
      importantLines: important_lines,
    })),
  };
}

function toHold(name: string, remembered: RememberedHold | undefined, now: Date): AptHoldDto {
  const expiresAt = remembered?.expiresAt ?? null;
  return {
    name,
    ours: remembered !== undefined,
    setBy: remembered?.setBy ?? null,
    setAt: remembered?.setAt ?? null,
    note: remembered?.note ?? null,
    expiresAt,
    expired: expiresAt !== null && expiresAt <= now,
  };
}

/** What was found stands there in any case; that nothing was found is told only where it was measured. */
function packagesOf(document: AptUpdateAnalyze): AptPackageDto[] | null {
  if (document.changes === null) return null;
  const packages = toPackages(document.changes, document.left_back ?? []);
  return packages.length > 0 || isMeasured(document) ? packages : null;
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

function toCounts(plan: PlanSummary | null): PlanCountsDto | null {
  if (plan === null) return null;
  const { upgraded, installed, removed, downgraded, security } = plan;
  return { upgrades: upgraded, installs: installed, removals: removed, downgrades: downgraded, security };
}

function toRepository(repository: Repository): AptRepositoryDto {
  const { uri, suite, result, error_kind, error_message } = repository;
  return {
    uri,
    suite,
    origin: originName(repository),
    status: result === 'failed' ? 'error' : result === 'refreshed' || result === 'unchanged' ? 'ok' : 'unknown',
    kind: error_kind,
    message: error_message,
    said: saidIn({ message: error_message }, ['message']),
    lastSuccessAt: dateOf(repository.last_success_at),
  };
}

/** The label says more than the origin: `Debian-Security` beside `Debian`. */
export function originName(
  origin: Pick<PackageOrigin, 'label' | 'origin'> & { readonly site?: string | null },
): string | null {
  return origin.label ?? origin.origin ?? origin.site ?? null;
}

/** One row per package and operation; what a plan leaves stands with its reason in the same row. */
function toPackages(changes: readonly PackageChange[], leftBack: readonly LeftBackPackage[]): AptPackageDto[] {
  const reasons = new Map(leftBack.map((left) => [`${left.name}:${left.arch}`, left]));
  const rows = changes.map((change): AptPackageDto => {
    const key = `${change.name}:${change.arch}`;
    const left = change.operation === 'upgrade' ? reasons.get(key) : undefined;
    if (left !== undefined) reasons.delete(key);
    return { ...changeRow(change), ...reasonOf(left) };
  });
  for (const left of reasons.values()) rows.push(leftRow(left));
  return rows;
}

function changeRow(change: PackageChange): Omit<AptPackageDto, 'reason' | 'reasonDetail' | 'said' | 'phasedPercent'> {
  return {
    name: change.name,
    arch: change.arch,
    currentVersion: change.from_version,
    targetVersion: change.to_version,
    origin: change.origins[0] === undefined ? null : originName(change.origins[0]),
    operation: change.operation,
    security: change.security,
    inUpgrade: change.plans.includes('upgrade'),
    inUpgradeWithNew: change.plans.includes('upgrade_with_new'),
    inDistUpgrade: change.plans.includes('dist_upgrade'),
    downloadBytes: change.download_bytes,
  };
}

function leftRow(left: LeftBackPackage): AptPackageDto {
  return {
    name: left.name,
    arch: left.arch,
    currentVersion: left.installed_version,
    targetVersion: left.available_version,
    origin: left.origins[0] === undefined ? null : originName(left.origins[0]),
    operation: 'hold',
    security: left.security,
    inUpgrade: false,
    inUpgradeWithNew: false,
    inDistUpgrade: false,
    downloadBytes: null,
    ...reasonOf(left),
  };
}

function reasonOf(
  left: LeftBackPackage | undefined,
): Pick<AptPackageDto, 'reason' | 'reasonDetail' | 'said' | 'phasedPercent'> {
  const reasonDetail = left?.detail ?? null;
  return {
    reason: left?.reason ?? null,
    reasonDetail,
    said: saidIn({ reasonDetail }, ['reasonDetail']),
    phasedPercent: left?.phased_percent ?? null,
  };
}
