import { ParseError, shown } from './parse-error';
import { linesOf } from './table';

/** What /etc/os-release says, as written there; absent fields are null. */
export interface OsRelease {
  readonly id: string;
  readonly idLike: readonly string[];
  readonly prettyName: string | null;
  readonly versionId: string | null;
  readonly versionCodename: string | null;
}

const LONGEST_VALUE = 1024;

/** Undoes the shell quoting that os-release(5) allows: bare words, single or double quotes, backslash in the latter. */
function unquote(line: string, raw: string): string {
  const double = /^"((?:[^"\\]|\\.)*)"$/.exec(raw)?.[1];
  if (double !== undefined) return double.replace(/\\([\\"$`])/g, '$1');
  const single = /^'([^']*)'$/.exec(raw)?.[1];
  if (single !== undefined) return single;
  if (/^[^\s"'\\`$;&|<>()]*$/.test(raw)) return raw;
  throw new ParseError('os_release', `quoting not understood in "${shown(line)}"`);
}

/** Reads os-release(5); refuses lines that are no assignment and a file without ID. */
export function parseOsRelease(text: string): OsRelease {
  const fields = new Map<string, string>();
  for (const line of linesOf(text)) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, key, raw] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(trimmed) ?? [];
    if (key === undefined || raw === undefined) {
      throw new ParseError('os_release', `NAME=value expected, got "${shown(line)}"`);
    }
    fields.set(key, unquote(line, raw));
  }
  if ([...fields.values()].some((value) => value.length > LONGEST_VALUE))
    throw new ParseError('os_release', 'a value is too long');
  const id = fields.get('ID') ?? '';
  if (!/^[a-z0-9._-]+$/.test(id)) throw new ParseError('os_release', `ID expected, got "${shown(id)}"`);
  const given = (key: string): string | null => {
    const value = fields.get(key);
    return value === undefined || value === '' ? null : value;
  };
  return {
    id,
    idLike: (fields.get('ID_LIKE') ?? '').split(/\s+/).filter((word) => word !== ''),
    prettyName: given('PRETTY_NAME'),
    versionId: given('VERSION_ID'),
    versionCodename: given('VERSION_CODENAME'),
  };
}
