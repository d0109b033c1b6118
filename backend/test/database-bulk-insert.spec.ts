import type { DataSource } from 'typeorm';
import { Contracts } from '../src/kernel/contracts/contracts';
import { document } from '../src/kernel/contracts/schemas';
import { bulkInsert, type BulkType } from '../src/kernel/database/bulk-insert';
import { newId } from '../src/kernel/database/ids';
import { queryRows } from '../src/kernel/database/rows';
import { createTestDatabase, type TestDatabase } from './support/postgres';

const documents = new Contracts();
documents.register({
  name: 'sample',
  title: 'Sample',
  description: 'Of this test.',
  columns: ['sample.document_json'],
  versions: { 1: { body: { ...document(1, {}), additionalProperties: true } } },
});

describe('bulkInsert', () => {
  let db: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
    await source.query(`CREATE TABLE sample (id uuid PRIMARY KEY, word text, flag boolean, count integer, small smallint,
                          big bigint, share real, at timestamptz, document_json jsonb)`);
  });

  beforeEach(async () => {
    await source.query('TRUNCATE sample');
  });

  afterAll(async () => {
    await db.drop();
  });

  const columns: Readonly<Record<string, BulkType>> = {
    id: 'uuid',
    word: 'text',
    flag: 'boolean',
    count: 'integer',
    small: 'smallint',
    big: 'bigint',
    share: 'real',
    at: 'timestamptz',
    document_json: 'jsonb',
  };

  it('keeps every type as it is', async () => {
    const full = {
      id: newId(),
      word: `it's "quoted"; \\N \t\n$(id) é 🦫`,
      flag: true,
      count: -1,
      small: 3,
      big: 9_007_199_254_740_991,
      share: 0.5,
      at: new Date('2026-02-01T10:00:00.123Z'),
      document_json: documents.document('sample', { nested: [1, null, 'x'], text: '{"not": "parsed"}' }),
    };
    const empty = {
      ...full,
      id: newId(),
      word: null,
      flag: null,
      count: null,
      small: null,
      big: null,
      share: null,
      at: null,
      document_json: null,
    };
    const bare = { ...empty, id: newId(), word: '' };
    expect(await bulkInsert(source, 'sample', columns, [full, empty, bare])).toBe(3);
    const rows = await queryRows(source, 'SELECT * FROM sample ORDER BY id');
    const stored = { ...full, big: '9007199254740991', document_json: full.document_json.body };
    expect(rows).toEqual([stored, empty, bare]);
  });

  it('is one statement, however many rows', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ id: newId(), word: `package-${String(index)}` }));
    await source.transaction(async (manager) => {
      expect(await bulkInsert(manager, 'sample', { id: 'uuid', word: 'text' }, rows)).toBe(20_000);
    });
    expect(await bulkInsert(source, 'sample', { id: 'uuid', word: 'text' }, [])).toBe(0);
    expect(await queryRows(source, 'SELECT count(DISTINCT word)::int AS words FROM sample')).toEqual([
      { words: 20_000 },
    ]);
  });

  it('updates what is there when asked to', async () => {
    const id = newId();
    const upsert = { onConflict: 'ON CONFLICT (id) DO UPDATE SET word = excluded.word' };
    await bulkInsert(source, 'sample', { id: 'uuid', word: 'text' }, [{ id, word: 'old' }], upsert);
    await bulkInsert(source, 'sample', { id: 'uuid', word: 'text' }, [{ id, word: 'new' }], upsert);
    expect(await queryRows(source, 'SELECT word FROM sample')).toEqual([{ word: 'new' }]);
  });

  it('refuses what JSON would silently turn into null, and odd names', async () => {
    const only = { id: 'uuid', share: 'real' } as const;
    const incomplete = { id: newId() } as { id: string; share: number };
    await expect(bulkInsert(source, 'sample', only, [incomplete])).rejects.toThrow('no storable value for share');
    await expect(bulkInsert(source, 'sample', only, [{ id: newId(), share: Number.NaN }])).rejects.toThrow('share');
    await expect(bulkInsert(source, 'sample; --', only, [{ id: newId(), share: 1 }])).rejects.toThrow('Not the name');
    expect(await queryRows(source, 'SELECT 1 FROM sample')).toEqual([]);
  });

  it('stores no document that no contract has accepted', async () => {
    const only = { id: 'uuid', document_json: 'jsonb' } as const;
    for (const bare of ['{}', { schema_version: 1 }, 7]) {
      const row = { id: newId(), document_json: bare };
      await expect(bulkInsert(source, 'sample', only, [row])).rejects.toThrow('sample.document_json takes documents');
    }
    expect(await queryRows(source, 'SELECT 1 FROM sample')).toEqual([]);
  });

  it('fails as a whole', async () => {
    const id = newId();
    await expect(bulkInsert(source, 'sample', { id: 'uuid' }, [{ id: newId() }, { id }, { id }])).rejects.toMatchObject(
      {
        code: '23505',
      },
    );
    expect(await queryRows(source, 'SELECT 1 FROM sample')).toEqual([]);
  });
});
