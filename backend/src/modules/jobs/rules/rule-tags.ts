import { queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { TagUser, type UsesTags } from '../../machines/tag-uses';
import { say } from '../jobs.sentences';

@TagUser()
export class RuleTags implements UsesTags {
  readonly name = 'approval_rules';

  async usesOf(tx: Transaction, tagId: string): Promise<Sentence | null> {
    const found = await queryRows<{ name: string }>(tx.manager, NAMES, [tagId]);
    return found.length === 0 ? null : say.rule_tag_in_use({ names: found.map(({ name }) => name).join(', ') });
  }
}

const NAMES = `
  SELECT name FROM approval_rules WHERE conditions_json -> 'tag_ids' @> jsonb_build_array($1::text)
  ORDER BY lower(name), id`;
