import { createTestApp, type TestApp } from '../../../test/support/test-app';
import { addMachine } from '../../../test/support/machine-samples';
import { insertMachine } from '../../../test/support/insert-row';
import { newId } from '../../kernel/database/ids';
import { affected, queryRows } from '../../kernel/database/rows';
import { HistoryModule } from '../history/history.module';
import { MachinesModule } from '../machines/machines.module';
import { WindowsModule } from './windows.module';

interface Window {
  readonly id: string;
  readonly updatedAt: string;
  readonly openings: readonly { readonly from: string; readonly until: string }[];
}

const nights = {
  name: 'Nights',
  enabled: true,
  scope: 'fleet',
  cron: '0 2 * * *',
  timezone: 'Europe/Paris',
  durationMinutes: 120,
};

describe('maintenance windows', () => {
  let test: TestApp;
  const tagId = newId();

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule, HistoryModule, WindowsModule] });
    await affected(test.dataSource, `INSERT INTO tags (id, name, created_at) VALUES ($1, 'db', now())`, [tagId]);
  });
  afterEach(() => affected(test.dataSource, 'DELETE FROM maintenance_windows', []));
  afterAll(() => test.close());

  const create = async (more: object = {}): Promise<Window> => {
    const response = await test.as('administrator').post('/maintenance-windows', { ...nights, ...more });
    expect(response.status).toBe(201);
    return response.body as Window;
  };

  describe('a machine’s tags', () => {
    let count = 0;
    const tagged = (...tagIds: string[]): Promise<string> => {
      count += 1;
      return addMachine(test.as('operator'), `tagged-${String(count)}`, { tagIds });
    };
    const edit = (role: 'operator' | 'administrator', id: string, tagIds: string[]) =>
      test.as(role).patch(`/machines/${id}`, { tagIds });
    const tagsOf = (id: string) =>
      queryRows(test.dataSource, 'SELECT tag_id FROM machine_tags WHERE machine_id = $1', [id]);

    it('are not changed by who may not change windows, where other windows would count by them', async () => {
      await create({ scope: 'tag', tagId });
      const id = await tagged(tagId);
      const refused = await edit('operator', id, []);
      expect(refused.status).toBe(403);
      expect(refused.body).toMatchObject({
        code: 'windows_bound',
        detail: expect.stringContaining('Nights') as string,
      });
      expect(await tagsOf(id)).toHaveLength(1);
      expect((await edit('administrator', id, [])).status).toBe(200);
      expect(await tagsOf(id)).toHaveLength(0);
    });

    it('do not take it out of the window of the fleet either, by a closer one', async () => {
      await create();
      await create({ name: 'Always', scope: 'tag', tagId, cron: '0 * * * *' });
      const id = await tagged();
      expect((await edit('operator', id, [tagId])).body).toMatchObject({ code: 'windows_bound' });
      expect(await tagsOf(id)).toHaveLength(0);
    });

    it('are anybody’s where no window is left by them', async () => {
      await create({ scope: 'tag', tagId });
      const free = await tagged();
      expect((await edit('operator', free, [tagId])).status).toBe(200);
      const own = await tagged(tagId);
      await create({ name: 'Own', scope: 'machine', machineId: own });
      expect((await edit('operator', own, [])).status).toBe(200);
    });
  });

  it('are made, listed with their next openings, changed and removed, each with its audit', async () => {
    const made = await create({ scope: 'tag', tagId });
    expect(made).toMatchObject({ name: 'Nights', tagId, subjectName: 'db', updatedBy: 'The administrator' });
    expect(made.openings).toHaveLength(3);
    const [first] = made.openings;
    expect(Date.parse(first?.until ?? '') - Date.parse(first?.from ?? '')).toBe(7_200_000);
    const change = { ...nights, name: 'Sundays', cron: '0 2 * * SUN', seen: made.updatedAt };
    const changed = await test.as('administrator').put(`/maintenance-windows/${made.id}`, change);
    expect(changed.body).toMatchObject({ name: 'Sundays', scope: 'fleet', tagId: null, subjectName: null });
    const list = await test.as('viewer').get('/maintenance-windows');
    expect(list.body).toEqual([changed.body]);
    const seen = encodeURIComponent((changed.body as Window).updatedAt);
    const removed = await test.as('administrator').delete(`/maintenance-windows/${made.id}?seen=${seen}`);
    expect(removed.status).toBe(204);
    const audit = await queryRows<{ action: string; details: object }>(
      test.dataSource,
      'SELECT action, details_json AS details FROM audit_log WHERE object_id = $1 ORDER BY id',
      [made.id],
    );
    expect(audit.map(({ action }) => action)).toEqual(['window.created', 'window.changed', 'window.removed']);
    expect(audit[1]?.details).toMatchObject({ before: { name: 'Nights', tag_id: tagId }, after: { name: 'Sundays' } });
  });

  it('are announced when they are made, changed or removed, and not where that was refused', async () => {
    const announced = (): string[] => test.live.changes.flatMap(({ windowIds = [] }) => [...windowIds]);
    test.live.changes.length = 0;
    const made = await create();
    const path = `/maintenance-windows/${made.id}`;
    const administrator = test.as('administrator');
    const off = (await administrator.put(path, { ...nights, enabled: false, seen: made.updatedAt })).body as Window;
    expect((await administrator.put(path, { ...nights, seen: made.updatedAt })).status).toBe(409);
    await administrator.delete(`${path}?seen=${encodeURIComponent(off.updatedAt)}`);
    expect(announced()).toEqual([made.id, made.id, made.id]);
  });

  it('open once, at a time of their own: made, changed from and to a repeated one, removed', async () => {
    const administrator = test.as('administrator');
    const once = { cron: '@once', opensAt: '2040-01-01T20:00:00.000Z' };
    const made = await create(once);
    expect(made).toMatchObject({ ...once, openings: [{ from: once.opensAt, until: '2040-01-01T22:00:00.000Z' }] });
    const path = `/maintenance-windows/${made.id}`;
    const repeated = (await administrator.put(path, { ...nights, seen: made.updatedAt })).body as Window;
    expect(repeated).toMatchObject({ cron: nights.cron, opensAt: null });
    const again = (await administrator.put(path, { ...nights, ...once, seen: repeated.updatedAt })).body as Window;
    expect(again).toMatchObject(once);
    expect((await administrator.delete(`${path}?seen=${encodeURIComponent(again.updatedAt)}`)).status).toBe(204);
    const audit = await queryRows<{ details: object }>(
      test.dataSource,
      'SELECT details_json AS details FROM audit_log WHERE object_id = $1 ORDER BY id',
      [made.id],
    );
    expect(audit.map(({ details }) => details)).toMatchObject([
      { window: { opens_at: once.opensAt } },
      { before: { opens_at: once.opensAt }, after: { opens_at: null } },
      { before: { opens_at: null }, after: { opens_at: once.opensAt } },
      { window: { opens_at: once.opensAt } },
    ]);
  });

  it('can be renamed and turned off when their single opening is over, not opened again', async () => {
    const made = await create({ cron: '@once', opensAt: '2040-01-01T20:00:00Z' });
    const over = { ...nights, cron: '@once', opensAt: '2020-01-01T20:00:00.000Z' };
    await affected(test.dataSource, 'UPDATE maintenance_windows SET opens_at = $2 WHERE id = $1', [
      made.id,
      over.opensAt,
    ]);
    const save = (more: object, seen: string) =>
      test.as('administrator').put(`/maintenance-windows/${made.id}`, { ...over, ...more, seen });
    const renamed = (await save({ name: 'Last year' }, made.updatedAt)).body as Window;
    expect(renamed).toMatchObject({ name: 'Last year', enabled: true, openings: [] });
    const off = (await save({ enabled: false }, renamed.updatedAt)).body as Window;
    expect(off).toMatchObject({ enabled: false });
    expect((await save({ enabled: true }, off.updatedAt)).body).toMatchObject({ errors: [{ field: 'opensAt' }] });
  });

  describe('whose time zone is not known any more', () => {
    const nowhere = async (): Promise<Window> => {
      const made = await create();
      await affected(test.dataSource, `UPDATE maintenance_windows SET timezone = 'Europe/Nowhere'`, []);
      return made;
    };
    const save = ({ id, updatedAt }: Window, more: object) =>
      test.as('administrator').put(`/maintenance-windows/${id}`, { ...nights, ...more, seen: updatedAt });

    it('are listed with their problem, beside the others', async () => {
      await nowhere();
      await create({ name: 'Other', enabled: false });
      const list = await test.as('viewer').get('/maintenance-windows');
      expect([list.status, list.body]).toMatchObject([
        200,
        [
          { name: 'Nights', timezone: 'Europe/Nowhere', timingProblem: 'timezone', openings: [] },
          { name: 'Other', timingProblem: null },
        ],
      ]);
    });

    it('can be given another, turned off, or removed, but neither made so nor turned on', async () => {
      const made = await nowhere();
      const off = await save(made, { timezone: 'Europe/Nowhere', enabled: false });
      expect([off.status, off.body]).toMatchObject([200, { enabled: false, timingProblem: 'timezone' }]);
      const on = await save(off.body as Window, { timezone: 'Europe/Nowhere' });
      expect([on.status, on.body]).toMatchObject([400, { errors: [{ field: 'timezone' }] }]);
      const other = await save(off.body as Window, { timezone: 'Europe/Atlantis', enabled: false });
      expect([other.status, other.body]).toMatchObject([400, { errors: [{ field: 'timezone' }] }]);
      const mended = await save(off.body as Window, {});
      expect([mended.status, mended.body]).toMatchObject([200, { enabled: true, timingProblem: null }]);
      const gone = await nowhere();
      const seen = encodeURIComponent(gone.updatedAt);
      expect((await test.as('administrator').delete(`/maintenance-windows/${gone.id}?seen=${seen}`)).status).toBe(204);
    });
  });

  it.each([
    ['a cron of six fields', { cron: '0 0 2 * * *' }, 'cron'],
    ['a day that no month has', { cron: '0 2 30 2 *' }, 'cron'],
    ['a time zone that does not exist', { timezone: 'Europe/Atlantis' }, 'timezone'],
    ['a length below five minutes', { durationMinutes: 4 }, 'durationMinutes'],
    ['a single opening without its time', { cron: '@once' }, 'opensAt'],
    ['a single opening that is over', { cron: '@once', opensAt: '2020-01-01T00:00:00Z' }, 'opensAt'],
    ['a day that comes only in years to come', { cron: '0 0 29 2 *' }, 'cron'],
    ['a step beyond its field', { cron: '*/61 * * * *' }, 'cron'],
    ['a day of a month that has fewer', { cron: '@once', opensAt: '2040-02-31T00:00:00Z' }, 'opensAt'],
    ['a time without its offset', { cron: '@once', opensAt: '2040-02-01T00:00:00' }, 'opensAt'],
    ['a time that is a day alone', { cron: '@once', opensAt: '2040-02-01' }, 'opensAt'],
    ['a time beside a repeated opening', { opensAt: '2040-01-01T00:00:00Z' }, 'opensAt'],
    ['a tag for the whole fleet', { tagId: '01900000-0000-7000-8000-00000000abcd' }, 'tagId'],
    ['no tag for the scope tag', { scope: 'tag' }, 'tagId'],
    ['a tag that does not exist', { scope: 'tag', tagId: '01900000-0000-7000-8000-00000000abcd' }, 'tagId'],
    [
      'a machine that does not exist',
      { scope: 'machine', machineId: '01900000-0000-7000-8000-00000000abcd' },
      'machineId',
    ],
    ['a name that is code', { name: '<script>' }, 'name'],
  ])('refuse %s, naming the field', async (_case, more, field) => {
    const response = await test.as('administrator').post('/maintenance-windows', { ...nights, ...more });
    expect(response.status).toBe(400);
    expect((response.body as { errors: { field: string }[] }).errors.map((error) => error.field)).toEqual([field]);
    expect((await test.as('viewer').get('/maintenance-windows')).body).toEqual([]);
  });

  it('are not changed by somebody who has not seen the newest', async () => {
    const made = await create();
    const path = `/maintenance-windows/${made.id}`;
    await test.as('administrator').put(path, { ...nights, durationMinutes: 60, seen: made.updatedAt });
    const late = await test.as('administrator').put(path, { ...nights, name: 'Mine', seen: made.updatedAt });
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({ code: 'window_changed', action: expect.any(String) as string });
    const removal = await test.as('administrator').delete(`${path}?seen=${encodeURIComponent(made.updatedAt)}`);
    expect(removal.status).toBe(409);
  });

  it('are written by administrators only', async () => {
    expect((await test.as('operator').post('/maintenance-windows', nights)).status).toBe(403);
    expect((await test.as('viewer').get('/maintenance-windows')).status).toBe(200);
  });

  it('keep the tag that they go by from being removed, and go with their machine', async () => {
    await create({ scope: 'tag', tagId });
    const refused = await test.as('administrator').delete(`/tags/${tagId}`);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      code: 'tag_in_use',
      detail: expect.stringContaining('go by this tag: Nights'),
    });
    const machineId = await insertMachine(test.dataSource);
    const own = await create({ scope: 'machine', machineId });
    await affected(test.dataSource, 'DELETE FROM machines WHERE id = $1', [machineId]);
    const left = (await test.as('viewer').get('/maintenance-windows')).body as Window[];
    expect(left.map(({ id }) => id)).not.toContain(own.id);
  });

  it('show the next five openings before they are saved, across a change of the clocks', async () => {
    const { cron, timezone, durationMinutes } = nights;
    const preview = await test.as('viewer').post('/maintenance-windows/preview', { cron, timezone, durationMinutes });
    expect(preview.status).toBe(200);
    expect(preview.body).toHaveLength(5);
    const wrong = { cron: 'x', timezone, durationMinutes };
    expect((await test.as('viewer').post('/maintenance-windows/preview', wrong)).status).toBe(400);
  });
});
