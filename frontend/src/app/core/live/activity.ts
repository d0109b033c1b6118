import { computed, DestroyRef, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { Api } from '../../api/api';
import { jobsActivity, jobsCancel, jobsWaiting } from '../../api/functions';
import type { ActivityDto, JobDto } from '../../api/models';
import { Loadable } from '../errors/loadable';
import { readWhileAllowed } from '../session/read-while-allowed';
import { Clock } from '../time/clock';
import { Live } from './live';

const RECENT = 20;
/** Of what waits, as much as the server tells by itself, and as much as it gives at once. */
const PAGE = 200;
/** While more goes on than is known one by one, it is counted anew so long after something happened. */
const GATHER_MS = 2000;
/** Reasons of waiting that lie in what runs anywhere, or in that nothing does. */
const SHARED: ReadonlySet<string> = new Set(['network', 'places', 'rate', 'worker']);

/** What runs, what waits and what ended last: the dock and the activity page read the same list. */
@Injectable({ providedIn: 'root' })
export class Activity {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly list = new Loadable<ActivityDto>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted = PAGE;

  readonly problem = this.list.problem;
  readonly loading = this.list.loading;
  readonly loaded = computed(() => this.list.value() !== undefined);
  readonly running = computed(() => this.list.value()?.running ?? []);
  readonly waiting = computed(() => this.list.value()?.waiting ?? []);
  readonly recent = computed(() => this.list.value()?.recent ?? []);
  /** Of all jobs, whatever is known of them one by one. */
  readonly runningCount = computed(() => this.list.value()?.runningCount ?? 0);
  readonly waitingCount = computed(() => this.list.value()?.waitingCount ?? 0);
  readonly hasMore = computed(() => (this.list.value()?.waitingCursor ?? null) !== null);
  /** The last job that ended while somebody looked: pages refetch what it may have changed. */
  readonly lastEnded = signal<JobDto | null>(null);

  constructor() {
    this.live.on('job', (job) => {
      this.receive(job);
    });
    const clock = inject(Clock);
    effect(() => {
      clock.ages();
      untracked(() => {
        // What others do changes why these wait, and nobody tells of each.
        if (this.waiting().some(({ waitingOn }) => waitingOn !== null && SHARED.has(waitingOn.reason))) {
          void this.refresh();
        }
      });
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

  /** Reads as much as was asked for anew. */
  refresh(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return this.list.load(async () => this.upTo(this.wanted, await this.api.invoke(jobsActivity)));
  }

  /** More of what waits. */
  async more(): Promise<void> {
    const now = this.list.value();
    if (now !== undefined && now.waitingCursor !== null && !this.loading()) {
      this.wanted = now.waiting.length + PAGE;
      await this.list.load(() => this.upTo(this.wanted, now));
    }
  }

  async cancel(jobId: string): Promise<JobDto> {
    const job = await this.api.invoke(jobsCancel, { id: jobId });
    this.receive(job);
    return job;
  }

  /** Also called with the answer of a request, so that the dock does not wait for the socket to say the same. */
  receive(job: JobDto): void {
    this.list.update((now) => place(now, job));
    const now = this.list.value();
    if (now !== undefined && isPartial(now)) {
      this.timer ??= setTimeout(() => void this.refresh(), GATHER_MS);
    }
    if (job.finishedAt !== null) {
      this.lastEnded.set(job);
    }
  }

  private async upTo(wanted: number, known: ActivityDto): Promise<ActivityDto> {
    let now = known;
    while (now.waitingCursor !== null && now.waiting.length < wanted) {
      const page = await this.api.invoke(jobsWaiting, { cursor: now.waitingCursor, limit: PAGE });
      const before = new Set(now.waiting.map(({ id }) => id));
      const waiting = [...now.waiting, ...page.items.filter(({ id }) => !before.has(id))];
      now = { ...now, waiting, waitingCursor: page.nextCursor };
    }
    return now;
  }
}

/** More runs or waits than is known one by one. Pure. */
export function isPartial({ running, runningCount, waitingCursor }: ActivityDto): boolean {
  return waitingCursor !== null || runningCount > running.length;
}

/** Puts a job where its status says, and nowhere else. What nobody has asked for is only counted, by the server. Pure. */
export function place(now: ActivityDto, job: JobDto): ActivityDto {
  const without = (jobs: readonly JobDto[]): JobDto[] => jobs.filter((one) => one.id !== job.id);
  const known = [...now.running, ...now.waiting, ...now.recent].find((one) => one.id === job.id);
  if (known && known.finishedAt !== null && job.finishedAt === null) {
    return now;
  }
  const lists = { running: without(now.running), waiting: without(now.waiting), recent: without(now.recent) };
  if (job.status === 'running') {
    const at = now.running.findIndex((one) => one.id === job.id);
    lists.running.splice(at === -1 ? lists.running.length : at, 0, job);
  } else if (job.status === 'queued') {
    const at = now.waiting.findIndex((one) => one.id === job.id);
    if (at !== -1 || now.waitingCursor === null) {
      lists.waiting.splice(at === -1 ? lists.waiting.length : at, 0, job);
    }
  } else {
    lists.recent = [job, ...lists.recent].slice(0, RECENT);
  }
  return {
    ...lists,
    runningCount: now.runningCount + lists.running.length - now.running.length,
    waitingCount: now.waitingCount + lists.waiting.length - now.waiting.length,
    waitingCursor: now.waitingCursor,
  };
}
