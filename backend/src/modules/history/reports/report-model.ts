import { colonOf, type ReportLanguage, type ReportWords } from './report-words';

/** A report, before it has a form. All text is data of machines and people: nothing in it is markup. */
export interface Report {
  readonly language: ReportLanguage;
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly sections: readonly Section[];
}

export type Fact = readonly [name: string, value: string];

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  /** As a machine printed them. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };

const NOT_MEASURED = 'none, or not measured';

/** Sections of a result document, whatever action it is of: one for each part that is more than a single value. Pure. */
export function sectionsOf(result: Readonly<Record<string, unknown>>, words: ReportWords): Section[] {
  const entries = Object.entries(result).filter(([name]) => name !== 'schema_version');
  const single = entries.filter(([, value]) => isSingle(value));
  const more = entries.filter(([, value]) => !isSingle(value));
  return [
    ...(single.length === 0
      ? []
      : [{ title: words.word('Findings'), blocks: [factsOf(Object.fromEntries(single), words)] }]),
    ...more.map(([name, value]) => ({ title: words.title(name), blocks: blocksOf(name, value, words) })),
  ];
}

function blocksOf(field: string, value: unknown, words: ReportWords): Block[] {
  if (Array.isArray(value)) return [listOf(field, value, words)];
  const parts: [string, unknown][] = Object.entries(value as object);
  if (parts.every(([, part]) => isSingle(part))) return [factsOf(value as object, words)];
  return parts.flatMap(([name, part]): Block[] =>
    isSingle(part)
      ? [factsOf({ [name]: part }, words)]
      : [{ kind: 'text', text: words.title(name) }, ...blocksOf(name, part, words)],
  );
}

function listOf(field: string, list: readonly unknown[], words: ReportWords): Block {
  if (list.length === 0) return { kind: 'text', text: words.word('none') };
  if (!list.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one))) {
    return { kind: 'lines', lines: list.map((one) => inWords(field, one, words)) };
  }
  const names = [...new Set(list.flatMap((one) => Object.keys(one as object)))];
  return {
    kind: 'table',
    head: names.map((name) => words.title(name)),
    rows: list.map((one) => names.map((name) => inWords(name, (one as Record<string, unknown>)[name], words))),
  };
}

const factsOf = (values: object, words: ReportWords): Block => ({
  kind: 'facts',
  facts: Object.entries(values).map(([name, value]) => [words.title(name), inWords(name, value, words)] as const),
});

const isSingle = (value: unknown): boolean => typeof value !== 'object' || value === null;

function inWords(field: string, value: unknown, words: ReportWords): string {
  if (value === null || value === undefined) return words.word(NOT_MEASURED);
  if (typeof value === 'boolean') return words.word(value ? 'yes' : 'no');
  if (typeof value === 'string') return words.value(field, value);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map((one) => inWords(field, one, words)).join('\n');
  return Object.entries(value)
    .map(([name, part]) => `${words.title(name)}${colonOf(words.language)}${inWords(name, part, words)}`)
    .join('\n');
}
