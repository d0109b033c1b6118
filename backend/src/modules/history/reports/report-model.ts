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

/** Fields that hold null where there is nothing of the kind, if nothing says that it was not measured. */
const NONE = new Set([
  'at_your_own_risk',
  'auto_marks',
  'command',
  'drift',
  'exit_code',
  'from_version',
  'main_pid',
  'refusal',
  'silence',
  'subject',
  'to_version',
  'version',
]);
/** Fields that hold null where nobody could tell. Any other is null because it was not measured. */
const NOT_KNOWN = new Set(['difference', 'expected_kernel', 'origin', 'outcome', 'state', 'written_at']);

/** Why something was not measured, by the words that results have for it. */
const REASONS: Readonly<Record<string, string>> = {
  nothing_done: 'the run changed nothing',
  cut_off: 'the run was cut off before',
  not_kept: 'the run did not keep it',
  not_there: 'this machine has nothing that tells it',
  failed: 'what tells it has failed',
  unreadable: 'what the machine said does not tell it',
  older: 'why was not kept then',
};

interface Missing {
  readonly fact: string;
  readonly reason: string;
}

/** Sections of a result document, whatever action it is of: one for each part that is more than a single value. Pure. */
export function sectionsOf(result: Readonly<Record<string, unknown>>, words: ReportWords): Section[] {
  const missing = (result['not_measured'] ?? []) as readonly Missing[];
  const entries = Object.entries(result).filter(([name]) => name !== 'schema_version' && name !== 'not_measured');
  const single = entries.filter(([, value]) => isSingle(value));
  const more = entries.filter(([, value]) => !isSingle(value));
  return [
    ...(single.length === 0 ? [] : [{ title: words.word('Findings'), blocks: [findingsOf(single, missing, words)] }]),
    ...more.map(([name, value]) => ({ title: words.title(name), blocks: blocksOf(name, value, words) })),
  ];
}

function findingsOf(entries: readonly [string, unknown][], missing: readonly Missing[], words: ReportWords): Block {
  const why = (name: string): string | undefined => REASONS[missing.find(({ fact }) => fact === name)?.reason ?? ''];
  const facts = entries.map(([name, value]): Fact => {
    const reason = value === null ? why(name) : undefined;
    if (reason === undefined) return [words.title(name), inWords(name, value, words)];
    const said = words.word(NOT_KNOWN.has(name) ? 'not known' : 'not measured');
    return [words.title(name), `${said} (${words.word(reason)})`];
  });
  return { kind: 'facts', facts };
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
  if (value === undefined || (value === null && NONE.has(field))) return words.word('none');
  if (value === null) return words.word(NOT_KNOWN.has(field) ? 'not known' : 'not measured');
  if (Array.isArray(value) && value.length === 0) return words.word('none');
  if (typeof value === 'boolean') return words.word(value ? 'yes' : 'no');
  if (typeof value === 'string') return words.value(field, value);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map((one) => inWords(field, one, words)).join('\n');
  return Object.entries(value)
    .map(([name, part]) => `${words.title(name)}${colonOf(words.language)}${inWords(name, part, words)}`)
    .join('\n');
}
