import { auditContract } from '../../../kernel/audit/audit-contracts';
import {
  flag,
  list,
  nullable,
  object,
  openWord,
  positiveOrNull,
  text,
  uuid,
  words,
} from '../../../kernel/contracts/schemas';
import { RISKS } from '../contracts/action-plan';
import { ACTION_REQUESTER_TYPES, APPROVAL_DEMANDS } from '../entities/jobs.values';
import { RULE_ORIGINS } from './approval-conditions';

const rule = object({
  name: text,
  enabled: flag,
  demand: words(APPROVAL_DEMANDS),
  conditions: nullable(
    object({
      actions: list(openWord),
      risks: list(words(RISKS)),
      requesters: list(words(ACTION_REQUESTER_TYPES)),
      tag_ids: list(uuid),
      min_machines: positiveOrNull,
      removals: flag,
      new_packages: flag,
      origin: { enum: [...RULE_ORIGINS, null] },
    }),
  ),
});

/** What the audit rows about rules say. */
export const APPROVAL_RULES_AUDIT = [
  auditContract('approval_rule.created', 'A rule of approval that was added.', { after: rule }),
  auditContract('approval_rule.changed', 'A rule of approval before and after a change.', {
    before: rule,
    after: rule,
  }),
  auditContract('approval_rule.removed', 'A rule of approval that was removed.', { before: rule }),
];
