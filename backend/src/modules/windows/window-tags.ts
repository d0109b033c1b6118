import { queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import type { Sentence } from '../../kernel/sentences/sentences';
import { TagUser, type UsesTags } from '../machines/tag-uses';
import { say } from './windows.sentences';

@TagUser()
export class WindowTags implements UsesTags {
  readonly name = 'maintenance_windows';

  async usesOf(tx: Transaction, tagId: string): Promise<Sentence | null> {
    const found = await queryRows<{ name: string }>(tx.manager, NAMES, [tagId]);
    return found.length === 0 ? null : say.tag_in_use({ names: found.map(({ name }) => name).join(', ') });
  }
}

const NAMES = 'SELECT name FROM maintenance_windows WHERE tag_id = $1 ORDER BY lower(name), id';
