import { Injectable } from '@nestjs/common';
import { roleAllows } from '../../../kernel/auth/permissions';
import { queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { DomainError } from '../../../kernel/errors/domain-error';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { tagsChangeOf } from '../../machines/tags-change';
import { say } from '../jobs.sentences';

/** Tags decide which rules of approval count for a machine: to edit such a tag is to decide who may confirm its changes. */
@Injectable()
export class RuleTagEdits {
  /** @throws DomainError 403 `rules_bound` for people without the permission to confirm changes */
  @OnDomainEvent('machine_edited', 'machine_created')
  async refuseSidestep(event: DomainEvent, tx: Transaction): Promise<void> {
    const tags = tagsChangeOf(event);
    if (tags === null || (event.role != null && roleAllows(event.role, 'changes.confirm'))) return;
    const edited = [
      ...tags.from.filter((name) => !tags.to.includes(name)),
      ...tags.to.filter((name) => !tags.from.includes(name)),
    ];
    const found = await queryRows<{ name: string }>(tx.manager, RULES_BY_TAGS, [edited]);
    if (found.length === 0) return;
    const rules = found.map(({ name }) => name).join(', ');
    const [detail, action] = [say.tags_decide({ rules }), say.tags_decide_action()];
    throw new DomainError({ code: 'rules_bound', status: 403, detail, action });
  }
}

const RULES_BY_TAGS = `
  SELECT DISTINCT r.name, lower(r.name) AS sorted FROM approval_rules r JOIN tags t ON t.name = ANY($1::text[])
  WHERE r.enabled AND r.conditions_json -> 'tag_ids' @> jsonb_build_array(t.id::text) ORDER BY sorted, r.name`;
