/** A section said something that its parser does not know. Nothing of the section is used then: half-read is guessed. */
export class ParseError extends Error {
  /**
   * @param what name of the thing that was read, e.g. `df_bytes`
   * @param detail what was expected and what stood there (bounded: the text comes from the machine)
   */
  constructor(
    readonly what: string,
    detail: string,
  ) {
    super(`${what}: ${detail}`);
    this.name = 'ParseError';
  }
}

const SHOWN_CHARACTERS = 80;

/** The machine's text made safe to stand in a message: one line, bounded, no control characters. */
export function shown(text: string, limit = SHOWN_CHARACTERS): string {
  const flat = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return flat.length > limit ? `${flat.slice(0, limit)}…` : flat;
}
