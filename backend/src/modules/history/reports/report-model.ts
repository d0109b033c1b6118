/** A report, before it has a form. All text is data of machines and people: nothing in it is markup. */
export interface Report {
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
export function sectionsOf(result: Readonly<Record<string, unknown>>): Section[] {
  const entries = Object.entries(result).filter(([name]) => name !== 'schema_version');
  const single = entries.filter(([, value]) => isSingle(value));
  const more = entries.filter(([, value]) => !isSingle(value));
  return [
    ...(single.length === 0 ? [] : [{ title: 'Findings', blocks: [factsOf(Object.fromEntries(single))] }]),
    ...more.map(([name, value]) => ({ title: titleOf(name), blocks: blocksOf(value) })),
  ];
}

function blocksOf(value: unknown): Block[] {
  if (Array.isArray(value)) return [listOf(value)];
  const parts: [string, unknown][] = Object.entries(value as object);
  if (parts.every(([, part]) => isSingle(part))) return [factsOf(value as object)];
  return parts.flatMap(([name, part]): Block[] =>
    isSingle(part) ? [factsOf({ [name]: part })] : [{ kind: 'text', text: titleOf(name) }, ...blocksOf(part)],
  );
}

function listOf(list: readonly unknown[]): Block {
  if (list.length === 0) return { kind: 'text', text: 'none' };
  if (!list.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one))) {
    return { kind: 'lines', lines: list.map(inWords) };
  }
  const names = [...new Set(list.flatMap((one) => Object.keys(one as object)))];
  return {
    kind: 'table',
    head: names.map(titleOf),
    rows: list.map((one) => names.map((name) => inWords((one as Record<string, unknown>)[name]))),
  };
}

const factsOf = (values: object): Block => ({
  kind: 'facts',
  facts: Object.entries(values).map(([name, value]) => [titleOf(name), inWords(value)] as const),
});

const isSingle = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** `failed_units` → `Failed units` */
export function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return NOT_MEASURED;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(inWords).join('\n');
  return Object.entries(value)
    .map(([name, part]) => `${titleOf(name)}: ${inWords(part)}`)
    .join('\n');
}
