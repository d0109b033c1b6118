import type { Contract } from '../../../kernel/contracts/contract';
import { count, document, flag, list, object, text, uuidOrNull, words } from '../../../kernel/contracts/schemas';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type { PlanEffects } from '../actions/change-action';
import { PLAN_EFFECTS } from '../contracts/action-plan';
import { APPROVAL_DEMANDS, type ActionRequesterType, type ApprovalDemand } from '../entities/jobs.values';
import { say } from '../jobs.sentences';
import { matches, type ApprovalConditions, type ApprovalFacts } from './approval-conditions';

/** A rule as it is asked. */
export interface AskedRule {
  readonly id: string;
  readonly name: string;
  readonly demand: ApprovalDemand;
  readonly conditions: ApprovalConditions;
}

/** Why a demand is made. */
export interface ApprovalReason {
  /** Null: it holds whatever the rules are. */
  readonly ruleId: string | null;
  readonly rule: string | null;
  readonly demand: ApprovalDemand;
}

/** Whose decision a request asks for. None of the three: whoever may confirm changes. */
export interface Approval {
  /** Whoever asked may confirm it, also without the permission to confirm changes of others. */
  readonly ownConfirmation: boolean;
  /** Not whoever asked for it. */
  readonly fourEyes: boolean;
  readonly administrators: boolean;
  readonly reasons: readonly ApprovalReason[];
}

/** What was known of a request, and what the rules made of it, when it was made. */
export interface RequestApproval extends Approval {
  readonly machines: number;
  readonly effects: PlanEffects;
}

export interface ApprovalDocument {
  readonly own_confirmation: boolean;
  readonly four_eyes: boolean;
  readonly administrators: boolean;
  readonly reasons: readonly {
    readonly rule_id: string | null;
    readonly rule: string;
    readonly demand: ApprovalDemand;
  }[];
  readonly machines: number;
  readonly effects: PlanEffects;
}

export const REQUEST_APPROVAL: Contract = {
  name: 'request_approval',
  title: 'Whose decision a request asks for',
  description:
    'What the rules of approval made of a request when it was made: whether whoever asked may confirm it, whether another ' +
    'person has to, whether an administrator has to, and by which rules (their names as they were then). Beside it what ' +
    'the rules were asked about: how many machines, and what the plans come to. The rules are asked again at the ' +
    'decision; the stricter answer counts.',
  columns: ['action_requests.approval_json'],
  versions: {
    1: {
      body: document(1, {
        own_confirmation: flag,
        four_eyes: flag,
        administrators: flag,
        reasons: list(object({ rule_id: uuidOrNull, rule: text, demand: words(APPROVAL_DEMANDS) })),
        machines: count,
        effects: PLAN_EFFECTS,
      }),
    },
  },
};

/** Programs that ask on their own: a person other than themselves decides, whatever the rules say. */
const PROGRAMS: readonly ActionRequesterType[] = ['hermes', 'api_client'];
/** Stands for a rule that nobody can take away. */
const ALWAYS = 'programs';

/**
 * Whether a rule counts for a request. One that asks for more counts also where it is not known whether it speaks of it; one
 * that asks for less only where that is known, and where it speaks of each of the machines. Pure.
 */
export function speaks(demand: ApprovalDemand, conditions: ApprovalConditions, facts: ApprovalFacts): boolean {
  const asksLess = demand === 'own_confirmation';
  const match = matches(conditions, facts, asksLess ? 'every' : 'some');
  return match === 'yes' || (match === 'unknown' && !asksLess);
}

/** What the rules ask for. Pure. */
export function approvalOf(rules: readonly AskedRule[], facts: ApprovalFacts): Approval {
  const speaking = rules.filter(({ demand, conditions }) => speaks(demand, conditions, facts));
  const program = PROGRAMS.includes(facts.requester);
  const asks = (demand: ApprovalDemand): boolean => speaking.some((rule) => rule.demand === demand);
  const fourEyes = program || asks('four_eyes');
  const administrators = asks('administrators');
  const always: ApprovalReason[] = program ? [{ ruleId: null, rule: null, demand: 'four_eyes' }] : [];
  return {
    ownConfirmation: asks('own_confirmation') && !fourEyes && !administrators,
    fourEyes,
    administrators,
    reasons: [...always, ...speaking.map(({ id, name, demand }) => ({ ruleId: id, rule: name, demand }))],
  };
}

/** Both at once: whatever one of them asks for is asked for. Pure. */
export function stricter(made: Approval, now: Approval): Approval {
  const fourEyes = made.fourEyes || now.fourEyes;
  const administrators = made.administrators || now.administrators;
  const known = new Set(made.reasons.map(key));
  return {
    ownConfirmation: made.ownConfirmation && now.ownConfirmation,
    fourEyes,
    administrators,
    reasons: [...made.reasons, ...now.reasons.filter((reason) => !known.has(key(reason)))],
  };
}

/** What it asks for, rule by rule; where a stricter rule speaks, the laxer ones say nothing. */
export function sentencesOf({ reasons, ownConfirmation }: Approval): Sentence[] {
  return reasons
    .filter(({ demand }) => ownConfirmation || demand !== 'own_confirmation')
    .map(({ rule, demand }) => {
      if (rule === null) return say.approval_program();
      switch (demand) {
        case 'own_confirmation':
          return say.approval_own({ rule });
        case 'four_eyes':
          return say.approval_four_eyes({ rule });
        case 'administrators':
          return say.approval_administrators({ rule });
      }
    });
}

function key({ ruleId, demand }: ApprovalReason): string {
  return `${ruleId ?? ''} ${demand}`;
}

export function approvalDocument(approval: RequestApproval): ApprovalDocument {
  const { ownConfirmation, fourEyes, administrators, reasons, machines, effects } = approval;
  return {
    own_confirmation: ownConfirmation,
    four_eyes: fourEyes,
    administrators,
    reasons: reasons.map(({ ruleId, rule, demand }) => ({ rule_id: ruleId, rule: rule ?? ALWAYS, demand })),
    machines,
    effects,
  };
}

export function storedApproval(stored: ApprovalDocument): RequestApproval {
  return {
    ownConfirmation: stored.own_confirmation,
    fourEyes: stored.four_eyes,
    administrators: stored.administrators,
    reasons: stored.reasons.map(({ rule_id: ruleId, rule, demand }) => ({
      ruleId,
      rule: ruleId === null ? null : rule,
      demand,
    })),
    machines: stored.machines,
    effects: stored.effects,
  };
}
