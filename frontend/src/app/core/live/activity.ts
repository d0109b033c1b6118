import { computed, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { Api } from '../../api/api';
import { jobsActivity, jobsCancel } from '../../api/functions';
import type { ActivityDto, JobDto } from '../../api/models';
import { Loadable } from '../errors/loadable';
import { readWhileAllowed } from '../session/read-while-allowed';
import { Clock } from '../time/clock';
import { Live } from './live';

const RECENT = 20;
/** Reasons of waiting that lie in what runs anywhere, or in that nothing does. */
const SHARED: ReadonlySet<string> = new Set(['network', 'places', 'rate', 'worker']);

/** What runs, what waits and what ended last: the dock and the activity page read the same list. */
@Injectable({ providedIn: 'root' })
export class Activity {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly list = new Loadable<ActivityDto>();

  readonly problem = this.list.problem;
  readonly loaded = computed(() => this.list.value() !== undefined);
  readonly running = computed(() => this.list.value()?.running ?? []);
  readonly waiting = computed(() => this.list.value()?.waiting ?? []);
  readonly recent = computed(() => this.list.value()?.recent ?? []);
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
    readWhileAllowed(
      'jobs.read',
      () => this.refresh(),
      () => {
        this.list.reset();
      },
    );
  }

  refresh(): Promise<void> {
    return this.list.load(() => this.api.invoke(jobsActivity));
  }

  async cancel(jobId: string): Promise<JobDto> {
    const job = await this.api.invoke(jobsCancel, { id: jobId });
    this.receive(job);
    return job;
  }

  /** Also called with the answer of a request, so that the dock does not wait for the socket to say the same. */
  receive(job: JobDto): void {
    this.list.update((now) => place(now, job));
    if (job.finishedAt !== null) {
      this.lastEnded.set(job);
    }
  }
}

/** Puts a job where its status says, and nowhere else. */
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
    lists.waiting.splice(at === -1 ? lists.waiting.length : at, 0, job);
  } else {
    lists.recent = [job, ...lists.recent].slice(0, RECENT);
  }
  return lists;
}
