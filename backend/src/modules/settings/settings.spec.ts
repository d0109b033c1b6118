import { readFileSync } from 'node:fs';
import path from 'node:path';
import { principalOf, createTestApp, type TestApp } from '../../../test/support/test-app';
import { affected, queryRows } from '../../kernel/database/rows';
import { APP_SETTING_KEYS, APP_SETTINGS } from './registry/app-settings';
import { valueProblems } from './registry/value-check';
import { SettingsModule } from './settings.module';
import { SettingsService } from './settings.service';

const ZOOM = '/settings/appearance.zoom';
const NETWORKS = '/settings/discovery.allowed_networks';

interface Setting {
  key: string;
  value: unknown;
  updatedAt: string | null;
}

describe('settings of the installation', () => {
  let test: TestApp;
  let settings: SettingsService;

  beforeAll(async () => {
    test = await createTestApp({ imports: [SettingsModule] });
    settings = test.app.get(SettingsService);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await affected(test.dataSource, 'DELETE FROM app_settings');
    test.live.changes.length = 0;
  });

  const put = (path: string, value: unknown, seen: string | null = null) =>
    test.as('administrator').put(path, { value, seen });
  const audit = () =>
    queryRows<{ action: string; object_id: string; actor_name: string; details_json: unknown }>(
      test.dataSource,
      `SELECT action, object_id, actor_name, details_json FROM audit_log WHERE object_type = 'setting' ORDER BY id`,
    );

  it.each(APP_SETTING_KEYS)('%s has a default that fits its own schema', (key) => {
    const { schema, default: value } = APP_SETTINGS[key];
    expect(key).toMatch(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/);
    expect(valueProblems(key, schema.json, value)).toEqual([]);
  });

  it('stand in docs/operations.md, with their defaults', () => {
    const documented = readFileSync(path.join(__dirname, '../../../../docs/operations.md'), 'utf8')
      .split('\n')
      .flatMap((line) => /^\| `([a-z_]+\.[a-z_]+)` +\| `([^`]+)`/.exec(line)?.slice(1, 3).join(' ') ?? []);
    expect(documented).toEqual(APP_SETTING_KEYS.map((key) => `${key} ${JSON.stringify(APP_SETTINGS[key].default)}`));
  });

  it('give the pages before the sign-in their looks, and nothing else', async () => {
    const { body: before } = await test.anonymous.get('/appearance').expect(200);
    expect(before).toEqual({ theme: 'system', density: 'comfort', zoom: 100, language: 'browser' });
    await put('/settings/appearance.theme', 'dark').expect(200);
    await put('/settings/appearance.language', 'fr').expect(200);
    await put(NETWORKS, ['10.0.0.0/8']).expect(200);
    const { body: after } = await test.anonymous.get('/appearance').expect(200);
    expect(after).toEqual({ theme: 'dark', density: 'comfort', zoom: 100, language: 'fr' });
  });

  it('have their defaults until somebody sets them, for everybody who is signed in', async () => {
    const { body } = await test.as('viewer').get('/settings').expect(200);
    expect((body as Setting[]).map(({ key }) => key)).toEqual(APP_SETTING_KEYS);
    expect(body[0]).toEqual({
      key: 'appearance.theme',
      section: 'appearance',
      value: 'system',
      default: 'system',
      schema: { type: 'string', enum: ['system', 'light', 'dark'] },
      unit: null,
      awaits: null,
      updatedAt: null,
      updatedBy: null,
      unfit: false,
      stored: null,
      writable: false,
    });
    await test.anonymous.get('/settings').expect(401);
  });

  it('are set by an administrator, read by every process at once, and put into the audit with both values', async () => {
    const other = await createTestApp({ imports: [SettingsModule], database: test.database });
    try {
      expect(await other.app.get(SettingsService).get('appearance.zoom')).toBe(100);
      const { body } = await put(ZOOM, 120).expect(200);
      expect(body).toMatchObject({ value: 120, default: 100, updatedBy: 'The administrator', writable: true });
      const zoom: number = await other.app.get(SettingsService).get('appearance.zoom');
      expect(zoom).toBe(120);
    } finally {
      await other.app.close();
    }
    expect((await audit()).at(-1)).toEqual({
      action: 'setting.change',
      object_id: 'appearance.zoom',
      actor_name: principalOf('administrator').displayName,
      details_json: { schema_version: 1, before: 100, after: 120 },
    });
    expect(test.live.changes).toEqual([{ settingKeys: ['appearance.zoom'] }]);
  });

  it('go back to their default', async () => {
    const { body } = await put(ZOOM, 120).expect(200);
    const seen = encodeURIComponent((body as Setting).updatedAt ?? '');
    await test.as('administrator').delete(ZOOM).expect(409);
    const reset = await test.as('administrator').delete(`${ZOOM}?seen=${seen}`).expect(200);
    expect(reset.body).toMatchObject({ value: 100, updatedAt: null, updatedBy: null });
    expect((await audit()).at(-1)).toMatchObject({
      action: 'setting.reset',
      details_json: { schema_version: 1, before: 120, after: 100 },
    });
    expect(await settings.get('appearance.zoom')).toBe(100);
  });

  it.each([
    [ZOOM, 135, 'appearance.zoom', 'it has to be 130 or less'],
    [ZOOM, 92, 'appearance.zoom', 'it has to be a multiple of 5'],
    [ZOOM, '100', 'appearance.zoom', 'it has to be of the type integer'],
    [ZOOM, null, 'appearance.zoom', 'it has to be of the type integer'],
    ['/settings/appearance.theme', 'pink', 'appearance.theme', 'it has to be one of system, light, dark'],
    ['/settings/terminal.enabled', 'yes', 'terminal.enabled', 'it has to be of the type boolean'],
    ['/settings/retention.jobs_days', 0, 'retention.jobs_days', 'it has to be 7 or more'],
    [NETWORKS, ['10.0.0.0/8', '10.1.2.3/16'], 'discovery.allowed_networks/1', 'it has to be a network'],
    [NETWORKS, ['10.0.0.0/8', '10.0.0.0/8'], 'discovery.allowed_networks', 'it holds the same entry twice'],
  ])('refuse at %s the value %j, naming it', async (path, value, field, message) => {
    const { body } = await put(path, value).expect(400);
    expect(body).toMatchObject({ code: 'invalid_input', errors: [{ field }] });
    expect(body.errors[0].message).toContain(message);
    expect(await queryRows(test.dataSource, 'SELECT * FROM app_settings')).toEqual([]);
  });

  it('refuse what no request may say', async () => {
    await put('/settings/appearance.font', 'serif').expect(404, /"code":"unknown_setting"/);
    await test.as('viewer').get('/settings/appearance.font').expect(404);
    await test.as('administrator').delete('/settings/__proto__').expect(404);
    await test
      .as('administrator')
      .put(ZOOM, { seen: null })
      .expect(400, /"field":"appearance.zoom"/);
    await test
      .as('administrator')
      .put(ZOOM, { value: 100, seen: 'then' })
      .expect(400, /"field":"seen"/);
    await test.as('operator').put(ZOOM, { value: 110 }).expect(403);
    await test.as('viewer').delete(ZOOM).expect(403);
  });

  it('are not overwritten unseen', async () => {
    const first = (await put(ZOOM, 110).expect(200)).body as Setting;
    expect((await put(ZOOM, 120).expect(409)).body).toMatchObject({
      code: 'setting_changed',
      detail: 'The administrator changed appearance.zoom meanwhile.',
    });
    const second = (await put(ZOOM, 120, first.updatedAt).expect(200)).body as Setting;
    expect(Date.parse(second.updatedAt ?? '')).toBeGreaterThan(Date.parse(first.updatedAt ?? ''));
    await put(ZOOM, 130, first.updatedAt).expect(409);
    expect(await settings.get('appearance.zoom')).toBe(120);
  });

  it('take one of two changes at the same moment, also of a setting that nobody had set', async () => {
    const answers = await Promise.all([100, 105, 110, 115].map((zoom) => put(ZOOM, zoom)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const won = answers.find(({ status }) => status === 200)?.body as Setting;
    expect(await settings.get('appearance.zoom')).toBe(won.value);
  });

  it('are given as they are stored, and marked, where a newer program wrote them', async () => {
    await put(ZOOM, 120).expect(200);
    await test.dataSource.query(`UPDATE app_settings SET value_json = '{"schema_version": 4, "percent": 120}'`);
    expect((await test.as('viewer').get(ZOOM)).body).toMatchObject({
      value: 100,
      unfit: true,
      stored: { unreadable: 'newer', document: { schema_version: 4, percent: 120 } },
    });
  });

  it('take an empty moment for the default', async () => {
    await test.as('administrator').delete(`${ZOOM}?seen=`).expect(200);
  });

  it('hold their default while the stored value does not fit, and say so', async () => {
    const stored = ['{"schema_version": 1, "value": 999}', '{"schema_version": 2, "value": 105}', '105'];
    for (const document of stored) {
      await test.dataSource.query('DELETE FROM app_settings');
      await test.dataSource.query(
        `INSERT INTO app_settings (key, value_json, updated_at, updated_by) VALUES ('appearance.zoom', $1, now(), 'Ada')`,
        [document],
      );
      expect(await settings.get('appearance.zoom')).toBe(100);
      expect((await test.as('administrator').get(ZOOM).expect(200)).body).toMatchObject({
        value: 100,
        unfit: true,
        updatedBy: 'Ada',
      });
    }
    const { body } = await test.as('administrator').get(ZOOM).expect(200);
    expect((await put(ZOOM, 105, (body as Setting).updatedAt).expect(200)).body).toMatchObject({
      value: 105,
      unfit: false,
    });
  });
});
