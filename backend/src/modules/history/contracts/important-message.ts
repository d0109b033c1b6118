import type { Contract } from '../../../kernel/contracts/contract';
import { document, mapOf, openWord } from '../../../kernel/contracts/schemas';

/** What a message says to programs. */
export interface MessageFacts {
  /** Stable, whatever figures the words hold: the same code of the same component is the same message. */
  readonly code: string;
  /** What the words are made of, for translation. */
  readonly params?: Readonly<Record<string, string | number>>;
}

export const IMPORTANT_MESSAGE: Contract = {
  name: 'important_message',
  title: 'What an important message says to programs',
  description:
    'The stable code of the message, and the values that its words are made of (free names, as the parser gave them).',
  columns: ['important_messages.payload_json'],
  versions: { 1: { body: document(1, { code: openWord }, { params: mapOf({ type: ['string', 'number'] }) }) } },
  unversioned: (facts) => facts as Record<string, unknown>,
};
