import type { LineFacts } from './plan-details';
import type { PlannedPackage } from './plan-lines';

export type PlanGroupKey = 'security' | 'removed' | 'other';

export interface PlanGroup {
  readonly key: PlanGroupKey;
  readonly packages: readonly PlannedPackage[];
}

const KEYS: readonly PlanGroupKey[] = ['security', 'removed', 'other'];

/** Packages of a plan in the order in which they matter: security, removed, other. Pure. */
export function planGroups(packages: readonly PlannedPackage[], facts: ReadonlyMap<string, LineFacts>): PlanGroup[] {
  const lists: Record<PlanGroupKey, PlannedPackage[]> = { security: [], removed: [], other: [] };
  for (const one of packages) {
    const fixes = one.operation !== 'remove' && facts.get(one.line)?.security === true;
    lists[one.operation === 'remove' ? 'removed' : fixes ? 'security' : 'other'].push(one);
  }
  return KEYS.flatMap((key) => (lists[key].length === 0 ? [] : [{ key, packages: lists[key].sort(byName) }]));
}

/** How many packages each operation concerns. Pure. */
export function planCounts(packages: readonly PlannedPackage[]): Readonly<Record<PlannedPackage['operation'], number>> {
  const counts = { upgrade: 0, install: 0, remove: 0, downgrade: 0 };
  for (const { operation } of packages) {
    counts[operation]++;
  }
  return counts;
}

function byName(a: PlannedPackage, b: PlannedPackage): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : (a.arch ?? '') < (b.arch ?? '') ? -1 : 1;
}
