import { satisfies, type VersionOperator } from './debian-version';
import { ParseError } from './parse-error';

/** One alternative of a dependency field, e.g. `libc6 (>= 2.36)`. */
export interface Relation {
  name: string;
  operator: VersionOperator | null;
  version: string | null;
}

const RELATION =
  /^([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?(?:\s*\((<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?(?:\s*\[[^\]]*\])?$/;
// Single < and > are old spellings of <= and >=.
const OPERATORS: Record<string, VersionOperator> = {
  '<<': '<<',
  '<=': '<=',
  '=': '=',
  '>=': '>=',
  '>>': '>>',
  '<': '<=',
  '>': '>=',
};

function parseRelation(text: string): Relation {
  const match = RELATION.exec(text.trim());
  if (match?.[1] === undefined) throw new ParseError('relations', 'not a relation', text);
  const operator = match[2] === undefined ? null : (OPERATORS[match[2]] ?? null);
  return { name: match[1], operator, version: match[3] ?? null };
}

/** Reads a dependency field: requirements separated by commas, alternatives by bars. @throws ParseError */
export function parseRelations(field: string): Relation[][] {
  if (field.trim() === '') return [];
  return field
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => part.split('|').map(parseRelation));
}

/** Whether a package of that name and version meets the relation. */
export function meets(relation: Relation, name: string, version: string | null): boolean {
  if (relation.name !== name) return false;
  if (relation.operator === null || relation.version === null) return true;
  return version !== null && satisfies(version, relation.operator, relation.version);
}
