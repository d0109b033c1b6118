import {
  readColumns,
  readConstraints,
  readIndexes,
  type ColumnFacts,
  type ConstraintFacts,
} from './database-introspection';
import { DEVIATIONS, SPECIFIED_INDEXES, SPECIFIED_TABLES } from './database-specification';
import { createTestDatabase, type TestDatabase } from './support/postgres';

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

  it.each(Object.entries(SPECIFIED_TABLES))('%s has all its columns as specified', (table, lines) => {
    const differences = lines.flatMap((line) => {
      const wanted = parseColumn(line);
      return compare(table, wanted).map((difference) => `${table}.${wanted.name}: ${difference}`);
    });
    expect(differences).toEqual(DEVIATIONS.filter((deviation) => deviation.startsWith(`${table}.`)));
  });

  it('lists deviations of landed tables only', () => {
    expect(DEVIATIONS.map((line) => line.split('.')[0]).filter((table) => !SPECIFIED_TABLES[table ?? ''])).toEqual([]);
  });

  it.each(SPECIFIED_INDEXES)('has the index %s', (index) => {
    expect(indexes).toContain(index);
  });

  function compare(table: string, wanted: WantedColumn): string[] {
    const column = columns.find((candidate) => candidate.table === table && candidate.name === wanted.name);
    if (!column) return ['missing'];
    const own = constraints.filter((key) => key.table === table && key.columns.includes(wanted.name));
    const check = own.find((key) => key.kind === 'c')?.definition ?? '';
    const found = column.default?.replace(/^'(.*)'::\w+$/, '$1') ?? null;
    const lost = wanted.values.filter((value) => !check.includes(`'${value}'`));
    return [
      column.type === wanted.type ? '' : `type ${column.type}`,
      wanted.primary === own.some((key) => key.kind === 'p') ? '' : 'primary key differs',
      column.notNull === (wanted.notNull || wanted.primary) ? '' : column.notNull ? 'not null' : 'nullable',
      found === wanted.default ? '' : `default ${String(found)}`,
      wanted.references && !own.some((key) => key.references === wanted.references) ? 'no reference' : '',
      !wanted.open && lost.length > 0 ? `refuses ${lost.join(', ')}` : '',
      wanted.open && !check.includes('^[a-z][a-z0-9_]*$') ? 'not an open list' : '',
    ].filter((difference) => difference !== '');
  }
});

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
