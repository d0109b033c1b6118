import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { MachineError, SettledErrors } from '../../machines/machine-errors';
import { MachineState } from '../../machines/machine-state';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import type { AppliedPackage } from '../contracts/apt-upgrade-result.v5';
import { Attempts } from './attempts';
import { settledByAnalysis, settledByUpgrade, settledByWhole, UPGRADES } from './settled-errors';
import type { Choice, LaterAttempt } from './tried';
import { isUnwound } from './verification';

const UPGRADE = 'apt_upgrade';

/** Which errors of changes of packages a good run or look has shown to be over; in the transaction that ends its job. */
@Injectable()
export class Settlements {
  constructor(
    private readonly machineState: MachineState,
    private readonly attempts: Attempts,
  ) {}

  async byUpgrade(
    tx: Transaction,
    machineId: string,
    choice: Choice,
    packages: readonly AppliedPackage[] | null,
  ): Promise<void> {
    const later = laterAttempt(choice, packages ?? []);
    const settlesErrors: SettledErrors[] = [];
    for (const { action, kind, jobId } of await this.machineState.standing(tx, machineId)) {
      if (action === null || !UPGRADES.some((name) => name === action)) continue;
      const meeting = await this.attempts.meetingWith(tx, machineId, { by: action, kind, jobId });
      if (settledByUpgrade(kind, meeting, later)) settlesErrors.push({ actions: [action], only: [kind] });
    }
    this.machineState.patch(tx, machineId, { settlesErrors });
  }

  /** After a repair dpkg and apt find everything whole. */
  async byRepair(tx: Transaction, machineId: string): Promise<void> {
    const settlesErrors = settledByWhole(await this.unwound(tx, machineId));
    this.machineState.patch(tx, machineId, { settlesErrors });
  }

  async byAnalysis(tx: Transaction, machineId: string, document: AptUpdateAnalyze): Promise<void> {
    const settlesErrors = settledByAnalysis(document, await this.unwound(tx, machineId));
    this.machineState.patch(tx, machineId, { settlesErrors });
  }

  /** Errors that stand and left nothing that is not whole. */
  private async unwound(tx: Transaction, machineId: string): Promise<MachineError[]> {
    const unwound: MachineError[] = [];
    for (const error of await this.machineState.standing(tx, machineId)) {
      const { action, kind, jobId } = error;
      if (action === null) continue;
      const { left } = await this.attempts.meetingWith(tx, machineId, { by: action, kind, jobId });
      if (isUnwound(kind, left.get(kind) ?? [])) unwound.push(error);
    }
    return unwound;
  }
}

function laterAttempt(choice: Choice, applied: readonly AppliedPackage[]): LaterAttempt {
  const named = (untouched: boolean): Set<string> =>
    new Set(applied.filter(({ operation }) => (operation === 'unchanged') === untouched).map(({ name }) => name));
  return { action: UPGRADE, choice, packages: named(false), untouched: named(true) };
}
