import { linesOf, ParseError, readable, wholeNumber } from './parse-error';

export const HISTORY_OPERATIONS = ['installed', 'upgraded', 'downgraded', 'removed'] as const;
export type HistoryOperation = (typeof HISTORY_OPERATIONS)[number];

/** A package that apt or dpkg wrote down. Versions as they stand there; null: there was or is none. */
export interface HistoryPackage {
  readonly name: string;
  /** apt names the machine's own architecture for packages of architecture `all`. */
  readonly arch: string;
  readonly operation: HistoryOperation;
  readonly from: string | null;
  readonly to: string | null;
}

/** One run of apt, as its history log tells it. Times in seconds since 1970. */
export interface AptHistoryEntry {
  readonly start: number;
  /** Null: it runs still, or was cut off. */
  readonly end: number | null;
  readonly command: string | null;
  /** Who had asked for it through sudo or PolicyKit, without the number. */
  readonly requestedBy: string | null;
  readonly error: string | null;
  readonly packages: readonly HistoryPackage[];
}

/** What could be read of a log. */
export interface HistoryReading<T> {
  readonly found: readonly T[];
  /** What stands in the log and could not be read: each of them takes itself out, and nothing else. */
  readonly faults: readonly ParseError[];
}

/** A step of dpkg. */
export interface DpkgHistoryLine extends HistoryPackage {
  readonly at: number;
  /** dpkg was told to install archives in one go, which apt never does. */
  readonly direct: boolean;
  /** False: dpkg wrote down that it would, and the package did not come to it. */
  readonly done: boolean;
}

const OPERATIONS: Readonly<Record<string, HistoryOperation | null>> = {
  Install: 'installed',
  Upgrade: 'upgraded',
  Downgrade: 'downgraded',
  Remove: 'removed',
  Purge: 'removed',
  // The same version again changes nothing that is compared here.
  Reinstall: null,
};

/**
 * Reads the section `apt_history`. Fields that this program does not know are passed over: apt may add some. What cannot be read costs
 * only itself: a package its place in the entry, a time its entry.
 * @throws ParseError on a line before the first entry
 */
export function parseAptHistory(text: string): HistoryReading<AptHistoryEntry> {
  const found: AptHistoryEntry[] = [];
  const faults: ParseError[] = [];
  for (const lines of entriesOf(text)) {
    const entry = readable(() => entryOf(fieldsOf(lines, faults), faults), faults);
    if (entry !== null) found.push(entry);
  }
  return { found, faults };
}

/** The lines of each entry, which begins with its date. */
function entriesOf(text: string): string[][] {
  const entries: string[][] = [];
  for (const line of linesOf(text)) {
    if (line === '') continue;
    if (line.startsWith('Start-Date:')) entries.push([]);
    const entry = entries.at(-1);
    if (entry === undefined) throw new ParseError('apt_history', 'an entry without a beginning', line);
    entry.push(line);
  }
  return entries;
}

function fieldsOf(lines: readonly string[], faults: ParseError[]): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of lines) {
    const [, name, value = ''] = /^([A-Z][A-Za-z-]*): ?(.*)$/.exec(line) ?? [];
    // apt writes a command as it was given, and so the ends of lines that it held.
    if (name === undefined && last === 'Commandline') fields.set(last, `${fields.get(last) ?? ''}\n${line}`);
    else if (name === undefined) faults.push(new ParseError('apt_history', 'unknown line', line));
    else fields.set((last = name), value);
  }
  return fields;
}

function entryOf(fields: ReadonlyMap<string, string>, faults: ParseError[]): AptHistoryEntry {
  const [start, end] = [fields.get('Start-Date') ?? '', fields.get('End-Date')];
  return {
    start: wholeNumber(start, 'apt_history', start),
    end: end === undefined ? null : wholeNumber(end, 'apt_history', end),
    command: fields.get('Commandline') ?? null,
    requestedBy: fields.get('Requested-By')?.replace(/ \(\d+\)$/, '') ?? null,
    error: fields.get('Error') ?? null,
    packages: [...fields].flatMap(([name, value]) => packagesOf(OPERATIONS[name] ?? null, value, faults)),
  };
}

/** `a:amd64 (1.0, 1.1), b:all (2.0, automatic)` */
function packagesOf(operation: HistoryOperation | null, value: string, faults: ParseError[]): HistoryPackage[] {
  if (operation === null) return [];
  return value
    .split(/(?<=\)), /)
    .map((one) => readable(() => packageOf(operation, one), faults))
    .filter((one) => one !== null);
}

/** Null: nothing that is compared here changed. */
function packageOf(operation: HistoryOperation, one: string): HistoryPackage | null {
  const [, name, arch, versions = ''] = /^(\S+):([a-z0-9-]+) \(([^()]*)\)$/.exec(one) ?? [];
  if (name === undefined || arch === undefined) throw new ParseError('apt_history', 'unknown package', one);
  // Purged, and removed before: its configuration alone was there.
  if (operation === 'removed' && versions === '') return null;
  const [first = '', second] = versions.split(', ');
  const [from, to] = operation === 'installed' ? [null, first] : [first, operation === 'removed' ? null : second];
  if (to === undefined || first === '' || to === '')
    throw new ParseError('apt_history', 'a package without its versions', one);
  return { name, arch, operation, from, to };
}

/**
 * Reads the section `dpkg_history`. A package that cannot be read costs only its own step.
 * @throws ParseError on a row in another form than the script's
 */
export function parseDpkgHistory(text: string): HistoryReading<DpkgHistoryLine> {
  const faults: ParseError[] = [];
  const found = linesOf(text)
    .map((line) => ({ line, row: rowOf(line) }))
    .map(({ line, row }) => readable(() => stepOf(row, line), faults))
    .filter((step) => step !== null);
  return { found, faults };
}

function rowOf(line: string) {
  const [seconds, verb, package_ = '', before = '', after = '', ...words] = line.split('\t');
  const [direct, begun] = ['direct', 'begun'].map((word) => words.includes(word));
  if (after === '' || words.length !== Number(direct) + Number(begun))
    throw new ParseError('dpkg_history', 'unknown row', line);
  return {
    at: wholeNumber(seconds, 'dpkg_history', line),
    verb,
    package_,
    before,
    after,
    direct: direct === true,
    done: begun !== true,
  };
}

/** Null: the version stays. */
function stepOf({ verb, package_, before, after, ...how }: ReturnType<typeof rowOf>, line: string) {
  const [, name, arch] = /^(\S+):([a-z0-9-]+)$/.exec(package_) ?? [];
  if (name === undefined || arch === undefined) throw new ParseError('dpkg_history', 'unknown package', line);
  // What dpkg installs was not there: a version of before is that of the configuration which was left.
  const [from, to] = [verb === 'install' ? null : none(before), verb === 'remove' ? null : none(after)];
  const operation = operationOf(from, to);
  if (operation === null || from === to) return null;
  return { ...how, name, arch, operation, from, to };
}

const none = (version: string): string | null => (version === '<none>' ? null : version);

function operationOf(from: string | null, to: string | null): HistoryOperation | null {
  if (to === null) return from === null ? null : 'removed';
  return from === null ? 'installed' : 'upgraded';
}
