import type { Meanwhile } from '../external/meanwhile';
import type { AppliedCounts, AppliedPackage } from '../contracts/apt-upgrade-result.v5';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { compareVersions } from '../parsers/debian-version';
import { packageState, type PackageState } from '../parsers/dpkg';
import { linesOf, ParseError } from '../parsers/parse-error';

interface InstalledPackage {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  /** Null: not known. */
  readonly state: PackageState | null;
}

/** An installed package, by `name:arch`. */
export type Inventory = ReadonlyMap<string, InstalledPackage>;

/**
 * Reads the facts `before` and `after`: status, package, version and architecture of dpkg. Removed ones (with or without
 * their configuration) do not count; half installed ones do.
 * @throws ParseError on an unknown row or state, or when there is none
 */
export function parseInventory(text: string): Inventory {
  const inventory = new Map<string, InstalledPackage>();
  for (const line of linesOf(text)) {
    const [status = '', binary = '', version = '', arch = ''] = line.split('\t');
    if (binary === '' || arch === '') throw new ParseError('inventory', 'unknown row', line);
    if (/^.[nc]/.test(status) || version === '') continue;
    const state = packageState(status);
    if (state === undefined) throw new ParseError('inventory', 'unknown state', line);
    const name = binary.replace(/:.*/, '');
    inventory.set(`${name}:${arch}`, { name, arch, version, state });
  }
  if (inventory.size === 0) throw new ParseError('inventory', 'no package');
  return inventory;
}

/**
 * The inventories before and after a run as they would be had nobody else changed a package meanwhile. `whole`: the run ended
 * well, so that dpkg had finished with what it brought, whoever went over it later.
 */
export function withoutOthers(
  before: Inventory,
  after: Inventory,
  { ours, others }: Meanwhile,
  whole: boolean,
): readonly [Inventory, Inventory] {
  const [was, is] = [new Map(before), new Map(after)];
  for (const step of others) {
    const arch = before.has(`${step.name}:all`) || after.has(`${step.name}:all`) ? 'all' : step.arch;
    const key = `${step.name}:${arch}`;
    const done = ours.filter((own) => own.name === step.name && (own.arch === step.arch || own.arch === arch));
    const [first, last] = [done[0], done.at(-1)];
    if (first === undefined || last === undefined) {
      put(is, key, before.get(key));
      continue;
    }
    const [old, now] = [before.get(key), after.get(key)];
    const state = now?.version === last.to ? now.state : whole ? 'installed' : null;
    put(
      was,
      key,
      first.from === null ? undefined : { name: step.name, arch, version: first.from, state: old?.state ?? null },
    );
    put(is, key, last.to === null ? undefined : { name: step.name, arch, version: last.to, state });
  }
  return [was, is];
}

function put(inventory: Map<string, InstalledPackage>, key: string, entry: InstalledPackage | undefined): void {
  if (entry === undefined) inventory.delete(key);
  else inventory.set(key, entry);
}

/** What changed between two inventories, and what was planned but did not happen. */
export function appliedPackages(
  before: Inventory,
  after: Inventory,
  planned: readonly UpgradePackage[],
): AppliedPackage[] {
  const applied: AppliedPackage[] = [];
  const seen = new Set<UpgradePackage>();
  for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const from = before.get(key);
    const to = after.get(key);
    const found = to ?? from;
    if (found === undefined) continue;
    if (from?.version === to?.version) continue;
    const plan = planned.find((entry) => isOf(entry, found));
    if (plan !== undefined) seen.add(plan);
    applied.push({
      name: found.name,
      arch: found.arch,
      operation: operationOf(from?.version ?? null, to?.version ?? null),
      from_version: from?.version ?? null,
      to_version: to?.version ?? null,
      origin: to === undefined ? null : (plan?.origin ?? null),
      planned: plan !== undefined,
      as_planned: plan?.to_version === (to?.version ?? null) && (to === undefined || to.state === 'installed'),
      state: to?.state ?? null,
    });
  }
  return [...applied, ...planned.filter((plan) => !seen.has(plan)).map((plan) => unchanged(plan, before, after))];
}

/**
 * What was there before a run whose own record is lost, as its confirmed plan has it. What nobody planned counts as it is now:
 * whether it changed is not known.
 */
export function plannedBefore(after: Inventory, planned: readonly UpgradePackage[]): Inventory {
  const before = new Map([...after].filter(([, found]) => !planned.some((plan) => isOf(plan, found))));
  for (const plan of planned) {
    const now = [...after.values()].find((found) => isOf(plan, found));
    const arch = plan.arch ?? now?.arch ?? 'unknown';
    if (plan.from_version !== null)
      before.set(`${plan.name}:${arch}`, { name: plan.name, arch, version: plan.from_version, state: 'installed' });
  }
  return before;
}

function unchanged(plan: UpgradePackage, before: Inventory, after: Inventory): AppliedPackage {
  const installed = [...before.values()].find((entry) => isOf(plan, entry));
  const now = [...after.values()].find((entry) => isOf(plan, entry));
  return {
    name: plan.name,
    arch: plan.arch ?? installed?.arch ?? 'unknown',
    operation: 'unchanged',
    from_version: installed?.version ?? null,
    to_version: installed?.version ?? null,
    origin: null,
    planned: true,
    as_planned: false,
    state: now?.state ?? null,
  };
}

/** A package may change between an architecture of its own and `all`, which dpkg sees as the same package. */
function isOf(plan: UpgradePackage, { name, arch }: { name: string; arch: string }): boolean {
  return plan.name === name && (plan.arch === null || plan.arch === arch);
}

function operationOf(from: string | null, to: string | null): AppliedPackage['operation'] {
  if (from === null) return 'installed';
  if (to === null) return 'removed';
  return compareVersions(to, from) < 0 ? 'downgraded' : 'upgraded';
}

export function appliedCounts(packages: readonly AppliedPackage[]): AppliedCounts {
  const counts = { upgraded: 0, installed: 0, removed: 0, downgraded: 0, unchanged: 0 };
  for (const { operation } of packages) counts[operation] += 1;
  const planned = packages.filter((entry) => entry.planned);
  return {
    ...counts,
    planned: planned.length,
    as_planned: planned.filter(({ as_planned }) => as_planned).length,
    unplanned: packages.length - planned.length,
  };
}
