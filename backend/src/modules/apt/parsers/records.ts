import { parseRelations, type Relation } from './relations';
import { linesOf, orNull, ParseError, wholeNumber } from './parse-error';

export interface PackageRecord {
  name: string;
  version: string;
  arch: string;
  downloadBytes: number | null;
  installedBytes: number | null;
  source: string | null;
}

/** What a package says about others. Each requirement is a list of alternatives. */
export interface Relations {
  name: string;
  version: string;
  depends: Relation[][];
  conflicts: Relation[];
  provides: Relation[];
}

export interface Records {
  planned: PackageRecord[];
  relations: Relations[];
}

const size = (text: string | undefined, unit: number, line: string): number | null =>
  orNull(text) === null ? null : wholeNumber(text, 'records', line) * unit;

function relationsOf(fields: string[], line: string): Relations {
  const [, name = '', version = '', preDepends = '', depends = '', conflicts = '', breaks = '', provides = ''] = fields;
  if (name === '' || version === '') throw new ParseError('records', 'no package', line);
  return {
    name,
    version,
    depends: [...parseRelations(preDepends), ...parseRelations(depends)],
    conflicts: [...parseRelations(conflicts), ...parseRelations(breaks)].flat(),
    provides: parseRelations(provides).flat(),
  };
}

/** Reads the section `records` (`P` and `D` rows). Sizes in the index are bytes (`Size`) and KiB (`Installed-Size`). */
export function parseRecords(text: string): Records {
  const records: Records = { planned: [], relations: [] };
  for (const line of linesOf(text)) {
    const fields = line.split('\t');
    const [kind, name = '', version = '', arch = '', bytes, kib, source] = fields;
    if (kind === 'D') records.relations.push(relationsOf(fields, line));
    else if (kind === 'P' && arch !== '') {
      records.planned.push({
        name,
        version,
        arch,
        downloadBytes: size(bytes, 1, line),
        installedBytes: size(kib, 1024, line),
        source: orNull(source),
      });
    } else throw new ParseError('records', 'unknown row', line);
  }
  return records;
}

/** Reads the section `installed_records` (`I` and `R` rows). */
export function parseInstalledRecords(text: string): Records {
  const records: Records = { planned: [], relations: [] };
  for (const line of linesOf(text)) {
    const fields = line.split('\t');
    const [kind, name = '', version = '', arch = '', kib, source] = fields;
    if (kind === 'R') records.relations.push(relationsOf(fields, line));
    else if (kind === 'I' && arch !== '') {
      records.planned.push({
        name,
        version,
        arch,
        downloadBytes: null,
        installedBytes: size(kib, 1024, line),
        source: orNull(source),
      });
    } else throw new ParseError('installed_records', 'unknown row', line);
  }
  return records;
}
