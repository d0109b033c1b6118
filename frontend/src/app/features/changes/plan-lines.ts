/** What a plan does to one package. */
export type PlannedOperation = 'upgrade' | 'install' | 'remove' | 'downgrade';

/** One line of a plan about a package: `upgrade NAME[:ARCH] FROM TO [ORIGIN]`; `-` stands for none. */
export interface PlannedPackage {
  readonly line: string;
  readonly operation: PlannedOperation;
  readonly name: string;
  readonly arch: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly origin: string | null;
}

/** A plan's lines, taken apart. */
export interface PlanLines {
  readonly packages: readonly PlannedPackage[];
  /** On what it is done and how: `machine ID`, `mode dist_upgrade`, `option …`. */
  readonly terms: readonly string[];
  /** What else it does, as the lines say it: `restart nginx.service`. */
  readonly effects: readonly string[];
}

const OPERATIONS: ReadonlySet<string> = new Set<PlannedOperation>(['upgrade', 'install', 'remove', 'downgrade']);
const TERMS: ReadonlySet<string> = new Set([
  'machine',
  'cluster',
  'mode',
  'scope',
  'option',
  'action',
  'marked',
  'keep',
]);

/** Reads what is confirmed itself, so that the page shows nothing else. Pure. */
export function readLines(lines: readonly string[]): PlanLines {
  const packages: PlannedPackage[] = [];
  const terms: string[] = [];
  const effects: string[] = [];
  for (const line of lines) {
    const planned = plannedPackage(line);
    if (planned !== null) {
      packages.push(planned);
    } else if (TERMS.has(line.split(' ', 1)[0] ?? '')) {
      terms.push(line);
    } else {
      effects.push(line);
    }
  }
  return { packages, terms, effects };
}

const PACKAGE = /^(\S+) ([a-z0-9][a-z0-9+.-]*)(?::([a-z0-9-]+))? (\S+) (\S+)(?: (.+))?$/;

function plannedPackage(line: string): PlannedPackage | null {
  const [, operation = '', name = '', arch, from, to, origin] = PACKAGE.exec(line) ?? [];
  if (!isOperation(operation)) {
    return null;
  }
  const known = (word: string | undefined): string | null => (word === undefined || word === '-' ? null : word);
  return { line, operation, name, arch: known(arch), from: known(from), to: known(to), origin: known(origin) };
}

function isOperation(word: string): word is PlannedOperation {
  return OPERATIONS.has(word);
}

/** A line of one plan beside the other plan: what differs in it is marked. */
export interface DifferenceLine {
  readonly sign: '+' | '−';
  readonly words: readonly { readonly text: string; readonly changed: boolean }[];
}

/** Lines about the same thing stand together, the old one first; words that the partner has too are not marked. Pure. */
export function differenceLines(missing: readonly string[], added: readonly string[]): DifferenceLine[] {
  const rows = [
    ...missing.map((line) => ({ sign: '−' as const, line, subject: subjectOf(line) })),
    ...added.map((line) => ({ sign: '+' as const, line, subject: subjectOf(line) })),
  ];
  const partner = (row: (typeof rows)[number]): string | undefined =>
    rows.find((other) => other.subject === row.subject && other.sign !== row.sign)?.line;
  return rows
    .map((row, at) => ({ ...row, at }))
    .sort((a, b) => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : a.at - b.at))
    .map((row) => ({ sign: row.sign, words: markWords(row.line, partner(row)) }));
}

/** A package by its name whatever is done to it; other lines by their first word. */
function subjectOf(line: string): string {
  const [verb = '', subject = ''] = line.split(' ');
  return isOperation(verb) ? subject : verb;
}

function markWords(line: string, other: string | undefined): DifferenceLine['words'] {
  const theirs = other?.split(' ') ?? [];
  return line.split(' ').map((text, at) => ({ text, changed: theirs[at] !== text }));
}
