import type { Records, Relations } from '../parsers/records';
import { meets, type Relation } from '../parsers/relations';
import type { Simulation } from '../parsers/simulation';
import { splitName } from './changes';

/**
 * Tells which new packages or removals one left-back package waits for. The plans only say what happens altogether; the
 * dependency fields of the packages concerned connect the two.
 */
export class Needs {
  private readonly targets: Map<string, Relations>;
  private readonly removed: Relations[];

  /**
   * @param planned relations of everything that plain `upgrade` leaves
   * @param installed relations of what would be removed
   */
  constructor(planned: Records | null, installed: Records | null) {
    this.targets = new Map((planned?.relations ?? []).map((relations) => [relations.name, relations]));
    this.removed = installed?.relations ?? [];
  }

  /** Packages that would be newly installed for `name` when `plan` runs. */
  newPackages(name: string, plan: Simulation): string[] {
    const fresh = new Set(
      plan.changes
        .filter((change) => change.operation === 'put' && change.from === null)
        .map((change) => splitName(change.name).name),
    );
    return this.reachable(name)
      .map((relations) => relations.name)
      .filter((found) => fresh.has(found))
      .sort();
  }

  /** Packages that would be removed for `name`. */
  removals(name: string): string[] {
    const causes = this.reachable(name);
    const found = new Set(
      this.removed.filter((victim) => causes.some((cause) => excludes(cause, victim))).map((victim) => victim.name),
    );
    // What needs a removed package goes with it.
    let size = -1;
    while (size !== found.size) {
      size = found.size;
      for (const victim of this.removed) {
        if (victim.depends.some((alternatives) => alternatives.some((relation) => found.has(relation.name))))
          found.add(victim.name);
      }
    }
    return [...found].sort();
  }

  /** The package itself and every other left one that its new version pulls in. */
  private reachable(name: string): Relations[] {
    const seen = new Map<string, Relations>();
    const queue = [splitName(name).name];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const relations = this.targets.get(next);
      if (relations === undefined || seen.has(next)) continue;
      seen.set(next, relations);
      for (const requirement of relations.depends.flat()) queue.push(...this.providersOf(requirement));
    }
    return [...seen.values()];
  }

  private providersOf(requirement: Relation): string[] {
    if (this.targets.has(requirement.name)) return [requirement.name];
    return [...this.targets.values()]
      .filter((target) => target.provides.some((provided) => provided.name === requirement.name))
      .map((target) => target.name);
  }
}

/** Whether `cause`, at its new version, cannot stand beside `victim` as installed. */
function excludes(cause: Relations, victim: Relations): boolean {
  const conflict = (from: Relations, other: Relations): boolean =>
    from.conflicts.some(
      (relation) =>
        meets(relation, other.name, other.version) ||
        other.provides.some((provided) => meets(relation, provided.name, provided.version)),
    );
  const broken = victim.depends.some((alternatives) =>
    alternatives.every((relation) => relation.name === cause.name && !meets(relation, cause.name, cause.version)),
  );
  return conflict(cause, victim) || conflict(victim, cause) || broken;
}
