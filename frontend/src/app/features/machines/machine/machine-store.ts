import { computed, effect, inject, Injectable, signal, untracked } from '@angular/core';
import type { AptStateDto, MachineDetailDto, MachineTileDto } from '../../../api/models';
import { Loadable } from '../../../core/errors/loadable';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { Activity } from '../../../core/live/activity';
import { Live } from '../../../core/live/live';
import { Session } from '../../../core/session/session';
import { MachinesApi, type ReadActionName } from '../machines-api';

/** One machine and its last analysis, for the page and all its tabs. */
@Injectable()
export class MachineStore {
  private readonly api = inject(MachinesApi);
  private readonly live = inject(Live);
  private readonly activity = inject(Activity);
  private readonly session = inject(Session);
  readonly id = signal<string | null>(null);
  readonly machine = new Loadable<MachineDetailDto>();
  readonly apt = new Loadable<AptStateDto>();
  /** Not archived: an archived machine is only looked at. */
  readonly inUse = computed(() => this.machine.value()?.archivedAt === null);
  /** Nothing runs on an archived machine, nor on one whose key is in doubt. */
  readonly runnable = computed(
    () => this.inUse() && this.machine.value()?.underlyingNeed !== 'quarantined' && this.session.can('machines.run'),
  );
  /** What could not be started. */
  readonly refused = signal<Problem | null>(null);
  /** Rises when something on the machine was read anew: tabs refetch. */
  readonly readings = signal(0);
  private readonly stops = [
    this.live.on('machine', (tile) => {
      this.receive(tile);
    }),
    this.live.on('settings.changed', ({ keys }) => {
      if (keys.includes('machines.index_stale_days')) {
        this.refresh();
      }
    }),
  ];

  constructor() {
    effect(() => {
      if (this.live.returns() > 0) {
        untracked(() => {
          this.refresh();
        });
      }
    });
    effect(() => {
      const ended = this.activity.lastEnded();
      untracked(() => {
        if (ended !== null && ended.machineId === this.id()) {
          this.refresh();
        }
      });
    });
  }

  stop(): void {
    this.stops.forEach((stop) => stop());
  }

  open(id: string): void {
    if (id !== this.id()) {
      this.id.set(id);
      this.machine.reset();
      this.apt.reset();
      this.refused.set(null);
    }
    this.refresh();
  }

  refresh(): void {
    const id = this.id();
    if (id !== null) {
      void this.machine.load(() => this.api.get(id));
      void this.apt.load(() => this.api.apt(id));
      this.readings.update((count) => count + 1);
    }
  }

  /** Starts a reading run; its job shows at once in the dock. */
  async run(name: ReadActionName): Promise<string | null> {
    const id = this.id();
    if (id === null) {
      return null;
    }
    try {
      const job = await this.api.run(id, name);
      this.activity.receive(job);
      this.refused.set(null);
      return job.id;
    } catch (error) {
      this.refused.set(problemOf(error));
      return null;
    }
  }

  private receive(tile: MachineTileDto): void {
    if (tile.id === this.id()) {
      this.machine.update((now) => (tile.revision >= now.revision ? { ...now, ...tile } : now));
    }
  }
}
