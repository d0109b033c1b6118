import {
  computed,
  effect,
  inject,
  Injectable,
  signal,
  untracked,
  type Signal,
  type WritableSignal,
} from '@angular/core';
import type { MachinePageDto, MachineTileDto } from '../../../api/models';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { FleetSize } from '../../../core/fleet-size';
import { Live } from '../../../core/live/live';
import { groupOf, NEEDS, type GroupKey, type Need } from '../../../ui/states';
import { MachinesApi, type MachineQuery } from '../machines-api';
import { groupsByKind, groupsByNeed, groupsByTag, type Grouping, type MachineGroup } from './machine-groups';

const PAGE = 200;
const LARGEST_PAGE = 500;
/** Machines under a tag may stand anywhere in the list: so many are read before they are grouped by it. */
const GROUPED = 2000;
/** How long changes of machines that are not on the list gather before it is read again. */
const GATHER = 1500;

type Counts = MachinePageDto['counts'];

/**
 * The machines that match a filter, as far as they were loaded, kept current by live events. A change patches one
 * tile; regrouping waits while somebody is in the grid (`held`), so that nothing moves away under a pointer.
 */
@Injectable({ providedIn: 'root' })
export class MachineList {
  private readonly api = inject(MachinesApi);
  private readonly live = inject(Live);
  private readonly fleet = inject(FleetSize);
  private readonly tiles = new Map<string, WritableSignal<MachineTileDto>>();
  private readonly order = signal<readonly string[]>([]);
  private readonly places = signal<ReadonlyMap<string, GroupKey>>(new Map());
  private readonly serverCounts = signal<Counts | null>(null);
  private readonly waitingMoves = signal<ReadonlySet<string>>(new Set());
  private query: MachineQuery | null = null;
  private question = 0;
  private gather: ReturnType<typeof setTimeout> | undefined;

  readonly ids = this.order.asReadonly();
  readonly counts = this.serverCounts.asReadonly();
  /** Machines that match the filter without the state toggles. */
  readonly matching = computed(() => {
    const counts = this.serverCounts();
    return counts === null ? null : NEEDS.reduce((sum, need) => sum + counts[need], 0);
  });
  readonly nextCursor = signal<string | null>(null);
  readonly loading = signal(false);
  readonly problem = signal<Problem | null>(null);
  readonly held = signal(false);
  readonly moved = computed(() => this.waitingMoves().size);

  /** Machines by need are grouped as the server counts them; by tag and kind, as far as they were loaded. */
  readonly grouping = signal<Grouping>('need');
  readonly groups = computed<readonly MachineGroup[]>(() => {
    const grouping = this.grouping();
    if (grouping === 'need') {
      return groupsByNeed(this.order(), this.places(), this.serverCounts(), this.query?.state ?? []);
    }
    const machines = this.order().map((id) => this.tile(id)());
    return grouping === 'tag' ? groupsByTag(machines) : groupsByKind(machines);
  });

  constructor() {
    this.live.on('machine', (tile) => {
      this.receive(tile);
    });
    this.live.on('machine.removed', ({ id }) => {
      this.remove(id);
    });
    this.live.on('settings.changed', ({ keys }) => {
      // Decides what is stale, of every machine at once.
      if (keys.includes('machines.index_stale_days')) {
        void this.refresh();
      }
    });
    effect(() => {
      if (this.live.returns() > 0) {
        untracked(() => void this.refresh());
      }
    });
    effect(() => {
      if (!this.held()) {
        untracked(() => {
          this.regroup();
        });
      }
    });
  }

  /** The current row of a machine on the list. */
  tile(id: string): Signal<MachineTileDto> {
    const found = this.tiles.get(id);
    if (!found) {
      throw new Error(`machine ${id} is not on the list`);
    }
    return found;
  }

  find(id: string): MachineTileDto | undefined {
    return this.tiles.get(id)?.();
  }

  /** Shows what matches the filter. The old list stays until the new one is there. */
  show(query: MachineQuery): Promise<void> {
    this.query = query;
    return this.read(this.wanted());
  }

  refresh(): Promise<void> {
    return this.query === null ? Promise.resolve() : this.read(Math.max(this.wanted(), this.order().length));
  }

  /** Groups anew; reads more where that needs more than the first page. */
  async groupBy(grouping: Grouping): Promise<void> {
    this.grouping.set(grouping);
    if (this.nextCursor() !== null && this.order().length < this.wanted()) {
      await this.refresh();
    }
  }

  /** Loads the next page, if there is one. */
  async more(): Promise<void> {
    const cursor = this.nextCursor();
    if (cursor === null || this.loading() || this.query === null) {
      return;
    }
    const mine = ++this.question;
    this.loading.set(true);
    try {
      const page = await this.api.list({ ...this.query, limit: PAGE, cursor });
      if (mine === this.question) {
        this.take(page, this.order());
      }
    } catch (error) {
      this.fail(mine, error);
    } finally {
      this.settle(mine);
    }
  }

