import { createHash } from 'node:crypto';
import type { PlanEffects } from '../actions/change-action';
import { RISKS, type ActionPlanDocument } from '../contracts/action-plan';

/** A machine of a request with the plan that was made for it. */
export interface PlannedTarget {
  readonly machineId: string;
  readonly planDigest: string;
  readonly plan: ActionPlanDocument;
}

/** What is confirmed of several machines: SHA-256 over `<machine> <digest of its plan>` in byte order, each line ended by a newline. */
export function targetsDigest(targets: readonly Pick<PlannedTarget, 'machineId' | 'planDigest'>[]): string {
  const hash = createHash('sha256');
  const lines = targets.map(({ machineId, planDigest }) => `${machineId} ${planDigest}\n`);
  for (const line of lines.sort()) hash.update(line);
  return hash.digest('hex');
}

/** The highest of all. */
export function riskOfAll(targets: readonly PlannedTarget[]): string {
  return RISKS[Math.max(0, ...targets.map(({ plan }) => RISKS.indexOf(plan.risk)))] ?? 'high';
}

/** Of all machines together. What is not known of one is not known of all, unless another says enough. */
export function effectsOfAll(targets: readonly PlannedTarget[]): PlanEffects {
  const all = targets.map(({ plan }) => plan.effects);
  const sum = (of: (effects: PlanEffects) => number | null): number | null => {
    const known = all.map(of);
    if (known.every((count) => count !== null)) return known.reduce((total, count) => total + count, 0);
    // Whether there are any is what rules ask for.
    const found = known.reduce<number>((total, count) => total + (count ?? 0), 0);
    return found > 0 ? found : null;
  };
  const origins = all.map((effects) => effects.origins);
  return {
    removed: sum(({ removed }) => removed),
    added: sum(({ added }) => added),
    origins: origins.includes('other')
      ? 'other'
      : origins.includes(null)
        ? null
        : origins.includes('security')
          ? 'security'
          : 'none',
  };
}

/** One effect, and the machines that have it. */
export interface SharedEffect {
  readonly line: string;
  readonly machineIds: readonly string[];
}

/** Equal lines of several machines together, in byte order; what only names the machine itself is left out. */
export function sharedEffects(targets: readonly PlannedTarget[]): SharedEffect[] {
  const byLine = new Map<string, string[]>();
  for (const { machineId, plan } of targets) {
    for (const line of plan.lines) {
      if (line === `machine ${machineId}`) continue;
      const known = byLine.get(line);
      if (known === undefined) byLine.set(line, [machineId]);
      else known.push(machineId);
    }
  }
  return [...byLine].sort(([a], [b]) => (a < b ? -1 : 1)).map(([line, machineIds]) => ({ line, machineIds }));
}
