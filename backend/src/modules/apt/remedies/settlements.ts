import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { MachineError } from '../../machines/machine-errors';
import { MachineState } from '../../machines/machine-state';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import type { UpgradeParameters } from '../upgrade/upgrade-parameters';
import type { AppliedPackage } from '../contracts/apt-upgrade-result.v5';
import { Attempts, type Meeting } from './attempts';
import {
  settledByAnalysis,
  settledByTrying,
  settledByUpgrade,
  settledByWhole,
  UPGRADES,
  wasUnwound,
} from './settled-errors';
import type { Choice, LaterAttempt } from './tried';

const UPGRADE = 'apt_upgrade';
const DOWNLOAD = 'apt_download';
const RESTART = 'service_restart';

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
    const met = await this.met(tx, machineId, UPGRADES);
    this.settle(
      tx,
      machineId,
      met.filter(({ error, meeting }) => settledByUpgrade(error, meeting, later)).map(({ error }) => error),
    );
  }

  /** @param fetched names of the packages whose archives are there now */
  async byDownload(
    tx: Transaction,
    machineId: string,
    parameters: UpgradeParameters,
    fetched: ReadonlySet<string>,
  ): Promise<void> {
    const choice = await this.attempts.choiceOf(tx, machineId, parameters);
    const later: LaterAttempt = { action: DOWNLOAD, choice, packages: fetched, untouched: new Set() };
    const met = await this.met(tx, machineId, [DOWNLOAD]);
    this.settle(
      tx,
      machineId,
      met.filter(({ error, meeting }) => settledByTrying(error, meeting, later)).map(({ error }) => error),
    );
  }

  /**
   * A restart speaks of its own services alone. What was not about one of them is over where all that were to be restarted then are.
   * @param restarted services that run anew now
   * @param well it ended well, as a whole
   */
  async byRestart(tx: Transaction, machineId: string, restarted: readonly string[], well: boolean): Promise<void> {
    const over: MachineError[] = [];
    for (const error of await this.machineState.standing(tx, machineId)) {
      const { action, kind, subject, jobId } = error;
      if (action !== RESTART) continue;
      const units =
        subject === null ? await this.attempts.unitsOf(tx, machineId, { by: action, kind, jobId }) : [subject];
      if ((well || subject !== null) && units.every((unit) => restarted.includes(unit))) over.push(error);
    }
    this.settle(tx, machineId, over);
  }

  private settle(tx: Transaction, machineId: string, over: readonly MachineError[]): void {
    const settlesErrors = over.map(({ action, kind, subject }) => ({
      actions: action === null ? [] : [action],
      only: [kind],
      about: [subject],
    }));
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
    const met = await this.met(tx, machineId);
    return met.filter(({ error, meeting }) => wasUnwound(error, meeting)).map(({ error }) => error);
  }

  /** Errors that stand, with what met them; of these actions, or of any. What several are of is read once. */
  private async met(tx: Transaction, machineId: string, actions?: readonly string[]): Promise<MetOnce[]> {
    const meetings = new Map<string, Meeting>();
    const met: MetOnce[] = [];
    for (const error of await this.machineState.standing(tx, machineId)) {
      const { action, kind, jobId } = error;
      if (action === null || actions?.includes(action) === false) continue;
      const key = jobId ?? `${action} ${kind}`;
      const meeting =
        meetings.get(key) ?? (await this.attempts.meetingWith(tx, machineId, { by: action, kind, jobId }));
      meetings.set(key, meeting);
      met.push({ error: { ...error, action }, meeting });
    }
    return met;
  }
}

interface MetOnce {
  readonly error: MachineError & { readonly action: string };
  readonly meeting: Meeting;
}

function laterAttempt(choice: Choice, applied: readonly AppliedPackage[]): LaterAttempt {
  const named = (untouched: boolean): Set<string> =>
    new Set(applied.filter(({ operation }) => (operation === 'unchanged') === untouched).map(({ name }) => name));
  return { action: UPGRADE, choice, packages: named(false), untouched: named(true) };
}