  /** Ids of every machine that matches, loaded or not: for actions on all of them. */
  async everyId(query: MachineQuery): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const page: MachinePageDto = await this.api.list({
        ...query,
        limit: LARGEST_PAGE,
        ...(cursor === null ? {} : { cursor }),
      });
      ids.push(...page.items.map((machine) => machine.id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return ids;
  }

  /** Puts every machine where its state says, now. */
  regroup(): void {
    if (this.waitingMoves().size > 0) {
      this.waitingMoves.set(new Set());
      this.places.set(this.placesNow(this.order()));
    }
  }

  private wanted(): number {
    return this.grouping() === 'need' ? PAGE : GROUPED;
  }

  private async read(wanted: number): Promise<void> {
    const query = this.query;
    if (query === null) {
      return;
    }
    const mine = ++this.question;
    this.loading.set(true);
    try {
      let page = await this.api.list({ ...query, limit: Math.min(wanted, LARGEST_PAGE) });
      const pages = [page];
      while (page.nextCursor !== null && pages.reduce((sum, one) => sum + one.items.length, 0) < wanted) {
        page = await this.api.list({ ...query, limit: LARGEST_PAGE, cursor: page.nextCursor });
        pages.push(page);
      }
      if (mine === this.question) {
        this.take({ ...page, items: pages.flatMap((one) => one.items) }, []);
        this.waitingMoves.set(new Set());
        if (isWhole(query)) {
          this.fleet.total.set(this.matching());
        }
      }
    } catch (error) {
      this.fail(mine, error);
    } finally {
      this.settle(mine);
    }
  }

  private take(page: MachinePageDto, before: readonly string[]): void {
    const order = [...new Set([...before, ...page.items.map((machine) => machine.id)])];
    const kept = new Set(order);
    for (const machine of page.items) {
      this.keep(machine);
    }
    for (const id of this.tiles.keys()) {
      if (!kept.has(id)) {
        this.tiles.delete(id);
      }
    }
    this.places.set(this.placesNow(order));
    this.order.set(order);
    this.serverCounts.set(page.counts);
    this.nextCursor.set(page.nextCursor);
    this.problem.set(null);
  }

  private keep(machine: MachineTileDto): void {
    const known = this.tiles.get(machine.id);
    if (!known) {
      this.tiles.set(machine.id, signal(machine));
    } else if (machine.revision >= known().revision) {
      known.set(machine);
    }
  }

  private receive(machine: MachineTileDto): void {
    const known = this.tiles.get(machine.id);
    if (!known || this.query === null) {
      this.readSoon();
      return;
    }
    const before = known();
    if (machine.revision < before.revision) {
      return;
    }
    if ((machine.archivedAt !== null) !== (before.archivedAt !== null)) {
      this.remove(machine.id);
      return;
    }
    known.set(machine);
    if (machine.need !== before.need) {
      this.serverCounts.update((counts) => counts && shift(counts, before.need, machine.need));
      this.place(machine);
    }
  }

  private place(machine: MachineTileDto): void {
    const asked = this.query?.state;
    if (asked?.length && !asked.includes(machine.need)) {
      this.readSoon();
    }
    if (this.places().get(machine.id) === groupOf(machine.need)) {
      this.waitingMoves.update((all) => new Set([...all].filter((id) => id !== machine.id)));
      return;
    }
    this.waitingMoves.update((all) => new Set(all).add(machine.id));
    if (!this.held()) {
      this.regroup();
    }
  }

  private remove(id: string): void {
    if (this.tiles.has(id)) {
      this.readSoon();
    }
  }

  private readSoon(): void {
    this.gather ??= setTimeout(() => {
      this.gather = undefined;
      void this.refresh();
    }, GATHER);
  }

  private placesNow(order: readonly string[]): Map<string, GroupKey> {
    return new Map(order.map((id) => [id, groupOf(this.tile(id)().need)]));
  }

  private fail(mine: number, error: unknown): void {
    if (mine === this.question) {
      this.problem.set(problemOf(error));
    }
  }

  private settle(mine: number): void {
    if (mine === this.question) {
      this.loading.set(false);
    }
  }
}

/** True when nothing narrows the list, so that its total is the size of the fleet. */
export function isWhole(query: MachineQuery): boolean {
  return !query.q && !query.tag?.length && !query.status?.length && !query.kind?.length && query.archived !== true;
}

function shift(counts: Counts, from: Need, to: Need): Counts {
  return { ...counts, [from]: Math.max(0, counts[from] - 1), [to]: counts[to] + 1 };
}
