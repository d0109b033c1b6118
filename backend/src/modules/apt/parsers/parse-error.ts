/** Thrown by every parser when a text is not what it should be: an answer that is not understood is never guessed at. */
export class ParseError extends Error {
  override readonly name = 'ParseError';

  /**
   * @param what what was being read, e.g. `simulation`
   * @param reason what is wrong, in a few words
   * @param line the offending line, cut to 200 characters
   */
  constructor(
    readonly what: string,
    readonly reason: string,
    readonly line: string | null = null,
  ) {
    super(line === null ? `${what}: ${reason}` : `${what}: ${reason}: ${line.slice(0, 200)}`);
  }
}

/** Lines without their ends; a trailing line end does not make an empty last line. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** A decimal number, or a ParseError: `Number('')` would be 0. */
export function wholeNumber(text: string | undefined, what: string, line: string): number {
  if (text === undefined || !/^-?\d{1,15}$/.test(text)) throw new ParseError(what, 'not a number', line);
  return Number(text);
}

/** Empty means absent in the tab separated rows. */
export function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

/**
 * What `parse` reads, or null where it refuses the text.
 * @param faults takes what it says of its refusal
 */
export function readable<T>(parse: () => T, faults?: ParseError[]): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    faults?.push(error);
    return null;
  }
}
