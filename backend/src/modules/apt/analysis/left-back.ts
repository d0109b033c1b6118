import type { LeftBackPackage, LeftBackReason, PlanName } from '../contracts/apt-update-analyze.v1';
import { compareVersions } from '../parsers/debian-version';
import type { Explanation } from '../parsers/explanations';
import type { PolicyPackage, PolicyVersion } from '../parsers/policy';
import type { SimulatedChange, Simulation } from '../parsers/simulation';
import { PLAN_NAMES, type RecordIndex, splitName } from './changes';
import type { Needs } from './needs';
import type { OriginIndex } from './origins';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../apt.sentences';

export interface LeftBackContext {
  packages: readonly PolicyPackage[];
  holds: ReadonlySet<string>;
  plans: Record<PlanName, Simulation>;
  /** `dist-upgrade` with phasing set aside; null: not measured. */
  withoutPhasing: Simulation | null;
  /** Of the packages that apt was asked about; null: not read. */
  explanations: readonly Explanation[] | null;
  /** Priority that a source's versions have when no preference speaks of them. */
  naturalPriorities: ReadonlyMap<string, number>;
  records: RecordIndex;
  origins: OriginIndex;
  needs: Needs;
}

interface Finding {
  reason: LeftBackReason;
  detail: Sentence;
  needs?: string[];
  phasedPercent?: number | null;
  evidence?: string[];
}

const list = (names: readonly string[]): string => names.join(', ');

type Takes = Map<string, SimulatedChange>;

function takesOf(plan: Simulation | null): Takes {
  return new Map((plan?.changes ?? []).map((change) => [change.name, change]));
}

/** Finds the reason for every package that a plan leaves below a version it knows. */
export class LeftBackFinder {
  private readonly takes: Record<PlanName, Takes>;
  private readonly takesWithoutPhasing: Takes;
  private readonly deferred: ReadonlySet<string>;
  private readonly explanations: Map<string, Explanation>;

  constructor(private readonly context: LeftBackContext) {
    const { plans } = context;
    this.takes = {
      upgrade: takesOf(plans.upgrade),
      upgrade_with_new: takesOf(plans.upgrade_with_new),
      dist_upgrade: takesOf(plans.dist_upgrade),
    };
    this.takesWithoutPhasing = takesOf(context.withoutPhasing);
    this.deferred = new Set(plans.dist_upgrade.deferred);
    this.explanations = new Map(context.explanations?.map((explanation) => [explanation.name, explanation]));
  }

  all(): LeftBackPackage[] {
    return this.context.packages.flatMap((entry) => this.ofPackage(entry) ?? []);
  }

  private ofPackage(entry: PolicyPackage): LeftBackPackage | null {
    const { installed, candidate } = entry;
    if (installed === null) return null;
    if (candidate !== null && compareVersions(candidate, installed) > 0) {
      const leftBy = PLAN_NAMES.filter((plan) => !this.takes[plan].has(entry.name));
      if (leftBy.length > 0) return this.row(entry, installed, candidate, leftBy, this.whyNotPlanned(entry, candidate));
    }
    const withheld = this.withheldVersion(entry, candidate ?? installed);
    if (withheld === null) return null;
    return this.row(entry, installed, withheld.version, [...PLAN_NAMES], this.whyNotChosen(entry, withheld));
  }

  /** The newest version above the chosen one that a preference withholds. */
  private withheldVersion(entry: PolicyPackage, chosen: string): PolicyVersion | null {
    const newer = entry.versions.filter(
      (version) =>
        compareVersions(version.version, chosen) > 0 &&
        compareVersions(version.version, entry.installed ?? chosen) > 0 &&
        !this.holdsBackByItself(version),
    );
    return newer.reduce<PolicyVersion | null>(
      (newest, version) => (newest === null || compareVersions(version.version, newest.version) > 0 ? version : newest),
      null,
    );
  }

  /** Backports and experimental ask not to be used automatically: a newer version there is an offer, not a left update. */
  private holdsBackByItself(version: PolicyVersion): boolean {
    const natural = version.sources.map(({ key }) => this.context.naturalPriorities.get(key) ?? 500);
    return natural.length > 0 && natural.every((priority) => priority < 500);
  }

  private whyNotChosen(entry: PolicyPackage, version: PolicyVersion): Finding {
    const origins = this.context.origins.ofVersion(version);
    if (
      version.priority < 0 &&
      origins.length > 0 &&
      origins.every((origin) => origin.origin?.startsWith('UbuntuESM') === true)
    ) {
      return {
        reason: 'not_installable',
        detail: say.pro_only({ version: version.version }),
      };
    }
    const why = whyWithheld(entry, version);
    const held = this.context.holds.has(entry.name);
    return { reason: 'pinned', detail: held ? say.also_held({ why }) : why };
  }

