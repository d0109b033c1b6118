declare const brand: unique symbol;

/**
 * English text for people that was made by a declared template, so that it can be shown in other languages too. What
 * takes a `Sentence` cannot be given text that nobody translated; a machine's own words are marked by `quoted`.
 */
export type Sentence = string & { readonly [brand]: true };

/** A machine's own words, shown as they are in every language. */
export function quoted(text: string): Sentence {
  return text as Sentence;
}

/** The names in braces of a template: `'{a} of {b}'` gives `'a' | 'b'`. */
type ParameterOf<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterOf<Rest>
  : never;

/** Makes the English sentence. A parameter may itself be a sentence, and then stays translatable. */
type Saying<T extends string> = [ParameterOf<T>] extends [never]
  ? () => Sentence
  : (parameters: Readonly<Record<ParameterOf<T>, string | number>>) => Sentence;

type Sayings<T extends Readonly<Record<string, string>>> = { readonly [K in keyof T]: Saying<T[K]> };

/** A template taken apart: literal texts, with one parameter between each two of them. */
export interface Template {
  /** `room.name`, stable: the portal translates by it. */
  readonly code: string;
  readonly english: string;
  readonly literals: readonly string[];
  readonly parameters: readonly string[];
}

const byCode = new Map<string, Template>();

/** Every sentence of the modules that are loaded. */
export function allSentences(): Iterable<Template> {
  return byCode.values();
}

export function countOfSentences(): number {
  return byCode.size;
}

/**
 * Declares what a room says to people, in English, with `{parameters}`. The sentence is what is stored, logged and sent;
 * since it is made from its template alone, code and parameters can be read back from it (`said.ts`), and nothing is
 * stored twice.
 *
 * @throws TypeError when a code is taken, or when two parameters touch, so that none could be read back
 */
export function sentences<const T extends Readonly<Record<string, string>>>(room: string, templates: T): Sayings<T> {
  const sayings = Object.entries(templates).map(([name, english]) => {
    const template = takeApart(`${room}.${name}`, english);
    if (byCode.has(template.code)) throw new TypeError(`The sentence ${template.code} is declared twice.`);
    byCode.set(template.code, template);
    return [name, (parameters: Readonly<Record<string, string | number>> = {}) => fill(template, parameters)];
  });
  return Object.fromEntries(sayings) as Sayings<T>;
}

function takeApart(code: string, english: string): Template {
  const parts = english.split(/\{(\w+)\}/);
  const literals = parts.filter((_part, index) => index % 2 === 0);
  const parameters = parts.filter((_part, index) => index % 2 === 1);
  if (literals.slice(1, -1).includes('')) throw new TypeError(`Two parameters of ${code} touch.`);
  if (!literals.some((literal) => /\p{L}/u.test(literal))) throw new TypeError(`${code} says nothing of its own.`);
  return { code, english, literals, parameters };
}

/** A sentence is one line, whatever a machine put into it. */
function fill({ literals, parameters }: Template, given: Readonly<Record<string, string | number>>): Sentence {
  const text = literals
    .map((literal, index) => {
      const name = parameters[index];
      return name === undefined ? literal : literal + String(given[name] ?? '').replace(/\s*[\r\n]\s*/g, ' ');
    })
    .join('');
  return text as Sentence;
}
