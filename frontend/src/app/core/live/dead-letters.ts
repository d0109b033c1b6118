import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { Api } from '../../api/api';
import { deadLettersList } from '../../api/functions';
import type { DeadLetterCountDto, JobDto } from '../../api/models';
import { Loadable } from '../errors/loadable';
import { readWhileAllowed } from '../session/read-while-allowed';
import { Live } from './live';

/** Many jobs may die together: they are counted once. */
const GATHER_MS = 500;

/** How many jobs ended without a result, by the class of their error: the navigation counts them, the activity page lists them. */
@Injectable({ providedIn: 'root' })
export class DeadLetters {
  private readonly api = inject(Api);
  private readonly list = new Loadable<readonly DeadLetterCountDto[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  readonly problem = this.list.problem;
  readonly loaded = computed(() => this.list.value() !== undefined);
  /** The most frequent first. */
  readonly counts = computed(() => this.list.value() ?? []);
  readonly total = computed(() => this.counts().reduce((sum, { count }) => sum + count, 0));
  /** Rises with every answer: lists read themselves anew. */
  readonly version = signal(0);

  constructor() {
    inject(Live).on('job', (job) => {
      this.heard(job);
    });
    inject(DestroyRef).onDestroy(() => {
      clearTimeout(this.timer);
    });
    readWhileAllowed(
      'jobs.read',
      () => this.refresh(),
      () => {
        this.list.reset();
      },
    );
  }

  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.list.load(async () => (await this.api.invoke(deadLettersList, { limit: 1 })).counts);
    this.version.update((version) => version + 1);
  }

  private heard(job: JobDto): void {
    if (this.timer === undefined && concerns(job, this.total())) {
      this.timer = setTimeout(() => void this.refresh(), GATHER_MS);
    }
  }
}

/** Whether a job's news may add a dead letter, or take one away: a job that is new takes the place of one that died. Pure. */
export function concerns({ deadLetter, status }: Pick<JobDto, 'deadLetter' | 'status'>, total: number): boolean {
  return deadLetter !== null || (status === 'queued' && total > 0);
}
