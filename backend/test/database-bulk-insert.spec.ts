import type { DataSource } from 'typeorm';
import { bulkInsert, type BulkType } from '../src/kernel/database/bulk-insert';
import { newId } from '../src/kernel/database/ids';
import { queryRows } from '../src/kernel/database/rows';
import { createTestDatabase, type TestDatabase } from './support/postgres';

describe('bulkInsert', () => {
  let db: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
    await source.query(`CREATE TABLE sample (id uuid PRIMARY KEY, word text, flag boolean, count integer, small smallint,
                          big bigint, share real, at timestamptz, document jsonb)`);
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
    document: 'jsonb',
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
      document: { nested: [1, null, 'x'], text: '{"not": "parsed"}' },
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
      document: null,
    };
    const scalar = { ...empty, id: newId(), document: 'just text', word: '' };
    expect(await bulkInsert(source, 'sample', columns, [full, empty, scalar])).toBe(3);
    const rows = await queryRows(source, 'SELECT * FROM sample ORDER BY id');
    expect(rows).toEqual([{ ...full, big: '9007199254740991' }, empty, { ...scalar }]);
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
