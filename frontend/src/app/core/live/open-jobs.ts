import { computed, effect, inject, Injectable, signal, untracked, type Signal } from '@angular/core';
import { Api } from '../../api/api';
import { jobsList } from '../../api/functions';
import type { JobDto } from '../../api/models';
import { Loadable } from '../errors/loadable';
import { Session } from '../session/session';
import { Live } from './live';

/** More than these do not wait on one machine. */
const LIMIT = 100;

interface OfMachine {
  readonly list: Loadable<readonly JobDto[]>;
  users: number;
}

/** Jobs that wait or run on the machines that somebody looks at, however many do elsewhere. */
@Injectable({ providedIn: 'root' })
export class OpenJobs {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly session = inject(Session);
  private readonly machines = new Map<string, OfMachine>();

  constructor() {
    this.live.on('job', (job) => {
      this.machines.get(job.machineId)?.list.update((now) => withJob(now, job));
    });
    effect(() => {
      this.live.returns();
      const allowed = this.session.can('jobs.read');
      untracked(() => {
        for (const [id, { list }] of this.machines) {
          if (allowed) {
            void this.read(id, list);
          } else {
            list.reset();
          }
        }
      });
    });
  }

  /** Reads a machine's, unless somebody looks at them already. Is given back by `release`. */
  take(machineId: string): Loadable<readonly JobDto[]> {
    const known = this.machines.get(machineId) ?? { list: new Loadable<readonly JobDto[]>(), users: 0 };
    known.users += 1;
    if (known.users === 1) {
      this.machines.set(machineId, known);
      if (this.session.can('jobs.read')) {
        void this.read(machineId, known.list);
      }
    }
    return known.list;
  }

  release(machineId: string): void {
    const known = this.machines.get(machineId);
    if (known !== undefined && --known.users === 0) {
      this.machines.delete(machineId);
    }
  }

  private read(machineId: string, list: OfMachine['list']): Promise<void> {
    const question = { status: ['queued' as const, 'running' as const], machineId, limit: LIMIT };
    return list.load(async () => (await this.api.invoke(jobsList, question)).items);
  }
}

/** Jobs of one machine that wait or run. For constructors. */
export function openJobsOn(machineId: Signal<string>): Signal<readonly JobDto[]> {
  const open = inject(OpenJobs);
  const list = signal<OfMachine['list'] | null>(null);
  effect((onCleanup) => {
    const id = machineId();
    untracked(() => {
      list.set(open.take(id));
    });
    onCleanup(() => {
      open.release(id);
    });
  });
  return computed(() => list()?.value() ?? []);
}

/** With a job as it stands now, at its place; without it once it has ended. Pure. */
export function withJob(now: readonly JobDto[], job: JobDto): JobDto[] {
  const at = now.findIndex(({ id }) => id === job.id);
  const others = now.filter(({ id }) => id !== job.id);
  return job.finishedAt === null ? others.toSpliced(at === -1 ? others.length : at, 0, job) : others;
}
