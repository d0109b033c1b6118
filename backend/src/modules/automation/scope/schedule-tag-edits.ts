import { Injectable } from '@nestjs/common';
import { roleAllows } from '../../../kernel/auth/permissions';
import { queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { DomainError } from '../../../kernel/errors/domain-error';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { tagsChangeOf } from '../../machines/tags-change';
import { say } from '../automation.sentences';

/**
 * Tags decide which machines a schedule means: a tag that brings a machine under a confirmed policy has that machine changed
 * without a further question.
 */
@Injectable()
export class ScheduleTagEdits {
  /** @throws DomainError 403 `schedules_bound` for people without the permission to confirm changes */
  @OnDomainEvent('machine_edited', 'machine_created')
  async refuseSidestep(event: DomainEvent, tx: Transaction): Promise<void> {
    const tags = tagsChangeOf(event);
    if (tags === null || (event.role != null && roleAllows(event.role, 'changes.confirm'))) return;
    const given = tags.to.filter((name) => !tags.from.includes(name));
    const found = await queryRows<{ name: string }>(tx.manager, CHANGING_BY_TAGS, [given]);
    if (found.length === 0) return;
    const schedules = found.map(({ name }) => name).join(', ');
    const [detail, action] = [say.tags_change({ schedules }), say.tags_change_action()];
    throw new DomainError({ code: 'schedules_bound', status: 403, detail, action });
  }
}

const CHANGING_BY_TAGS = `
  SELECT DISTINCT s.name, lower(s.name) AS sorted FROM schedules s JOIN tags t ON t.name = ANY($1::text[])
  WHERE s.deleted_at IS NULL AND s.enabled AND s.policy_json IS NOT NULL
    AND s.scope_json -> 'tag_ids' @> jsonb_build_array(t.id::text) ORDER BY sorted, s.name`;
