import { v7 } from 'uuid';

/**
 * A new id: UUID version 7. It begins with its time of making, so rows that are made together lie together in indexes,
 * and an id known before the insert lets a whole outcome be written set-wise.
 */
export function newId(): string {
  return v7();
}
