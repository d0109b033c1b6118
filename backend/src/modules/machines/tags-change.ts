import type { DomainEvent } from '../../kernel/events/domain-event';

/** The tags of a machine before and after an edit, by name. */
export interface TagsChange {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What a `machine_edited` event says about tags; null when they stayed as they are. */
export function tagsChangeOf({ payload }: DomainEvent): TagsChange | null {
  const { tags } = (payload?.['changes'] ?? {}) as { readonly tags?: TagsChange };
  return tags ?? null;
}
