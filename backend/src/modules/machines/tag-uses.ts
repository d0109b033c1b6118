import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { markedProviders } from '../../kernel/discovered';
import type { Transaction } from '../../kernel/database/transaction';
import type { Sentence } from '../../kernel/sentences/sentences';

const TAG_USER = 'system_update:tag_user';

/** Marks a provider of a room above that has rules which go by tags. It needs no further registration. */
export function TagUser(): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(TAG_USER, true));
}

/** Rules that go by tags: without their tag they would mean other machines. */
export interface UsesTags {
  /** For the order in which they are asked. */
  readonly name: string;
  /** What goes by this tag, by name, and what would become of it; null where nothing does. Whoever asks holds the tag's row. */
  usesOf(tx: Transaction, tagId: string): Promise<Sentence | null>;
}

/** Asks every room above whether it has a rule that goes by a tag. */
@Injectable()
export class TagUses {
  constructor(private readonly discovery: DiscoveryService) {}

  async of(tx: Transaction, tagId: string): Promise<Sentence[]> {
    const found: Sentence[] = [];
    for (const user of markedProviders<UsesTags>(this.discovery, TAG_USER)) {
      const use = await user.usesOf(tx, tagId);
      if (use !== null) found.push(use);
    }
    return found;
  }
}
