import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  readColumns,
  readConstraints,
  readIndexes,
  type ColumnFacts,
  type ConstraintFacts,
} from './database-introspection';
import { createTestDatabase, type TestDatabase } from './support/postgres';

/** What holds for every table, those of features to come included. */
describe('every table', () => {
  let db: TestDatabase;
  let columns: ColumnFacts[];
  let constraints: ConstraintFacts[];
  let indexes: Awaited<ReturnType<typeof readIndexes>>;

  beforeAll(async () => {
    db = await createTestDatabase();
    const source = await db.dataSource();
    columns = await readColumns(source);
    constraints = await readConstraints(source);
    indexes = await readIndexes(source);
  });

  afterAll(async () => {
    await db.drop();
  });

  it.each([
    ['documents are jsonb', /_json$/, 'jsonb'],
    ['moments carry their time zone', /(^|_)at$/, 'timestamp with time zone'],
    ['sizes are bigint', /(^|_)bytes(_|$)/, 'bigint'],
    ['ids of our own rows are uuid', /^id$/, 'uuid'],
  ])('%s', (_rule, name, type) => {
    const named = columns.filter((column) => name.test(column.name));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((column) => column.type !== type)).toEqual([]);
  });

  it.each([
    ['sizes and counts are not negative', /((^|_)bytes(_\w+)?|_count|_tokens)$/, />= 0\)/],
    ['percentages are between 0 and 100', /_percent$/, />= \(0\).*<= \(100\)/],
    ['digests are hexadecimal', /(^sha256|_hash|_digest)$/, /~ '\^(\[0-9a-f\]\{64\}\$|\\\$argon2id)/],
    ['encrypted values are envelopes', /^enc_/, /~ '\^suenc:1:/],
  ])('%s', (_rule, name, check) => {
    const named = columns.filter((column) => name.test(column.name) && !foreignDigest(column));
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((column) => !checksOf(column).some((text) => check.test(text)))).toEqual([]);
  });

  it('says what becomes of its rows when the row that they refer to goes', () => {
    const undecided = constraints.filter((key) => key.kind === 'f' && !key.definition.includes('ON DELETE'));
    // A lock goes with its machine or by its holder; while it is there, its job must be. A snapshot whose content
    // another shares goes with that one, or when nothing stands on it. A tag stays while a window goes by it: without it,
    // its machines could be changed at any time.
    expect(undecided.map((key) => key.name)).toEqual([
      'machine_locks_job_id_fkey',
      'maintenance_windows_tag_id_fkey',
      'snapshots_content_snapshot_id_fkey',
    ]);
  });

  it('finds the rows that refer to another by an index, so that removing that one stays cheap', () => {
    const unserved = constraints
      .filter((key) => key.kind === 'f')
      .filter((key) => !leadingColumns(key.table).includes(key.columns[0] ?? ''));
    expect(unserved.map((key) => key.name)).toEqual([]);
  });

  it('stands in docs/retention.md, once, and among those that nobody fills only as long as that is so', () => {
    const said = sectionOf(document('retention.md'), 'Every table')
      .split('\n- ')
      .slice(1)
      .map((entry) => {
        const [kept = '', tables = ''] = entry.split('\n\n')[0]?.split(/\*\*:\s/) ?? [];
        return { kept, tables: namesIn(tables) };
      });
    const present = [...new Set(columns.map(({ table }) => table))];
    expect(said.flatMap(({ tables }) => tables).sort()).toEqual(present.sort());
    const waiting = [...document('data-model/phases.md').matchAll(/^\| \[(\w+)\][^|]*\| waits +\|$/gm)];
    expect(said.find(({ kept }) => kept.includes('No feature fills them'))?.tables.sort()).toEqual(
      waiting.map(([, table]) => table).sort(),
    );
  });

  function document(name: string): string {
    return readFileSync(path.join(__dirname, '../../docs', name), 'utf8');
  }

  function sectionOf(text: string, title: string): string {
    return text.split(/^## /m).find((section) => section.startsWith(title)) ?? '';
  }

  function namesIn(text: string): string[] {
    return [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
  }

  /** The first columns of the primary key and of all indexes that hold every row, or every one that has a value. */
  function leadingColumns(table: string): string[] {
    const primary = constraints.filter((key) => key.table === table && key.kind === 'p');
    const whole = indexes.filter(
      (index) => index.table === table && !/ WHERE \((?!\w+ IS NOT NULL\))/.test(index.definition),
    );
    return [...primary, ...whole].map(({ definition }) => /\((\w+)/.exec(definition)?.[1] ?? '');
  }

  function checksOf(column: ColumnFacts): string[] {
    return constraints
      .filter((key) => key.table === column.table && key.kind === 'c' && key.columns.includes(column.name))
      .map((key) => key.definition);
  }

  /** Digests of images, as Docker writes them (`sha256:…`); what a registry says is kept as it is. */
  function foreignDigest(column: ColumnFacts): boolean {
    return column.table.startsWith('docker_');
  }
});
