import { queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { TagUser, type UsesTags } from '../../machines/tag-uses';
import { say } from '../automation.sentences';

@TagUser()
export class ScheduleTags implements UsesTags {
  readonly name = 'schedules';

  async usesOf(tx: Transaction, tagId: string): Promise<Sentence | null> {
    const found = await queryRows<{ name: string }>(tx.manager, NAMES, [tagId]);
    return found.length === 0 ? null : say.tag_in_use({ names: found.map(({ name }) => name).join(', ') });
  }
}

/** Those that are switched off too: switched on again they would mean other machines. */
const NAMES = `
  SELECT name FROM schedules WHERE deleted_at IS NULL AND scope_json -> 'tag_ids' @> jsonb_build_array($1::text)
  ORDER BY lower(name), id`;
