import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readColumns,
  readConstraints,
  readIndexes,
  type ColumnFacts,
  type ConstraintFacts,
} from './database-introspection';
import { createTestDatabase, type TestDatabase } from './support/postgres';

/** docs/data-model/specification.json; how its lines are read stands in its `about`. */
interface Specification {
  readonly tables: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly indexes: readonly string[];
  readonly deviations: Readonly<Record<string, string>>;
}

const specification = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'docs', 'data-model', 'specification.json'), 'utf8'),
) as Specification;
const tables = Object.assign({}, ...Object.values(specification.tables)) as Record<string, readonly string[]>;

/** The migrated database against the specification: nothing missing, nothing renamed, every deviation on the list. */
describe('the specification', () => {
  let db: TestDatabase;
  let columns: ColumnFacts[];
  let constraints: ConstraintFacts[];
  let indexes: string[];

  beforeAll(async () => {
    db = await createTestDatabase();
    const source = await db.dataSource();
    columns = await readColumns(source);
    constraints = await readConstraints(source);
    indexes = (await readIndexes(source))
      .filter((index) => !index.definition.includes(' WHERE '))
      .map((index) => {
        const [, keys = ''] = / USING btree (\(.*\))$/.exec(index.definition) ?? [];
        return `${index.table}${keys.toLowerCase()}`;
      });
  });

  afterAll(async () => {
    await db.drop();
  });

  it('has 44 tables in 8 groups', () => {
    expect(Object.keys(specification.tables)).toHaveLength(8);
    expect(Object.keys(tables)).toHaveLength(44);
  });

  it('misses no table', () => {
    const present = new Set(columns.map((column) => column.table));
    expect(Object.keys(tables).filter((table) => !present.has(table))).toEqual([]);
  });

  it.each(Object.entries(tables))('%s has all its columns as specified', (table, lines) => {
    const differences = lines.flatMap((line) => {
      const wanted = parseColumn(line);
      return compare(table, wanted).map((difference) => `${table}.${wanted.name}: ${difference}`);
    });
    const expected = Object.keys(specification.deviations).filter((line) => line.startsWith(`${table}.`));
    expect(differences.sort()).toEqual(expected.sort());
  });

  it('is deviated from in its own columns only, each time for a reason', () => {
    for (const [line, reason] of Object.entries(specification.deviations)) {
      const [, table = '', column = ''] = /^(\w+)\.(\w+): ./.exec(line) ?? [];
      expect(tables[table]?.map((wanted) => parseColumn(wanted).name)).toContain(column);
      expect(reason).toMatch(/\w+ \w+/);
    }
  });

  it.each(specification.indexes)('has the index %s', (index) => {
    expect(indexes).toContain(index);
  });

  function compare(table: string, wanted: WantedColumn): string[] {
    const column = columns.find((candidate) => candidate.table === table && candidate.name === wanted.name);
    if (!column) return ['missing'];
    const own = constraints.filter((key) => key.table === table && key.columns.includes(wanted.name));
    const checks = own.filter((key) => key.kind === 'c').map((key) => key.definition);
    const found = column.default?.replace(/^'(.*)'::\w+$/, '$1') ?? null;
    const taken = checks.flatMap(wordsOf);
    const more = wanted.open || wanted.values.length === 0 ? [] : taken.filter((word) => !wanted.values.includes(word));
    const lost = wanted.values.filter(
      (value) => !checks.some((check) => check.includes(`'${value}'`) || check.includes(`"${value}"`)),
    );
    return [
      column.type === wanted.type ? '' : `type ${column.type}`,
      wanted.primary === own.some((key) => key.kind === 'p') ? '' : 'primary key differs',
      column.notNull === (wanted.notNull || wanted.primary) ? '' : column.notNull ? 'not null' : 'nullable',
      found === wanted.default ? '' : `default ${String(found)}`,
      wanted.references && !own.some((key) => key.references === wanted.references) ? 'no reference' : '',
      !wanted.open && lost.length > 0 ? `refuses ${lost.join(', ')}` : '',
      more.length > 0 ? `also ${more.join(', ')}` : '',
      wanted.open && !checks.some((check) => check.includes('^[a-z][a-z0-9_]*$')) ? 'not an open list' : '',
    ].filter((difference) => difference !== '');
  }
});

/** The list that a CHECK keeps a column to, or the elements of a list in its document. */
function wordsOf(check: string): string[] {
  if (/ = ANY \(\(?ARRAY\[/.test(check)) return quotedWords(check);
  const [, list = '[]'] = /<@ '(\[[^']*\])'::jsonb/.exec(check) ?? [];
  return JSON.parse(list) as string[];
}

function quotedWords(check: string): string[] {
  return [...check.matchAll(/'([^']*)'/g)].map(([, word = '']) => word);
}

interface WantedColumn {
  name: string;
  type: string;
  primary: boolean;
  notNull: boolean;
  default: string | null;
  references: string | null;
  open: boolean;
  values: string[];
}

const TYPES: Readonly<Record<string, string>> = { timestamptz: 'timestamp with time zone' };

function parseColumn(line: string): WantedColumn {
  const [name = '', type = '', ...rest] = line.split(' ');
  const after = (word: string): string | null => (rest.includes(word) ? (rest[rest.indexOf(word) + 1] ?? null) : null);
  return {
    name,
    type: TYPES[type] ?? type,
    primary: rest.includes('pk'),
    notNull: rest.includes('not'),
    default: after('default'),
    references: after('references'),
    open: rest.includes('open'),
    values: after('in')?.split('|') ?? [],
  };
}
