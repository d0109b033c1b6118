import { FRENCH_SENTENCES } from './french-sentences';
import { allSentences, type Template } from './sentences';

/** Less stands in so many sentences that nothing would be sorted out. */
const SHORTEST = 3;
const MOST = 100;

/**
 * Of sentences of ours that hold this text in French: their English forms, as patterns of LIKE. What is filled into them is the same in
 * every language, and found as it stands.
 */
export function patternsInFrench(text: string): string[] {
  const wanted = plain(text.trim());
  if (wanted.length < SHORTEST) return [];
  const found = [...allSentences()].filter((template) => holds(template, wanted));
  return found.length > MOST ? [] : found.map(patternOf);
}

function holds({ code, literals }: Template, wanted: string): boolean {
  // A sentence without words of its own would be found in everything.
  if (literals.join('').replace(/\W/g, '').length < SHORTEST) return false;
  return (FRENCH_SENTENCES[code] ?? '').split(/\{\w+\}/).some((literal) => plain(literal).includes(wanted));
}

/** As people type it: without the spaces and apostrophes of print. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\u00a0\u202f]/g, ' ')
    .replace(/’/g, "'");
}

function patternOf({ literals }: Template): string {
  return `%${literals.map(escapeLike).join('%')}%`;
}

/** What stands for itself in a pattern of LIKE. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
