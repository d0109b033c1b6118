import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createTestApp, type TestApp } from '../../../test/support/test-app';
import { newId } from '../../kernel/database/ids';
import { affected, queryRows } from '../../kernel/database/rows';
import { SettingsModule } from './settings.module';

const UI = '/machine-ui-state';

describe('how machines are shown', () => {
  let test: TestApp;
  let machine: string;

  beforeAll(async () => {
    test = await createTestApp({ imports: [SettingsModule] });
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await affected(test.dataSource, 'DELETE FROM machines');
    machine = newId();
    await affected(
      test.dataSource,
      `INSERT INTO machines (id, name, hostname, os_family, username, status, created_at, updated_at)
       VALUES ($1, 'web-01', 'web-01.example', 'debian', 'admin', 'new', now(), now())`,
      [machine],
    );
    test.live.changes.length = 0;
  });

  it('is kept per machine, shared by everybody who may see it, and changed part by part', async () => {
    const untouched = { machineId: machine, tileMode: null, sectionsOpen: null, lastActiveTab: null, unreadable: null };
    expect((await test.as('viewer').get(`${UI}/${machine}`).expect(200)).body).toEqual(untouched);
    await test.as('viewer').patch(`${UI}/${machine}`, { lastActiveTab: 'runs' }).expect(200);
    await test
      .as('operator')
      .patch(`${UI}/${machine}`, { tileMode: 'expanded', sectionsOpen: ['logs'] })
      .expect(200);
    const state = {
      machineId: machine,
      tileMode: 'expanded',
      sectionsOpen: ['logs'],
      lastActiveTab: 'runs',
      unreadable: null,
    };
    expect((await test.as('viewer').get(`${UI}/${machine}`)).body).toEqual(state);
    expect((await test.as('viewer').get(UI).expect(200)).body).toEqual([state]);
    const folded = await test.as('viewer').patch(`${UI}/${machine}`, { tileMode: 'compact', sectionsOpen: null });
    expect(folded.body).toEqual({ ...state, tileMode: 'compact', sectionsOpen: null });
    expect((await test.as('viewer').get(UI)).body).toEqual([]);
    expect(test.live.changes).toEqual(Array.from({ length: 3 }, () => ({ uiMachineIds: [machine] })));
    expect((await test.as('viewer').delete(`${UI}/${machine}`).expect(200)).body).toEqual(untouched);
    expect(await queryRows(test.dataSource, 'SELECT * FROM machine_ui_state')).toEqual([]);
  });

  it.each([
    [{ tileMode: 'huge' }, 'tileMode'],
    [{ sectionsOpen: 'logs' }, 'sectionsOpen'],
    [{ sectionsOpen: ['Logs'] }, 'sectionsOpen'],
    [{ sectionsOpen: ['logs', 'logs'] }, 'sectionsOpen'],
    [{ sectionsOpen: [1] }, 'sectionsOpen'],
    [{ lastActiveTab: '../x' }, 'lastActiveTab'],
    [{ font: 'serif' }, 'font'],
  ])('refuses %j', async (body, field) => {
    const { body: problem } = await test.as('operator').patch(`${UI}/${machine}`, body).expect(400);
    expect(problem.errors[0].field).toBe(field);
  });

  it('gives open sections that a newer program wrote as they are stored, and marked', async () => {
    await test
      .as('operator')
      .patch(`${UI}/${machine}`, { sectionsOpen: ['log'] })
      .expect(200);
    await test.dataSource.query(
      `UPDATE machine_ui_state SET sections_open_json = '{"schema_version": 4, "open": ["log"]}'`,
    );
    expect((await test.as('viewer').get(`${UI}/${machine}`)).body).toMatchObject({
      sectionsOpen: null,
      unreadable: { unreadable: 'newer', document: { schema_version: 4, open: ['log'] } },
    });
  });

  it('knows no machine that is not there, and goes with one', async () => {
    await test.as('viewer').patch(`${UI}/${newId()}`, { tileMode: 'compact' }).expect(404);
    await test.as('viewer').patch(`${UI}/nonsense`, { tileMode: 'compact' }).expect(400);
    await test.anonymous.get(UI).expect(401);
    await test.as('viewer').patch(`${UI}/${machine}`, { tileMode: 'expanded' }).expect(200);
    await affected(test.dataSource, 'DELETE FROM machines WHERE id = $1', [machine]);
    expect((await test.as('viewer').get(UI)).body).toEqual([]);
  });

  it('is read by nothing else in the product', () => {
    const sources = path.join(__dirname, '..', '..');
    const readers = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(
      (file) =>
        /(?<!\.spec)\.ts$/.test(file) &&
        !file.startsWith(path.join('modules', 'settings') + path.sep) &&
        /machine_ui_state|user_preferences/.test(readFileSync(path.join(sources, file), 'utf8')),
    );
    expect(readers).toEqual([]);
  });
});
