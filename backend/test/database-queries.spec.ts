import { DataSource } from 'typeorm';
import { bigintNumber } from '../src/kernel/database/columns';
import { newId } from '../src/kernel/database/ids';
import { prepared } from '../src/kernel/database/prepared';
import { affected, queryOne, queryRows } from '../src/kernel/database/rows';
import { JobEntity } from '../src/modules/jobs/entities/job.entity';
import { TagEntity } from '../src/modules/machines/entities/tag.entity';
import { createTestDatabase, type TestDatabase } from './support/postgres';

/** Values that types forbid but that a wrong cast or an unchecked request brings all the same. */
const missing = undefined as unknown as string;
const none = null as unknown as string;

describe('queries', () => {
  let db: TestDatabase;
  let source: DataSource;
  let first: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
    first = newId();
    await source.getRepository(TagEntity).insert({ id: first, name: 'prod', color: null, createdAt: new Date() });
    await source.getRepository(TagEntity).insert({ id: newId(), name: 'lab', color: null, createdAt: new Date() });
  });

  afterAll(async () => {
    await db.drop();
  });

  describe('with a missing id', () => {
    it.each([
      ['undefined', missing],
      ['null', none],
    ])('%s: find, update and delete throw', async (_name, id) => {
      const tags = source.getRepository(TagEntity);
      await expect(tags.findOneBy({ id })).rejects.toThrow(/where condition/);
      await expect(tags.findOne({ where: { id } })).rejects.toThrow(/where condition/);
      await expect(tags.find({ where: [{ name: 'prod' }, { id }] })).rejects.toThrow(/where condition/);
      await expect(tags.update({ id }, { name: 'taken over' })).rejects.toThrow();
      await expect(tags.delete({ id })).rejects.toThrow();
      await expect(tags.delete(id)).rejects.toThrow();
      expect(await tags.count()).toBe(2);
    });

    it('query builders throw, in object and in text form', async () => {
      const builder = () => source.createQueryBuilder(TagEntity, 'tag');
      await expect(builder().where({ id: missing }).getOne()).rejects.toThrow('is undefined');
      await expect(builder().where('tag.id = :id', { id: missing }).getOne()).rejects.toThrow('is undefined');
      await expect(builder().where(':id::uuid IS NULL OR tag.id = :id', { id: missing }).getMany()).rejects.toThrow(
        'is undefined',
      );
      await expect(builder().delete().where({ id: missing }).execute()).rejects.toThrow('is undefined');
      await expect(
        source.createQueryBuilder().update(TagEntity).set({ name: 'x' }).where('id = :id', { id: missing }).execute(),
      ).rejects.toThrow('is undefined');
    });

    it('a null in a query builder finds nothing', async () => {
      expect(await source.createQueryBuilder(TagEntity, 'tag').where({ id: none }).getOne()).toBeNull();
    });

    it('raw statements throw', async () => {
      await expect(source.query('SELECT * FROM tags WHERE id = $1', [missing])).rejects.toThrow('$1');
      await expect(queryRows(source, 'SELECT $1::text, $2::text', ['a', missing])).rejects.toThrow('$2');
      expect(await queryRows(source, 'SELECT 1 AS fine')).toEqual([{ fine: 1 }]);
    });
  });

  describe('raw rows', () => {
    it('tell a lost fence from a kept one, which the bare query does not', async () => {
      const id = newId();
      await affected(
        source,
        `INSERT INTO jobs (id, kind, status, created_at, fence) VALUES ($1, 'machine_probe', 'running', now(), 7)`,
        [id],
      );
      const finish = `UPDATE jobs SET status = 'ok' WHERE id = $1 AND fence = $2 RETURNING id`;

      // The trap: no row was touched, yet the answer has two entries.
      expect(await source.query(finish, [id, 6])).toEqual([[], 0]);
      expect(await queryRows(source, finish, [id, 6])).toEqual([]);
      expect(await affected(source, finish, [id, 6])).toBe(0);
      expect(await queryOne(source, finish, [id, 6])).toBeNull();
      expect(await queryRows(source, finish, [id, 7])).toEqual([{ id }]);
      expect(await affected(source, finish, [id, 7])).toBe(1);
      expect(await affected(source, 'DELETE FROM jobs WHERE id = $1', [id])).toBe(1);
    });

    it('come from inside a transaction too, and refuse to choose between two', async () => {
      await source.transaction(async (manager) => {
        await affected(manager, `UPDATE tags SET color = 'red'`);
        expect(await queryRows(manager, 'SELECT DISTINCT color FROM tags')).toEqual([{ color: 'red' }]);
        await expect(queryOne(manager, 'SELECT id FROM tags')).rejects.toThrow('Expected one row');
        await manager.query('ROLLBACK');
        await manager.query('BEGIN');
      });
      expect(await queryRows(source, 'SELECT DISTINCT color FROM tags')).toEqual([{ color: null }]);
    });
  });

  it('keeps a statement that is marked so prepared on its connection, and no other', async () => {
    const marked = prepared('SELECT $1::text AS said');
    const kept = 'SELECT statement FROM pg_prepared_statements';
    await source.transaction(async (manager) => {
      for (const said of ['once', 'twice']) expect(await queryRows(manager, marked, [said])).toEqual([{ said }]);
      expect(await queryRows(manager, 'SELECT $1::text AS other', ['x'])).toEqual([{ other: 'x' }]);
      expect(await queryRows(manager, kept)).toEqual([{ statement: marked }]);
      await expect(queryRows(manager, marked, [missing])).rejects.toThrow('$1');
    });
  });

  it('bring bigint columns as numbers and refuse to round them', async () => {
    const jobs = source.getRepository(JobEntity);
    const id = newId();
    await jobs.insert({
      id,
      kind: 'machine_probe',
      status: 'queued',
      createdAt: new Date(),
      fence: 9_007_199_254_740_991,
    });
    expect(await jobs.findOneBy({ id })).toMatchObject({
      fence: Number.MAX_SAFE_INTEGER,
      lastSeq: 0,
      timeoutSeconds: null,
    });
    expect(() => bigintNumber.from('9007199254740993') as number).toThrow(RangeError);
  });
});
