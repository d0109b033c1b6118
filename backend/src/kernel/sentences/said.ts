import { allSentences, countOfSentences, type Template } from './sentences';
import type { SaidDto } from './said.dto';

/** Sentences are short; what is longer is a machine's own text. */
const LONGEST = 4_000;
/** How deep a sentence within a sentence within a sentence is looked at. */
const DEEPEST = 3;
const REMEMBERED = 5_000;

const remembered = new Map<string, SaidDto | null>();
let searched: readonly Template[] = [];

/** Templates with more text of their own are asked first: they say more about what they match. */
function templates(): readonly Template[] {
  if (searched.length !== countOfSentences()) {
    const own = ({ literals }: Template): number => literals.join('').length;
    searched = [...allSentences()].sort((a, b) => own(b) - own(a));
    remembered.clear();
  }
  return searched;
}

/**
 * Reads code and parameters back from a sentence; null when no room says it so.
 * Linear in the length of the text: a machine may have put anything into a parameter.
 */
export function said(text: string): SaidDto | null {
  const all = templates();
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const found = recognise(text, all, 0);
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(text, found);
  return found;
}

function recognise(text: string, all: readonly Template[], depth: number): SaidDto | null {
  if (text.length > LONGEST || depth > DEEPEST) return null;
  for (const { code, literals, parameters } of all) {
    const values = valuesOf(text, literals);
    if (values === null) continue;
    const params = parameters.map((name, index) => {
      const value = values[index] ?? '';
      return [name, recognise(value, all, depth + 1) ?? value];
    });
    return { text, code, params: Object.fromEntries(params) as SaidDto['params'] };
  }
  return null;
}

/** What stands between the literals, each taken at its first place; null when they do not fit. */
function valuesOf(text: string, literals: readonly string[]): string[] | null {
  const [first = '', ...others] = literals;
  const last = others.pop();
  if (last === undefined) return text === first ? [] : null;
  if (!text.startsWith(first) || !text.endsWith(last)) return null;
  const end = text.length - last.length;
  const values: string[] = [];
  let from = first.length;
  for (const literal of others) {
    const at = text.indexOf(literal, from);
    if (at === -1) return null;
    values.push(text.slice(from, at));
    from = at + literal.length;
  }
  if (from > end) return null;
  return [...values, text.slice(from, end)];
}

/**
 * The sentences in some fields of a document, to stand beside it as `said`. A field of several lines holds a sentence in
 * each. Fields without any known sentence are left out: they hold a machine's own words, or nothing.
 */
export function saidIn<K extends string>(
  document: Readonly<Partial<Record<K, unknown>>>,
  fields: readonly K[],
): SaidByField {
  const found: SaidByField = {};
  for (const field of fields) {
    const text = document[field];
    if (typeof text !== 'string') continue;
    const lines = text.split('\n').map((line) => said(line) ?? { text: line, code: null, params: {} });
    if (lines.some(({ code }) => code !== null)) found[field] = lines;
  }
  return found;
}

export type SaidByField = Record<string, SaidDto[]>;
