import { inject, Injectable, signal } from '@angular/core';
import { Api } from '../../api/api';
import { machineUiStateChange, machineUiStateExpanded, machineUiStateGet } from '../../api/functions';
import type { ChangeMachineUiStateDto, MachineUiStateDto } from '../../api/models';
import { problemOf } from '../errors/problem';
import { Live } from '../live/live';
import { readWhileAllowed } from '../session/read-while-allowed';

/** Sections of a machine's tile and page that can be folded; these stand open until somebody folds one. */
export type MachineSection = 'logs' | 'repositories';
const OPEN_AT_FIRST: readonly string[] = ['logs', 'repositories'] satisfies MachineSection[];

/**
 * How machines are shown: which tiles are expanded, which sections stand open, which tab was last. It is kept on the
 * server, one for everybody, and follows what others do. A change that does not arrive is sent again when the
 * connection is back.
 */
@Injectable({ providedIn: 'root' })
export class MachineUi {
  private readonly api = inject(Api);
  private readonly states = signal<ReadonlyMap<string, MachineUiStateDto>>(new Map());
  private readonly pending = new Map<string, ChangeMachineUiStateDto>();
  private sending: Promise<void> = Promise.resolve();

  constructor() {
    const live = inject(Live);
    live.on('machine.ui', (state) => {
      this.take([state]);
    });
    readWhileAllowed(
      'machines.read',
      () => {
        this.pending.forEach((_change, machineId) => {
          this.send(machineId);
        });
        void this.readExpanded();
      },
      // How machines are shown is no secret, and the next account sees them so too.
      () => undefined,
    );
  }

  expanded(machineId: string): boolean {
    return this.states().get(machineId)?.tileMode === 'expanded';
  }

  open(machineId: string, section: MachineSection): boolean {
    return this.openSections(machineId).includes(section);
  }

  setExpanded(machineId: string, expanded: boolean): void {
    this.change(machineId, { tileMode: expanded ? 'expanded' : 'compact' });
  }

  toggle(machineId: string, section: MachineSection): void {
    const open = this.openSections(machineId);
    const sectionsOpen = open.includes(section) ? open.filter((one) => one !== section) : [...open, section];
    this.change(machineId, { sectionsOpen });
  }

  visited(machineId: string, tab: string): void {
    if (this.states().get(machineId)?.lastActiveTab !== tab) {
      this.change(machineId, { lastActiveTab: tab });
    }
  }

  /** The tab where a machine was left; null when none is known, or the server does not say. */
  async lastTab(machineId: string): Promise<string | null> {
    await this.read(machineId);
    return this.states().get(machineId)?.lastActiveTab ?? null;
  }

  /** Reads how a machine is shown. What is known stays when the server does not answer: it is only about looks. */
  async read(machineId: string): Promise<void> {
    try {
      this.take([await this.api.invoke(machineUiStateGet, { id: machineId })]);
    } catch {
      // Shown as it was.
    }
  }

  private async readExpanded(): Promise<void> {
    try {
      const expanded = await this.api.invoke(machineUiStateExpanded);
      const ids = new Set(expanded.map((state) => state.machineId));
      const folded = [...this.states().values()].filter((state) => !ids.has(state.machineId));
      this.take([...expanded, ...folded.map((state) => ({ ...state, tileMode: null }))]);
    } catch {
      // Read again when the connection is back.
    }
  }

  private openSections(machineId: string): readonly string[] {
    return this.states().get(machineId)?.sectionsOpen ?? OPEN_AT_FIRST;
  }

  private change(machineId: string, change: ChangeMachineUiStateDto): void {
    this.pending.set(machineId, { ...this.pending.get(machineId), ...change });
    this.take([this.states().get(machineId) ?? untouched(machineId)]);
    this.send(machineId);
  }

  /** Requests follow each other, so that the last change is the last one to arrive. */
  private send(machineId: string): void {
    this.sending = this.sending.then(async () => {
      const change = this.pending.get(machineId);
      if (change === undefined) {
        return;
      }
      try {
        const state = await this.api.invoke(machineUiStateChange, { id: machineId, body: change });
        this.sent(machineId, change);
        this.take([state]);
      } catch (error) {
        // Refused once and for all, or kept for the next connection.
        if ([400, 403, 404].includes(problemOf(error).status)) {
          this.sent(machineId, change);
        }
      }
    });
  }

  private sent(machineId: string, change: ChangeMachineUiStateDto): void {
    if (this.pending.get(machineId) === change) {
      this.pending.delete(machineId);
    }
  }

  /** What was changed here and has not arrived holds over what the server says. */
  private take(states: readonly MachineUiStateDto[]): void {
    this.states.update((now) => {
      const next = new Map(now);
      for (const state of states) {
        next.set(state.machineId, { ...state, ...this.pending.get(state.machineId) });
      }
      return next;
    });
  }
}

function untouched(machineId: string): MachineUiStateDto {
  return { machineId, tileMode: null, sectionsOpen: null, lastActiveTab: null, unreadable: null };
}
