import { linesOf, ParseError, wholeNumber } from './parse-error';

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

/** A step of dpkg. */
export interface DpkgHistoryLine extends HistoryPackage {
  readonly at: number;
  /** dpkg was told to install archives in one go, which apt never does. */
  readonly direct: boolean;
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
 * Reads the section `apt_history`. Fields that this program does not know are passed over: apt may add some.
 * @throws ParseError on a line that is no field, a time that is none, or packages that are written in another way
 */
export function parseAptHistory(text: string): AptHistoryEntry[] {
  const entries: AptHistoryEntry[] = [];
  let fields = new Map<string, string>();
  const close = (): void => {
    if (fields.size > 0) entries.push(entryOf(fields));
    fields = new Map();
  };
  for (const line of linesOf(text)) {
    if (line === '') continue;
    const [, name, value = ''] = /^([A-Z][A-Za-z-]*): ?(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new ParseError('apt_history', 'unknown line', line);
    if (name === 'Start-Date') close();
    fields.set(name, value);
  }
  close();
  return entries;
}

function entryOf(fields: ReadonlyMap<string, string>): AptHistoryEntry {
  const start = fields.get('Start-Date');
  if (start === undefined) throw new ParseError('apt_history', 'an entry without a beginning', [...fields.values()][0]);
  const end = fields.get('End-Date');
  return {
    start: wholeNumber(start, 'apt_history', start),
    end: end === undefined ? null : wholeNumber(end, 'apt_history', end),
    command: fields.get('Commandline') ?? null,
    requestedBy: fields.get('Requested-By')?.replace(/ \(\d+\)$/, '') ?? null,
    error: fields.get('Error') ?? null,
    packages: [...fields].flatMap(([name, value]) => packagesOf(OPERATIONS[name] ?? null, value)),
  };
}

/** `a:amd64 (1.0, 1.1), b:all (2.0, automatic)` */
function packagesOf(operation: HistoryOperation | null, value: string): HistoryPackage[] {
  if (operation === null) return [];
  return value.split(/(?<=\)), /).map((one) => {
    const [, name, arch, versions = ''] = /^(\S+):([a-z0-9-]+) \(([^()]+)\)$/.exec(one) ?? [];
    if (name === undefined || arch === undefined) throw new ParseError('apt_history', 'unknown package', one);
    const [first = '', second] = versions.split(', ');
    const [from, to] = operation === 'installed' ? [null, first] : [first, operation === 'removed' ? null : second];
    if (to === undefined || first === '' || to === '')
      throw new ParseError('apt_history', 'a package without its versions', one);
    return { name, arch, operation, from, to };
  });
}

/**
 * Reads the section `dpkg_history`.
 * @throws ParseError on a row that is no step of dpkg
 */
export function parseDpkgHistory(text: string): DpkgHistoryLine[] {
  return linesOf(text).flatMap((line) => {
    const [seconds, verb, package_ = '', before = '', after = '', direct, ...more] = line.split('\t');
    const [, name, arch] = /^(\S+):([a-z0-9-]+)$/.exec(package_) ?? [];
    if (
      name === undefined ||
      arch === undefined ||
      after === '' ||
      (direct ?? 'direct') !== 'direct' ||
      more.length > 0
    ) {
      throw new ParseError('dpkg_history', 'unknown row', line);
    }
    const [from, to] = [none(before), verb === 'remove' ? null : none(after)];
    const at = wholeNumber(seconds, 'dpkg_history', line);
    const operation = operationOf(from, to);
    return operation === null || from === to
      ? []
      : [{ at, name, arch, operation, from, to, direct: direct !== undefined }];
  });
}

const none = (version: string): string | null => (version === '<none>' ? null : version);

function operationOf(from: string | null, to: string | null): HistoryOperation | null {
  if (to === null) return from === null ? null : 'removed';
  return from === null ? 'installed' : 'upgraded';
}
