import { Component, computed, DestroyRef, effect, inject, input, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { JobDto } from '../../../api/models';
import { Loadable } from '../../../core/errors/loadable';
import { Formats } from '../../../core/i18n/formats';
import { Said } from '../../../core/i18n/said';
import { Texts } from '../../../core/i18n/texts';
import { undecidedOn } from '../../../core/live/undecided';
import { Session } from '../../../core/session/session';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { JOB_ICON, JOB_STATE, JobWords } from '../../../ui/job-words';
import { LoadingNote } from '../../../ui/loading-note';
import { StateChip } from '../../../ui/state-chip';
import { TileLog } from '../dashboard/tile-log';
import { MachineStore } from '../machine/machine-store';
import { MachineWords } from '../machine-words';
import { MachinesApi } from '../machines-api';

/** Arrow keys pass over machines faster than anybody reads: what is passed over is not asked for. */
const REST_MS = 150;
const LOG_LINES = 40;

/** One machine in short, beside the page: how it is, what ran last, and where that leads. */
@Component({
  selector: 'su-machine-peek',
  imports: [ErrorNotice, Icon, LoadingNote, RouterLink, StateChip, TileLog],
  providers: [MachineStore],
  templateUrl: './machine-peek.html',
  styleUrl: './machine-peek.scss',
})
export class MachinePeek {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly said = inject(Said);
  protected readonly session = inject(Session);
  protected readonly words = inject(MachineWords);
  protected readonly jobs = inject(JobWords);
  protected readonly store = inject(MachineStore);
  private readonly api = inject(MachinesApi);
  readonly machineId = input.required<string>();
  protected readonly machine = this.store.machine.value;
  protected readonly last = new Loadable<JobDto | null>();
  protected readonly lines = LOG_LINES;
  protected readonly jobState = JOB_STATE;
  protected readonly jobIcon = JOB_ICON;
  protected readonly verdict = computed(() => {
    const machine = this.machine();
    return machine === undefined ? null : this.words.verdict(machine);
  });
  protected readonly runnable = computed(() => {
    const machine = this.machine();
    return machine?.archivedAt === null && machine.underlyingNeed !== 'quarantined' && this.session.can('machines.run');
  });
  /** Plans of this machine that wait for a decision. */
  protected readonly undecided = undecidedOn(this.machineId);

  constructor() {
    effect((onCleanup) => {
      const id = this.machineId();
      const timer = setTimeout(() => {
        this.store.open(id);
      }, REST_MS);
      onCleanup(() => {
        clearTimeout(timer);
      });
    });
    effect(() => {
      this.store.readings();
      const id = this.store.id();
      const reads = this.session.can('jobs.read');
      untracked(() => {
        if (id !== null && reads) void this.readLast(id);
      });
    });
    inject(DestroyRef).onDestroy(() => {
      this.store.stop();
    });
  }

  protected count(value: number | null): string {
    return value === null ? '?' : this.formats.number(value);
  }

  private async readLast(id: string): Promise<void> {
    if (this.last.value()?.machineId !== id) this.last.reset();
    await this.last.load(() => this.api.newestJob(id));
  }
}
