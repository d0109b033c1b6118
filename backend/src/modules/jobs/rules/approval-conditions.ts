import type { Contract } from '../../../kernel/contracts/contract';
import { document, flag, list, openWord, positiveOrNull, uuid, words } from '../../../kernel/contracts/schemas';
import type { PlanEffects } from '../actions/change-action';
import { RISKS } from '../contracts/action-plan';
import { ACTION_REQUESTER_TYPES, type ActionRequesterType } from '../entities/jobs.values';

export const RULE_ORIGINS = ['security_only', 'other_archives'] as const;
export type RuleOrigin = (typeof RULE_ORIGINS)[number];

/** What a request must be for a rule to speak of it. All that are given must hold. */
export interface ApprovalConditions {
  /** One of these actions; any when empty. */
  readonly actions: readonly string[];
  /** One of these risks; any when empty. */
  readonly risks: readonly string[];
  /** Asked for by one of these; by anybody when empty. */
  readonly requesters: readonly ActionRequesterType[];
  /** One of its machines carries one of these tags (each of them, where the rule asks for less); any when empty. */
  readonly tagIds: readonly string[];
  /** So many machines at least; null: any number. */
  readonly minMachines: number | null;
  /** It removes packages. */
  readonly removals: boolean;
  /** It brings packages that were not there. */
  readonly newPackages: boolean;
  /** What it brings comes from archives for security alone, or from others too; null: from anywhere. */
  readonly origin: RuleOrigin | null;
}

/** As they are stored. */
export interface ApprovalConditionsDocument extends Omit<ApprovalConditions, 'tagIds' | 'minMachines' | 'newPackages'> {
  readonly tag_ids: readonly string[];
  readonly min_machines: number | null;
  readonly new_packages: boolean;
}

export const APPROVAL_CONDITIONS: Contract = {
  name: 'approval_conditions',
  title: 'Conditions of a rule of approval',
  description:
    'Of which requests a rule speaks. All conditions must hold; an empty list, null and false ask for nothing. Tags are ' +
    'those of the machines when the rule is asked: of one of them, or of each where the rule asks for less.',
  columns: ['approval_rules.conditions_json'],
  versions: {
    1: {
      body: document(1, {
        actions: list(openWord),
        risks: list(words(RISKS)),
        requesters: list(words(ACTION_REQUESTER_TYPES)),
        tag_ids: list(uuid),
        min_machines: positiveOrNull,
        removals: flag,
        new_packages: flag,
        origin: { enum: [...RULE_ORIGINS, null] },
      }),
    },
  },
};

/** What is known of a request. */
export interface ApprovalFacts {
  readonly action: string;
  readonly risk: string | null;
  readonly requester: ActionRequesterType;
  readonly machines: number;
  /** The tags of its machines; sets that several of them have stand here once. */
  readonly tagSets: readonly ReadonlySet<string>[];
  readonly effects: PlanEffects;
}

/** `unknown`: what a condition asks for is not known of the request. */
export type Match = 'yes' | 'no' | 'unknown';

/**
 * Whether a rule with these conditions speaks of a request. Pure.
 *
 * @param tagged of how many of its machines the tags are asked: `every` for a rule that asks for less, which one machine that
 * may be touched must not open for all the others
 */
export function matches(conditions: ApprovalConditions, facts: ApprovalFacts, tagged: 'some' | 'every'): Match {
  const { removed, added } = facts.effects;
  const answers: Match[] = [
    among(conditions.actions, facts.action),
    facts.risk === null && conditions.risks.length > 0 ? 'unknown' : among(conditions.risks, facts.risk ?? ''),
    among(conditions.requesters, facts.requester),
    conditions.tagIds.length === 0 || carried(conditions.tagIds, facts.tagSets, tagged) ? 'yes' : 'no',
    facts.machines >= (conditions.minMachines ?? 0) ? 'yes' : 'no',
    conditions.removals ? some(removed) : 'yes',
    conditions.newPackages ? some(added) : 'yes',
    originMatches(conditions.origin, facts.effects.origins),
  ];
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

function carried(wanted: readonly string[], sets: ApprovalFacts['tagSets'], tagged: 'some' | 'every'): boolean {
  const carries = (tags: ReadonlySet<string>): boolean => wanted.some((id) => tags.has(id));
  return tagged === 'some' ? sets.some(carries) : sets.length > 0 && sets.every(carries);
}

function among(wanted: readonly string[], found: string): Match {
  return wanted.length === 0 || wanted.includes(found) ? 'yes' : 'no';
}

function some(count: number | null): Match {
  return count === null ? 'unknown' : count > 0 ? 'yes' : 'no';
}

function originMatches(wanted: RuleOrigin | null, found: PlanEffects['origins']): Match {
  if (wanted === null) return 'yes';
  if (found === null) return 'unknown';
  return found === (wanted === 'security_only' ? 'security' : 'other') ? 'yes' : 'no';
}

export function conditionsDocument(conditions: ApprovalConditions): ApprovalConditionsDocument {
  const { tagIds, minMachines, newPackages, ...rest } = conditions;
  return { ...rest, tag_ids: tagIds, min_machines: minMachines, new_packages: newPackages };
}

export function conditionsOf(stored: ApprovalConditionsDocument): ApprovalConditions {
  const { actions, risks, requesters, tag_ids, min_machines, removals, new_packages, origin } = stored;
  return {
    ...{ actions, risks, requesters, removals, origin },
    tagIds: tag_ids,
    minMachines: min_machines,
    newPackages: new_packages,
  };
}
