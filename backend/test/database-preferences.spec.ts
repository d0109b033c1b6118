import type { DataSource } from 'typeorm';
import { migrate, revertMigrations } from '../src/kernel/database/migrate';
import { newId } from '../src/kernel/database/ids';
import { queryRows } from '../src/kernel/database/rows';
import { createTestDatabase, type TestDatabase } from './support/postgres';

/** Language and theme were columns of `users` before they became preferences. */
describe('the migration of language and theme', () => {
  let db: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    db = await createTestDatabase({ migrated: false });
    source = await db.dataSource();
  });
  afterAll(async () => {
    await db.drop();
  });

  it('loses no choice on the way up, nor on the way down', async () => {
    const { applied } = await migrate({ url: db.url });
    const at = applied.findIndex((name) => name.startsWith('Phase15UserPreferences'));
    await revertMigrations({ url: db.url }, applied.length - at);
    const chosen = [
      { username: 'both', locale: 'fr', theme: 'dark' },
      { username: 'british', locale: 'en-GB', theme: null },
      { username: 'german', locale: 'de', theme: 'system' },
      { username: 'nothing', locale: null, theme: null },
    ];
    for (const { username, locale, theme } of chosen) {
      await source.query(
        `INSERT INTO users (id, username, display_name, role, status, locale, theme, created_at, updated_at)
         VALUES ($1, $2, $2, 'viewer', 'active', $3, $4, now(), now())`,
        [newId(), username, locale, theme],
      );
    }

    await migrate({ url: db.url });
    const preferences = await queryRows(
      source,
      `SELECT username, key, value_json -> 'value' AS value FROM user_preferences JOIN users ON users.id = user_id ORDER BY 1, 2`,
    );
    expect(preferences).toEqual([
      { username: 'both', key: 'language', value: 'fr' },
      { username: 'both', key: 'theme', value: 'dark' },
      { username: 'british', key: 'language', value: 'en' },
      { username: 'german', key: 'theme', value: 'system' },
    ]);

    await revertMigrations({ url: db.url }, applied.length - at);
    const columns = await queryRows(source, 'SELECT username, locale, theme FROM users ORDER BY 1');
    expect(columns).toEqual([
      { username: 'both', locale: 'fr', theme: 'dark' },
      { username: 'british', locale: 'en', theme: null },
      { username: 'german', locale: null, theme: 'system' },
      { username: 'nothing', locale: null, theme: null },
    ]);
  });
});
