import { linesOf, orNull, ParseError, wholeNumber } from './parse-error';

/** One package file of `apt-cache policy`; `key` is what the version tables call it. */
export interface PolicySource {
  key: string;
  priority: number;
  uri: string;
  /** Null for flat repositories. */
  suite: string | null;
  component: string | null;
  origin: string | null;
  label: string | null;
  archive: string | null;
  codename: string | null;
  site: string | null;
}

export interface PolicyVersion {
  version: string;
  priority: number;
  /** Share of machines, where the archive phases the version. */
  phasedPercent: number | null;
  sources: { priority: number; key: string }[];
}

export interface PolicyPackage {
  name: string;
  installed: string | null;
  candidate: string | null;
  versions: PolicyVersion[];
}

const STATUS_FILE = '/var/lib/dpkg/status';

function releaseFields(line: string): Map<string, string> {
  // Values may hold commas themselves ("l=Example, Inc."): only a comma before a one-letter key ends a value.
  const fields = line
    .trim()
    .slice('release '.length)
    .split(/,(?=[a-z]=)/);
  return new Map(fields.map((field) => [field.slice(0, 1), field.slice(2)]));
}

/** A label may go on over several lines; what then comes after `release` is neither a package file nor a place. */
function releaseLines(lines: readonly string[]): string[] {
  const joined: string[] = [];
  for (const line of lines) {
    const before = joined.at(-1);
    const own = /^ *-?\d+ \S|^ {5}(?:release|origin) |^Pinned packages:/.test(line);
    if (!own && before?.startsWith('     release ') === true)
      joined[joined.length - 1] = `${before} ${line.trimStart()}`;
    else joined.push(line);
  }
  return joined;
}

function sourceOf(line: string): PolicySource | null {
  const match = /^ *(-?\d+) (\S.*)$/.exec(line);
  if (match?.[2] === undefined) throw new ParseError('policy', 'not a package file', line);
  if (match[2].startsWith('/')) return null;
  const [uri = '', place = ''] = match[2].split(' ');
  const slash = place.lastIndexOf('/');
  const flat = slash === place.length - 1 || slash === -1;
  return {
    key: match[2],
    priority: wholeNumber(match[1], 'policy', line),
    uri: uri.replace(/\/$/, ''),
    suite: flat ? orNull(place) : place.slice(0, slash),
    component: flat ? null : place.slice(slash + 1),
    origin: null,
    label: null,
    archive: null,
    codename: null,
    site: null,
  };
}

/**
 * Reads `apt-cache policy` without arguments: one entry per package list on the machine.
 * @throws ParseError when it is not that
 */
export function parsePolicySources(text: string): PolicySource[] {
  const sources: PolicySource[] = [];
  const lines = linesOf(text);
  if (lines[0] !== 'Package files:') throw new ParseError('policy', 'no "Package files:"', lines[0] ?? '');
  let current: PolicySource | null = null;
  for (const line of releaseLines(lines.slice(1))) {
    if (line.startsWith('Pinned packages:')) break;
    if (line.startsWith('     release ')) {
      if (current === null) continue;
      const fields = releaseFields(line);
      current.origin = orNull(fields.get('o'));
      current.label = orNull(fields.get('l'));
      current.archive = orNull(fields.get('a'));
      current.codename = orNull(fields.get('n'));
      current.component = orNull(fields.get('c')) ?? current.component;
    } else if (line.startsWith('     origin ')) {
      if (current !== null) current.site = orNull(line.slice('     origin '.length).trim());
    } else {
      current = sourceOf(line);
      if (current !== null) sources.push(current);
    }
  }
  return sources;
}

function versionOf(line: string): PolicyVersion {
  const match = /^ (?:\*\*\*|   ) (\S+) (-?\d+)(?: \(phased (\d+)%\))?$/.exec(line);
  if (match?.[1] === undefined) throw new ParseError('policy', 'not a version of the table', line);
  return {
    version: match[1],
    priority: wholeNumber(match[2], 'policy', line),
    phasedPercent: match[3] === undefined ? null : Number(match[3]),
    sources: [],
  };
}

const absent = (value: string): string | null => (value === '(none)' ? null : value);

class PackageReader {
  readonly packages: PolicyPackage[] = [];
  private current: PolicyPackage | undefined;
  private inTable = false;

  line(line: string): void {
    if (!line.startsWith(' ')) {
      if (!line.endsWith(':')) throw new ParseError('policy', 'not a package', line);
      this.current = { name: line.slice(0, -1), installed: null, candidate: null, versions: [] };
      this.packages.push(this.current);
      this.inTable = false;
      return;
    }
    const current = this.current;
    if (current === undefined) throw new ParseError('policy', 'a line before the first package', line);
    if (this.inTable) this.row(current, line);
    else if (line.startsWith('  Installed: ')) current.installed = absent(line.slice(13));
    else if (line.startsWith('  Candidate: ')) current.candidate = absent(line.slice(13));
    else if (line === '  Version table:') this.inTable = true;
    else if (!line.startsWith('  Package pin: ')) throw new ParseError('policy', 'unknown line', line);
  }

  private row(current: PolicyPackage, line: string): void {
    // Versions stand five columns in; sources seven, and their priority is right-aligned in four.
    if (!line.startsWith('       ')) {
      current.versions.push(versionOf(line));
      return;
    }
    const match = /^ {7,}(-?\d+) (\S.*)$/.exec(line);
    if (match?.[2] === undefined) throw new ParseError('policy', 'not a source of a version', line);
    if (match[2] === STATUS_FILE) return;
    current.versions.at(-1)?.sources.push({ priority: wholeNumber(match[1], 'policy', line), key: match[2] });
  }
}

/**
 * Reads the blocks of `apt-cache policy NAME…`, newest version first as apt prints them.
 * @throws ParseError when a line is none of theirs
 */
export function parsePolicyPackages(text: string): PolicyPackage[] {
  const reader = new PackageReader();
  for (const line of linesOf(text)) reader.line(line);
  return reader.packages;
}
