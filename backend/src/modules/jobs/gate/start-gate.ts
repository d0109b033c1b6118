import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { MaintenanceWindows, Standings, type BoundMachine } from '../../windows/maintenance-windows';
import type { Standing } from '../../windows/openings';
import { RunDurations, type Estimate, type EstimatedAction } from './run-durations';

/** When a change may begin on a machine, and by what that is decided. */
export interface GateStanding {
  readonly machineId: string;
  readonly standing: Standing;
  /** Null where nobody had to know: no window speaks of the machine, or the length was given. */
  readonly estimate: Estimate | null;
  readonly windows: BoundMachine['windows'];
  /** The moment of the decision. */
  readonly now: Date;
  /** The single window that is over, where no window counts any more. */
  readonly overWindow: BoundMachine['overWindow'];
}

/** A machine, and how long its change will take in seconds where that was estimated already. */
export interface GatedMachine {
  readonly machineId: string;
  readonly seconds: number | null;
}

/** What a job's row says of the window that it waits for, or may begin in. */
export interface StartTerms {
  readonly availableAt: Date | null;
  readonly startBefore: Date | null;
  readonly windowName: string | null;
}

export const UNBOUND_TERMS: StartTerms = { availableAt: null, startBefore: null, windowName: null };

/**
 * Whether changes may begin now: inside a maintenance window that is long enough for them by what they took before. All of
 * it by the database's clock.
 */
@Injectable()
export class StartGate {
  constructor(
    private readonly windows: MaintenanceWindows,
    private readonly durations: RunDurations,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * For these actions one after the other, in the order of the machines.
   * @param always how long they take is estimated for machines that no window speaks of too: one may be made while they wait
   */
  async standings(
    manager: EntityManager,
    wanted: readonly GatedMachine[],
    actions: readonly EstimatedAction[],
    always = false,
  ): Promise<GateStanding[]> {
    const now = await this.clock.now(manager);
    const machines = await this.windows.binding(
      manager,
      wanted.map(({ machineId }) => machineId),
      now,
    );
    const open = wanted.filter(
      ({ seconds }, at) => seconds === null && (always || (machines[at]?.windows.length ?? 0) > 0),
    );
    const estimates =
      open.length === 0
        ? new Map<string, Estimate>()
        : await this.durations.estimates(
            manager,
            open.map(({ machineId }) => machineId),
            actions,
          );
    const standings = new Standings(now);
    return machines.map((machine, at) => {
      const estimate = estimates.get(machine.machineId) ?? null;
      const seconds = wanted[at]?.seconds ?? estimate?.seconds ?? 0;
      return { ...machine, estimate, standing: standings.of(machine.windows, seconds), now };
    });
  }
}

/** What a job waits for; null where no window will ever be long enough. */
export function termsOf(standing: Standing): StartTerms | null {
  if (standing.kind === 'never') return null;
  if (standing.kind === 'unbound') return UNBOUND_TERMS;
  const { kind, from, latestStart, name } = standing;
  return { availableAt: kind === 'open' ? null : from, startBefore: latestStart, windowName: name };
}
