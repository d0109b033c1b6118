import type { DomainEvent } from '../../kernel/events/domain-event';

/** The tags of a machine before and after, by name. */
export interface TagsChange {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What a `machine_edited` or `machine_created` event says about tags; null when they stayed as they are. */
export function tagsChangeOf({ type, payload }: DomainEvent): TagsChange | null {
  if (type === 'machine_created') return { from: [], to: (payload?.['tags'] ?? []) as readonly string[] };
  const { tags } = (payload?.['changes'] ?? {}) as { readonly tags?: TagsChange };
  return tags ?? null;
}
