import { createTestApp, principalOf, type TestApp } from '../../../test/support/test-app';
import { roles } from '../../kernel/auth/permissions';
import { affected, queryRows } from '../../kernel/database/rows';
import { PREFERENCE_KEYS } from './registry/preferences';
import { SettingsModule } from './settings.module';

const ME = '/me/preferences';

describe('preferences', () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await createTestApp({ imports: [SettingsModule] });
    for (const role of roles) await insertUser(role);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await affected(test.dataSource, 'DELETE FROM user_preferences');
    await affected(test.dataSource, 'DELETE FROM app_settings');
    test.live.changes.length = 0;
  });

  async function insertUser(role: (typeof roles)[number]): Promise<void> {
    const { userId, displayName } = principalOf(role);
    await affected(
      test.dataSource,
      `INSERT INTO users (id, username, display_name, role, status, created_at, updated_at)
       VALUES ($1, $2, $3, $2, 'active', now(), now())`,
      [userId, role, displayName],
    );
  }

  it('follow the settings of the installation until somebody chooses', async () => {
    expect((await test.as('viewer').get(ME).expect(200)).body).toEqual({
      values: {
        theme: 'system',
        density: 'comfort',
        zoom: 100,
        language: 'browser',
        pane_width: 440,
        dashboard_view: 'comfort',
        default_tab: 'last',
        dock_open: false,
        pane_open: false,
        shortcuts: true,
      },
      chosen: [],
      unreadable: [],
    });
    await test.as('administrator').put('/settings/appearance.theme', { value: 'dark' }).expect(200);
    expect((await test.as('viewer').get(ME)).body.values.theme).toBe('dark');
    const chosen = await test.as('viewer').put(`${ME}/theme`, { value: 'light' }).expect(200);
    expect(chosen.body).toMatchObject({ values: { theme: 'light' }, chosen: ['theme'] });
    const reset = await test.as('viewer').delete(`${ME}/theme`).expect(200);
    expect(reset.body).toMatchObject({ values: { theme: 'dark' }, chosen: [] });
  });

  it('belong to one person, whose other browsers hear of them', async () => {
    await test.as('operator').put(`${ME}/zoom`, { value: 115 }).expect(200);
    await test.as('operator').put(`${ME}/zoom`, { value: 120 }).expect(200);
    expect((await test.as('operator').get(ME)).body).toMatchObject({ values: { zoom: 120 }, chosen: ['zoom'] });
    expect((await test.as('viewer').get(ME)).body).toMatchObject({ values: { zoom: 100 }, chosen: [] });
    expect(test.live.changes[0]).toEqual({ preferenceUserIds: [principalOf('operator').userId] });
    expect(await queryRows(test.dataSource, 'SELECT key FROM user_preferences')).toEqual([{ key: 'zoom' }]);
  });

  it('refuse what they cannot be', async () => {
    const refused = await test.as('viewer').put(`${ME}/zoom`, { value: 200 }).expect(400);
    expect(refused.body.errors).toMatchObject([{ field: 'zoom', message: 'it has to be 130 or less' }]);
    await test.as('viewer').put(`${ME}/zoom`, {}).expect(400);
    await test
      .as('viewer')
      .put(`${ME}/font`, { value: 1 })
      .expect(404, /"code":"unknown_preference"/);
    await test.as('viewer').delete(`${ME}/constructor`).expect(404);
    await test.anonymous.get(ME).expect(401);
    expect(await queryRows(test.dataSource, 'SELECT * FROM user_preferences')).toEqual([]);
  });

  it('that do not fit any more are as if they had not been made', async () => {
    await test.as('viewer').put(`${ME}/density`, { value: 'compact' }).expect(200);
    await test.dataSource.query(`UPDATE user_preferences SET value_json = '{"schema_version": 1, "value": "huge"}'`);
    expect((await test.as('viewer').get(ME).expect(200)).body).toMatchObject({
      values: { density: 'comfort' },
      chosen: [],
    });
  });

  it('of a newer program are given as they are stored, and marked', async () => {
    await test.as('viewer').put(`${ME}/density`, { value: 'compact' }).expect(200);
    await test.dataSource.query(`UPDATE user_preferences SET value_json = '{"schema_version": 4, "rows": 30}'`);
    expect((await test.as('viewer').get(ME).expect(200)).body).toMatchObject({
      values: { density: 'comfort' },
      chosen: [],
      unreadable: [{ key: 'density', stored: { unreadable: 'newer', document: { schema_version: 4, rows: 30 } } }],
    });
  });

  it('go with their person', async () => {
    await test.as('viewer').put(`${ME}/dock_open`, { value: true }).expect(200);
    await affected(test.dataSource, 'DELETE FROM users WHERE id = $1', [principalOf('viewer').userId]);
    expect(await queryRows(test.dataSource, 'SELECT * FROM user_preferences')).toEqual([]);
    await insertUser('viewer');
  });

  it('all stand in the answer', async () => {
    const { body } = await test.as('viewer').get(ME);
    expect(Object.keys(body.values as object)).toEqual(PREFERENCE_KEYS);
  });
});