  private whyNotPlanned(entry: PolicyPackage, candidate: string): Finding {
    if (this.context.holds.has(entry.name)) return { reason: 'held', detail: say.held() };
    if (this.takes.dist_upgrade.get(entry.name)?.operation === 'put') return this.whyOnlyLarger(entry.name);
    if (this.takes.dist_upgrade.has(entry.name)) {
      return {
        reason: 'needs_removals',
        detail: say.removes_itself(),
        needs: [splitName(entry.name).name],
      };
    }
    return this.phased(entry, candidate) ?? this.explained(entry.name);
  }

  private whyOnlyLarger(name: string): Finding {
    const { plans, needs } = this.context;
    if (this.takes.upgrade_with_new.get(name)?.operation === 'put')
      return this.needsNew(needs.newPackages(name, plans.upgrade_with_new));
    const removals = needs.removals(name);
    if (removals.length > 0) return this.needsRemovals(removals);
    const all = plans.dist_upgrade.changes
      .filter((change) => change.operation === 'remove')
      .map((change) => change.name);
    if (all.length > 0)
      return {
        ...this.needsRemovals(all),
        detail: say.removes_altogether({ packages: list(all) }),
      };
    return this.needsNew(needs.newPackages(name, plans.dist_upgrade));
  }

  private needsNew(names: string[]): Finding {
    const detail = names.length > 0 ? say.needs_named({ packages: list(names) }) : say.needs_some();
    return { reason: 'needs_new_packages', detail, needs: names };
  }

  private needsRemovals(names: string[]): Finding {
    return {
      reason: 'needs_removals',
      detail: say.needs_removals({ packages: list(names) }),
      needs: names,
    };
  }

  /** Phased is what becomes possible by setting phasing aside, or what apt lists under its own heading. */
  private phased(entry: PolicyPackage, candidate: string): Finding | null {
    if (!this.takesWithoutPhasing.has(entry.name) && !this.deferred.has(entry.name)) return null;
    const percent = entry.versions.find((version) => version.version === candidate)?.phasedPercent ?? null;
    return {
      reason: 'phased',
      detail: percent === null ? say.phased() : say.phased_at({ percent }),
      phasedPercent: percent,
    };
  }

  private explained(name: string): Finding {
    const explanation = this.explanations.get(name);
    // The machine asks about so many only: of the others apt said nothing, as nobody asked.
    if (explanation === undefined && this.context.explanations !== null)
      return { reason: 'unexplained', detail: say.not_asked({ asked: this.explanations.size }) };
    if (explanation?.refused === true) {
      const [first] = explanation.reasons;
      const detail = first === undefined ? say.not_installable() : say.not_installable_because({ reason: first });
      return { reason: 'not_installable', detail, evidence: explanation.reasons };
    }
    if (explanation !== undefined && explanation.removes.length > 0) return this.needsRemovals(explanation.removes);
    if (explanation !== undefined && explanation.installs.length > 0) return this.needsNew(explanation.installs);
    return { reason: 'unexplained', detail: say.unexplained() };
  }

  private row(
    entry: PolicyPackage,
    installed: string,
    available: string,
    leftBy: PlanName[],
    finding: Finding,
  ): LeftBackPackage {
    const { origins, records } = this.context;
    const pinned = finding.reason === 'pinned';
    return {
      name: splitName(entry.name).name,
      arch: records.archOf(entry.name),
      installed_version: installed,
      available_version: available,
      origins: origins.ofTarget(entry.name, available, []),
      security: origins.securityBetween(entry.name, installed, available, []),
      reason: finding.reason,
      detail: finding.detail.slice(0, 500),
      left_by: leftBy,
      needs: finding.needs ?? [],
      phased_percent: finding.phasedPercent ?? null,
      available_priority: pinned ? priorityOf(entry, available) : null,
      installed_priority: pinned ? priorityOf(entry, installed) : null,
      evidence: (finding.evidence ?? []).slice(0, 10),
    };
  }
}

function priorityOf(entry: PolicyPackage, version: string): number | null {
  return entry.versions.find((known) => known.version === version)?.priority ?? null;
}

/** A priority alone says nothing: 500 is that of any version that no preference speaks of. */
function whyWithheld(entry: PolicyPackage, { version, priority }: PolicyVersion): Sentence {
  if (priority < 0) return say.forbids({ version, priority });
  const chosen = entry.candidate ?? entry.installed ?? '';
  const chosenPriority = priorityOf(entry, chosen);
  return chosenPriority === null
    ? say.pinned({ version, priority })
    : say.prefers({ chosen, chosenPriority, version, priority });
}
