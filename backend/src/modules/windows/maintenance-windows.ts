import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { bindingWindows, lastClosed, type ClosedWindow } from './binding-windows';
import { standing, type Standing } from './openings';
import { WindowsRepository, type WindowOfMachine } from './windows.repository';

/** The windows that count for one machine. */
export interface BoundMachine {
  readonly machineId: string;
  readonly windows: readonly WindowOfMachine[];
  /** The single window that closed last, where no window counts any more; null: some does, or none was there. */
  readonly overWindow: ClosedWindow | null;
}

/** The gate: when changes of machines may begin. */
@Injectable()
export class MaintenanceWindows {
  constructor(private readonly repository: WindowsRepository) {}

  /** Of each machine, also of those that no window speaks of, in the order of the ids. */
  async binding(manager: EntityManager, machineIds: readonly string[], now: Date): Promise<BoundMachine[]> {
    const found = await this.repository.ofMachines(manager, machineIds);
    const byMachine = Map.groupBy(found, ({ machineId }) => machineId);
    return machineIds.map((machineId) => {
      const speaking = byMachine.get(machineId) ?? [];
      const windows = bindingWindows(speaking, now);
      return { machineId, windows, overWindow: windows.length > 0 ? null : lastClosed(speaking, now) };
    });
  }
}

/** Decides for many machines; those of the same windows and the same length are decided once. */
export class Standings {
  private readonly decided = new Map<string, Standing>();

  constructor(private readonly now: Date) {}

  of(windows: readonly WindowOfMachine[], seconds: number): Standing {
    const key = `${String(seconds)} ${windows.map(({ id }) => id).join(' ')}`;
    const known = this.decided.get(key) ?? standing(windows, seconds, this.now);
    this.decided.set(key, known);
    return known;
  }
}
