import { v7 } from 'uuid';

/**
 * A new id: UUID version 7. It begins with its time of making, so rows that are made together lie together in indexes,
 * and an id known before the insert lets a whole outcome be written set-wise.
 */
export function newId(): string {
  return v7();
}

/** The same for a row that is about another moment, where rows are told in the order of their ids. */
export function newIdAt(at: Date): string {
  return v7({ msecs: at.getTime() });
}

/** The moment that an id begins with. */
export function momentOf(id: string): Date {
  return new Date(parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
