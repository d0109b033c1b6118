import { TestBed } from '@angular/core/testing';
import { signal } from '@angular/core';
import type { MachinePageDto, MachineTileDto } from '../../../api/models';
import { Live } from '../../../core/live/live';
import type { LiveEventName, LiveEvents } from '../../../core/live/live-messages';
import { NEEDS, type Need } from '../../../ui/states';
import { MachinesApi, type MachineQuery } from '../machines-api';
import { MachineList } from './machine-list';

function tile(id: string, need: Need, revision = 1): MachineTileDto {
  return {
    id,
    name: id,
    hostname: id,
    port: 22,
    osFamily: 'debian',
    osVersion: '13',
    osCodename: null,
    arch: 'amd64',
    machineKind: 'vm',
    virtualization: null,
    hardwareProfile: null,
    status: 'active',
    tags: [],
    lastSeenAt: null,
    createdAt: '2026-01-01T00:00:00Z',
    archivedAt: null,
    need,
    underlyingNeed: need,
    apt: {
      status: 'updates',
      updatesCount: 1,
      securityCount: 0,
      keptBackCount: 0,
      rebootRequired: false,
      rebootReason: null,
      said: {},
      stale: false,
      lastAnalyzeAt: null,
      indexRefreshedAt: null,
    },
    metrics: {
      collectedAt: null,
      cpuLoad1: null,
      memoryUsedPercent: null,
      rootUsedPercent: null,
      diskWarnings: null,
      hardwareWarnings: null,
    },
    openMessagesCount: 0,
    runningJob: null,
    lastError: null,
    revision,
    updatedAt: '2026-01-01T00:00:00Z',
  };
}

class FakeApi {
  fleet: MachineTileDto[] = [];
  readonly asked: MachineQuery[] = [];

  list(query: MachineQuery): Promise<MachinePageDto> {
    this.asked.push(query);
    const all = this.fleet.filter((one) => !query.state?.length || query.state.includes(one.need));
    const at = Number(query.cursor ?? 0);
    const until = at + Math.min(query.limit ?? 200, 2);
    const counts = Object.fromEntries(
      NEEDS.map((need) => [need, this.fleet.filter((one) => one.need === need).length]),
    );
    return Promise.resolve({
      items: all.slice(at, until),
      nextCursor: until < all.length ? String(until) : null,
      total: all.length,
      counts: counts as unknown as MachinePageDto['counts'],
    });
  }
}

class FakeLive {
  readonly returns = signal(0);
  private readonly listeners = new Map<string, (data: never) => void>();

  on<E extends LiveEventName>(event: E, listener: (data: LiveEvents[E]) => void): () => void {
    this.listeners.set(event, listener);
    return () => undefined;
  }

  say<E extends LiveEventName>(event: E, data: LiveEvents[E]): void {
    this.listeners.get(event)?.(data as never);
  }
}

describe('MachineList', () => {
  let api: FakeApi;
  let live: FakeLive;
  let list: MachineList;
  const groups = (): Record<string, readonly string[]> =>
    Object.fromEntries(list.groups().map((group) => [group.key, group.ids]));

  beforeEach(async () => {
    api = new FakeApi();
    live = new FakeLive();
    api.fleet = [tile('a', 'failed'), tile('b', 'updates')];
    TestBed.configureTestingModule({
      providers: [
        { provide: MachinesApi, useValue: api },
        { provide: Live, useValue: live },
      ],
    });
    list = TestBed.inject(MachineList);
    await list.show({});
    TestBed.tick();
  });

  it('groups by need and counts what the server counted', () => {
    expect(groups()).toEqual({ blocked: ['a'], updates: ['b'] });
    expect(list.matching()).toBe(2);
  });

  it('patches one tile, moves it and keeps the counts', () => {
    live.say('machine', tile('b', 'clean', 2));
    expect(list.find('b')?.need).toBe('clean');
    expect(groups()).toEqual({ blocked: ['a'], clean: ['b'] });
    expect(list.counts()).toMatchObject({ updates: 0, clean: 1 });
  });

  it('does not let an older row win', () => {
    live.say('machine', tile('b', 'clean', 5));
    live.say('machine', tile('b', 'failed', 4));
    expect(list.find('b')?.need).toBe('clean');
  });

  it('waits with moving while somebody is in the grid, and says how many wait', () => {
    list.held.set(true);
    TestBed.tick();
    live.say('machine', tile('b', 'clean', 2));
    expect(groups()).toEqual({ blocked: ['a'], updates: ['b'] });
    expect(list.moved()).toBe(1);
    live.say('machine', tile('b', 'updates', 3));
    expect(list.moved()).toBe(0);
    live.say('machine', tile('b', 'security', 4));
    list.held.set(false);
    TestBed.tick();
    expect(groups()).toEqual({ blocked: ['a'], security: ['b'] });
    expect(list.moved()).toBe(0);
  });

  it('reads on by cursor, and collects every id page by page', async () => {
    api.fleet = ['a', 'b', 'c', 'd', 'e'].map((id) => tile(id, 'updates'));
    expect(await list.everyId({})).toEqual(['a', 'b', 'c', 'd', 'e']);
    await list.show({});
    expect(list.ids()).toHaveLength(5);
    expect(list.nextCursor()).toBeNull();
  });

  it('refetches when the age at which machines are stale was set anew, and for no other setting', () => {
    const before = api.asked.length;
    live.say('settings.changed', { keys: ['appearance.theme'] });
    expect(api.asked).toHaveLength(before);
    live.say('settings.changed', { keys: ['appearance.theme', 'machines.index_stale_days'] });
    expect(api.asked).toHaveLength(before + 1);
  });

  it('refetches after the connection was lost', () => {
    const before = api.asked.length;
    live.returns.set(1);
    TestBed.tick();
    expect(api.asked).toHaveLength(before + 1);
  });
});
