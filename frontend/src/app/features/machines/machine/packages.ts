import type { AptPackageDto, AptStateDto, MachineDetailDto } from '../../../api/models';
import type { IconName } from '../../../ui/icons';

export type Mode = 'security' | 'upgrade' | 'withNew' | 'full';
export type Reason = NonNullable<AptPackageDto['reason']>;

export const MODES: readonly Mode[] = ['security', 'upgrade', 'withNew', 'full'];

/** By which machines of a kind are upgraded: a Proxmox host only ever as a whole. The same as `transaction_usual_mode` on the machine. */
export function usualMode(kind: MachineDetailDto['machineKind'] | undefined): Mode {
  return kind === 'proxmox_host' ? 'full' : 'withNew';
}

export const REASON_ICON: Readonly<Record<Reason, IconName>> = {
  held: 'pin',
  phased: 'pie',
  pinned: 'ban',
  needs_new_packages: 'plus',
  needs_removals: 'minus',
  not_installable: 'ban',
  unexplained: 'unknown',
};

/** Whether a mode would touch a package. Security takes what the upgrade with new packages would, from security archives. */
export function inMode(pack: AptPackageDto, mode: Mode): boolean {
  switch (mode) {
    case 'security':
      return pack.security === true && pack.inUpgradeWithNew;
    case 'upgrade':
      return pack.inUpgrade;
    case 'withNew':
      return pack.inUpgradeWithNew;
    case 'full':
      return pack.inDistUpgrade;
  }
}

export interface ModeCount {
  readonly mode: Mode;
  /** Null: this plan was not measured. */
  readonly changes: number | null;
  readonly removals: number;
}

/** What each mode would do, as the plans say it. */
export function modeCounts(plans: AptStateDto['plans']): ModeCount[] {
  const changes = (plan: AptStateDto['plans']['upgrade']): number | null =>
    plan === null ? null : plan.upgrades + plan.installs + plan.downgrades;
  return [
    { mode: 'security', changes: plans.upgradeWithNew?.security ?? null, removals: 0 },
    { mode: 'upgrade', changes: changes(plans.upgrade), removals: 0 },
    { mode: 'withNew', changes: changes(plans.upgradeWithNew), removals: 0 },
    { mode: 'full', changes: changes(plans.distUpgrade), removals: plans.distUpgrade?.removals ?? 0 },
  ];
}

export type PackageGroupKey = 'security' | 'removed' | 'other' | 'left';

export interface PackageGroup {
  readonly key: PackageGroupKey;
  readonly packages: readonly AptPackageDto[];
}

/**
 * Packages in the order in which they matter: security, removed, other updates, left back. Left back is whatever has a
 * newer version that this mode does not bring; a removal or a new package that belongs to another mode is not listed.
 */
export function groupPackages(packages: readonly AptPackageDto[], mode: Mode, filter: string): PackageGroup[] {
  const wanted = filter.trim().toLowerCase();
  const lists: Record<PackageGroupKey, AptPackageDto[]> = { security: [], removed: [], other: [], left: [] };
  for (const pack of packages) {
    const fits = wanted === '' || `${pack.name} ${pack.origin ?? ''}`.toLowerCase().includes(wanted);
    const key = fits ? groupKey(pack, mode) : null;
    if (key !== null) {
      lists[key].push(pack);
    }
  }
  const keys: readonly PackageGroupKey[] = ['security', 'removed', 'other', 'left'];
  return keys.flatMap((key) => (lists[key].length === 0 ? [] : [{ key, packages: lists[key].sort(byName) }]));
}

function groupKey(pack: AptPackageDto, mode: Mode): PackageGroupKey | null {
  if (inMode(pack, mode)) {
    return pack.operation === 'remove' ? 'removed' : pack.security ? 'security' : 'other';
  }
  return pack.operation === 'remove' || pack.operation === 'install' ? null : 'left';
}

function byName(a: AptPackageDto, b: AptPackageDto): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The weakest mode that would bring a package that this one leaves; null when none does. */
export function freedBy(pack: AptPackageDto, mode: Mode): Mode | null {
  return MODES.slice(MODES.indexOf(mode) + 1).find((one) => inMode(pack, one)) ?? null;
}
