import { addMachine } from '../../../test/support/machine-samples';
import { createTestApp, principalOf, type Client, type TestApp } from '../../../test/support/test-app';
import { originOf } from '../../kernel/audit/request-origin';
import { systemActor } from '../../kernel/auth/actor';
import { TransactionRunner } from '../../kernel/database/transaction';
import { FleetWatchers } from '../../kernel/live/fleet-watchers';
import type { LiveClient } from '../../kernel/live/live-client';
import type { MachinePageDto, MachineTileDto } from './dto/machine-tile.dto';
import { indexAge, isIndexOld } from './index-age';
import { APP_SETTINGS } from '../settings/registry/app-settings';
import { SettingsService } from '../settings/settings.service';
import { MachineState, type MachineStatePatch } from './machine-state';
import { MachineTiles } from './machine-tiles';
import { MachineTilesTopic } from './machine-tiles.topic';
import { MachinesModule } from './machines.module';

const clean: MachineStatePatch = {
  status: 'active',
  aptStatus: 'up_to_date',
  aptUpdatesCount: 0,
  aptSecurityUpdatesCount: 0,
  aptKeptBackCount: 0,
  aptRebootRequired: false,
  aptStale: false,
};

const SETTING = 'machines.index_stale_days';
const STALE_AFTER_DAYS = APP_SETTINGS[SETTING].default;

describe('the age of the package lists', () => {
  let test: TestApp;
  let operator: Client;
  let id: string;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule] });
    operator = test.as('operator');
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines, app_settings CASCADE');
    id = await addMachine(operator, 'web-1');
    await patch({ ...clean, aptLastAnalyzeAt: new Date(), aptIndexRefreshedAt: new Date() });
  });

  const patch = (change: MachineStatePatch) =>
    test.app.get(TransactionRunner).run((tx) => {
      test.app.get(MachineState).patch(tx, id, change);
      return Promise.resolve();
    });
  /** Nothing runs and nothing is written but time itself. */
  const passes = (time: string) =>
    test.dataSource.query(
      `UPDATE machine_state SET apt_index_refreshed_at = apt_index_refreshed_at - $1::interval,
              apt_last_analyze_at = apt_last_analyze_at - $1::interval`,
      [time],
    );
  const tile = async () => (await operator.get(`/machines/${id}`)).body as MachineTileDto;
  const list = async (query = '') => (await operator.get(`/machines?limit=50${query}`)).body as MachinePageDto;

  it('makes a clean machine stale past the limit, in tile, list, counts and filters alike', async () => {
    await passes(`${String(STALE_AFTER_DAYS)} days -1 minute`);
    expect(await tile()).toMatchObject({ need: 'clean', underlyingNeed: 'clean', apt: { stale: false } });
    expect((await list()).counts).toMatchObject({ clean: 1, stale: 0 });
    await passes('2 minutes');
    const old = await tile();
    expect(old).toMatchObject({ need: 'stale', underlyingNeed: 'stale', apt: { stale: true, updatesCount: 0 } });
    const whole = await list();
    expect(whole.items.map(({ need }) => need)).toEqual(['stale']);
    expect(whole.counts).toMatchObject({ clean: 0, stale: 1 });
    expect((await list('&state=clean')).items).toEqual([]);
    expect(await list('&state=stale')).toMatchObject({ total: 1, items: [{ id, need: 'stale' }] });
  });

  it('sorts by the state that is shown', async () => {
    await passes('30 days');
    id = await addMachine(operator, 'a-clean-one');
    await patch({ ...clean, aptLastAnalyzeAt: new Date(), aptIndexRefreshedAt: new Date() });
    expect((await list('&sort=need')).items.map(({ need }) => need)).toEqual(['stale', 'clean']);
  });

  it('hides nothing that needs somebody, and says that its counts are old', async () => {
    await patch({ aptUpdatesCount: 3, aptStatus: 'updates' });
    await passes('30 days');
    expect(await tile()).toMatchObject({ need: 'updates', apt: { updatesCount: 3, stale: true } });
  });

  it('takes an unknown refresh of an analysed machine for old, and says nothing of one that was never analysed', async () => {
    await patch({ aptIndexRefreshedAt: null });
    expect(await tile()).toMatchObject({ need: 'stale', apt: { stale: true } });
    id = await addMachine(operator, 'new-one');
    expect(await tile()).toMatchObject({ need: 'unknown', apt: { stale: false } });
  });

  it('is over with the next good refresh', async () => {
    await passes('30 days');
    await patch({ aptLastAnalyzeAt: new Date(), aptIndexRefreshedAt: new Date() });
    expect(await tile()).toMatchObject({ need: 'clean', apt: { stale: false } });
  });

  it('reaches an open dashboard although nothing was written', async () => {
    const sent: { event: string; data: MachineTileDto }[] = [];
    const browser = {
      OPEN: 1,
      readyState: 1,
      bufferedAmount: 0,
      principal: principalOf('viewer'),
      send: (text: string) => sent.push(JSON.parse(text) as (typeof sent)[number]),
    };
    const topic = test.app.get(MachineTilesTopic);
    test.app.get(FleetWatchers).watch(browser as unknown as LiveClient);
    await topic.tellAged();
    expect(sent).toEqual([]);
    await passes(`${String(STALE_AFTER_DAYS)} days 1 minute`);
    await topic.tellAged();
    expect(sent.map(({ event, data }) => [event, data.id, data.need])).toEqual([['machine', id, 'stale']]);
    // Long over: whoever connects now reads the list.
    sent.length = 0;
    await passes('1 day');
    await topic.tellAged();
    expect(sent).toEqual([]);
  });

  it('is old when an administrator says so, at once and for every reader', async () => {
    await passes('3 days');
    const settings = test.app.get(SettingsService);
    const by = originOf(systemActor);
    expect(await tile()).toMatchObject({ need: 'clean' });
    const set = await settings.set(SETTING, 2, null, by);
    expect(await tile()).toMatchObject({ need: 'stale', apt: { stale: true } });
    expect((await list()).counts).toMatchObject({ clean: 0, stale: 1 });
    expect(await test.app.get(MachineTiles).byIds([id])).toMatchObject([{ need: 'stale' }]);
    await settings.reset(SETTING, set.set?.at ?? null, by);
    expect(await tile()).toMatchObject({ need: 'clean', apt: { stale: false } });
  });

  it('takes whole days only, as they become SQL text', () => {
    for (const days of [1.5, Number.NaN, '7' as unknown as number]) expect(() => indexAge(days)).toThrow(TypeError);
  });

  it('means the same for documents', () => {
    const now = new Date('2026-06-30T00:00:00Z');
    const days = (n: number) => new Date(now.getTime() - n * 86_400_000);
    expect([isIndexOld(days(6.9), now, 7), isIndexOld(days(7.1), now, 7), isIndexOld(null, now, 7)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
