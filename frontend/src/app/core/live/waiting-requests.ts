import { computed, inject, Injectable, signal } from '@angular/core';
import { Api } from '../../api/api';
import { requestsList } from '../../api/functions';
import type { RequestDto } from '../../api/models';
import { Loadable } from '../errors/loadable';
import { readWhileAllowed } from '../session/read-while-allowed';
import { Clock } from '../time/clock';
import { Live } from './live';

const LIMIT = 200;

/** Plans that wait for a decision, what ends first first: the navigation counts them, pages show them. */
@Injectable({ providedIn: 'root' })
export class WaitingRequests {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly clock = inject(Clock);
  private readonly list = new Loadable<readonly RequestDto[]>();

  readonly problem = this.list.problem;
  readonly loaded = computed(() => this.list.value() !== undefined);
  readonly items = computed(() => stillWaiting(this.list.value() ?? [], this.clock.ages()));
  /** The last request that was made or decided while somebody looked. */
  readonly lastChanged = signal<RequestDto | null>(null);

  constructor() {
    this.live.on('request', (request) => {
      this.receive(request);
    });
    readWhileAllowed(
      'jobs.read',
      () => this.refresh(),
      () => {
        this.list.reset();
      },
    );
  }

  refresh(): Promise<void> {
    return this.list.load(
      async () => (await this.api.invoke(requestsList, { status: ['pending'], limit: LIMIT })).items,
    );
  }

  /** Also called with the answer of a decision, so that the count does not wait for the socket to say the same. */
  receive(request: RequestDto): void {
    this.list.update((now) => [...now.filter(({ id }) => id !== request.id), request]);
    this.lastChanged.set(request);
  }
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
