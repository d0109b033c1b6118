import type { DataSource } from 'typeorm';
import { readConstraints, readIndexes } from './database-introspection';
import { createTestDatabase, type TestDatabase } from './support/postgres';

/** The entities and the migrated database must say the same, to the letter. */
describe('entities against the migrated database', () => {
  let db: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
  });

  afterAll(async () => {
    await db.drop();
  });

  it('leave nothing for a schema synchronisation to do', async () => {
    const log = await source.driver.createSchemaBuilder().log();
    expect(log.upQueries.map((query) => query.query)).toEqual([]);
  });

  it('cover every table', async () => {
    const tables: { table: string }[] = await source.query(
      `SELECT relname::text AS "table" FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND relname <> 'schema_migrations' ORDER BY 1`,
    );
    expect(source.entityMetadatas.map((entity) => entity.tableName).sort()).toEqual(tables.map((row) => row.table));
  });

  it('name every index, those included that TypeORM cannot express', async () => {
    const declared = source.entityMetadatas.flatMap((entity) =>
      [...entity.indices, ...entity.uniques].map((index) => `${entity.tableName}: ${index.name}`),
    );
    const present = (await readIndexes(source)).map((index) => `${index.table}: ${index.name}`);
    expect(declared.sort()).toEqual(present.sort());
  });

  it('declare the same CHECKs as the migrations, not only the same names', async () => {
    const present = (await readConstraints(source)).filter((constraint) => constraint.kind === 'c');
    const declared = await declaredChecks(source);
    expect(declared).toEqual(
      Object.fromEntries(present.map((check) => [`${check.table}.${check.name}`, check.definition])),
    );
  });
});

/** PostgreSQL's own reading of the entities' CHECKs: each is added to its table under another name, then rolled back. */
async function declaredChecks(source: DataSource): Promise<Record<string, string>> {
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  try {
    const found: Record<string, string> = {};
    for (const entity of source.entityMetadatas) {
      for (const check of entity.checks) {
        await runner.query(`ALTER TABLE ${entity.tableName} ADD CONSTRAINT declared CHECK (${check.expression})`);
        const [row] = (await readConstraints(runner.manager)).filter((constraint) => constraint.name === 'declared');
        found[`${entity.tableName}.${check.name}`] = row?.definition ?? '';
        await runner.query(`ALTER TABLE ${entity.tableName} DROP CONSTRAINT declared`);
      }
    }
    return found;
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}
