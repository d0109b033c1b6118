import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { Api } from '../../api/api';
import { requestInboxList } from '../../api/functions';
import type { InboxEntryDto, RequestDto } from '../../api/models';
import { Loadable } from '../errors/loadable';
import { readWhileAllowed } from '../session/read-while-allowed';
import { Clock } from '../time/clock';
import { Live } from './live';

const PAGE = 50;
/** As many as the server gives at once. */
const AT_ONCE = 200;
/** A run of a schedule makes many at the same moment: they are read once. */
const GATHER_MS = 500;

/** What waits for people, as far as it was asked for. */
export interface Inbox {
  /** What ends first first. */
  readonly items: readonly InboxEntryDto[];
  readonly nextCursor: string | null;
  /** Requests, on all pages. */
  readonly total: number;
}

/** Plans that wait for a decision: the navigation counts them, the inbox shows them. The server counts, whatever was read. */
@Injectable({ providedIn: 'root' })
export class WaitingRequests {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly clock = inject(Clock);
  private readonly list = new Loadable<Inbox>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted = PAGE;

  readonly problem = this.list.problem;
  readonly loading = this.list.loading;
  readonly loaded = computed(() => this.list.value() !== undefined);
  private readonly open = computed(() => {
    const inbox = this.list.value();
    return inbox === undefined ? undefined : stillOpen(inbox, this.clock.ages());
  });
  readonly entries = computed(() => this.open()?.items ?? []);
  readonly total = computed(() => this.open()?.total ?? 0);
  readonly hasMore = computed(() => (this.list.value()?.nextCursor ?? null) !== null);
  /** The last request that was made or decided while somebody looked. */
  readonly lastChanged = signal<RequestDto | null>(null);

  constructor() {
    this.live.on('request', (request) => {
      this.lastChanged.set(request);
      this.gather();
    });
    inject(DestroyRef).onDestroy(() => {
      clearTimeout(this.timer);
    });
    readWhileAllowed(
      'jobs.read',
      () => this.refresh(),
      () => {
        clearTimeout(this.timer);
        this.timer = undefined;
        this.list.reset();
      },
    );
  }

  /** Reads as much as is on the screen anew. */
  refresh(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return this.list.load(() => this.read(undefined, this.wanted));
  }

  async more(): Promise<void> {
    const now = this.list.value();
    if (now === undefined || now.nextCursor === null || this.loading()) {
      return;
    }
    this.wanted += PAGE;
    await this.list.load(async () => this.read(now, this.wanted));
  }

  /** Also called with the answer of a decision, so that the count does not wait for the socket to say the same. */
  receive(request: RequestDto): void {
    this.list.update((now) => without(now, request));
    this.lastChanged.set(request);
    this.gather();
  }

  private gather(): void {
    this.timer ??= setTimeout(() => void this.refresh(), GATHER_MS);
  }

  /** What is known already, and so much more that there are as many as wanted, or all. */
  private async read(known: Inbox | undefined, wanted: number): Promise<Inbox> {
    let inbox = known;
    do {
      const cursor = inbox?.nextCursor ?? null;
      const limit = Math.min(AT_ONCE, wanted - (inbox?.items.length ?? 0));
      const page = await this.api.invoke(requestInboxList, { limit, ...(cursor === null ? {} : { cursor }) });
      inbox = inbox === undefined ? page : { ...page, items: joined(inbox.items, page.items) };
    } while (inbox.nextCursor !== null && inbox.items.length < wanted);
    return inbox;
  }
}

/** What of a run is decided moves it: it may come again on a later page. Pure. */
function joined(before: readonly InboxEntryDto[], more: readonly InboxEntryDto[]): InboxEntryDto[] {
  const known = new Set(before.map(({ request }) => request.id));
  return [...before, ...more.filter(({ request }) => !known.has(request.id))];
}

/** Without what ran out before the server said so; of several at once the server tells what is left. Pure. */
export function stillOpen(inbox: Inbox, now: number): Inbox {
  const items = inbox.items.filter(({ request, requests }) => requests > 1 || !isOverdue(request, now));
  return { ...inbox, items, total: inbox.total - (inbox.items.length - items.length) };
}

/** Without a request that was decided. Pure. */
export function without(inbox: Inbox, { id, status }: Pick<RequestDto, 'id' | 'status'>): Inbox {
  const items = inbox.items.filter(
    ({ request, requests }) => status === 'pending' || requests > 1 || request.id !== id,
  );
  return { ...inbox, items, total: inbox.total - (inbox.items.length - items.length) };
}

/** What can still be decided at a moment, in milliseconds; what ends first comes first, what never ends last. Pure. */
export function stillWaiting(requests: readonly RequestDto[], now: number): RequestDto[] {
  return requests
    .filter((one) => one.status === 'pending' && !isOverdue(one, now))
    .sort((a, b) => until(a) - until(b) || (a.id < b.id ? -1 : 1));
}

/** Its time ran out, whether the server has said so yet or not. */
export function isOverdue({ expiresAt }: Pick<RequestDto, 'expiresAt'>, now: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= now;
}

function until({ expiresAt }: RequestDto): number {
  return expiresAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(expiresAt);
}
