import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../../kernel/contracts/canonical-json';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../automation.sentences';
import type { PolicyDocument, ScheduledAction } from '../contracts/schedule-documents';
import type { ScheduleRecord } from '../schedules/schedule-record';
import { SchedulesReader } from '../schedules/schedules.reader';
import { MachineScope } from '../scope/machine-scope';

/** What a schedule says at the moment at which a plan of its run is decided. */
export interface StandingTerms {
  /** What it may change by itself now; null: nothing. */
  readonly policy: PolicyDocument | null;
  /** Why nothing can be decided by it; null: it can. */
  readonly problem: Sentence | null;
  /** Why the change is not wanted on this machine any more; null: it is. */
  readonly unwanted: Sentence | null;
}

/**
 * A run goes by what was kept of its schedule when it became due. Hours may lie between that and the moment at which a machine is changed: what
 * people took back meanwhile is not done.
 */
@Injectable()
export class StandingSchedules {
  constructor(
    private readonly schedules: SchedulesReader,
    private readonly scope: MachineScope,
  ) {}

  /** @param planned the machines whose plan is about to be decided, each with what is planned there */
  async terms(
    tx: Transaction,
    scheduleId: string,
    planned: ReadonlyMap<string, ScheduledAction | undefined>,
  ): Promise<ReadonlyMap<string, StandingTerms>> {
    if (planned.size === 0) return new Map();
    const schedule = await this.schedules.find(scheduleId, tx.manager);
    const meant = await this.meant(tx, schedule, [...planned.keys()]);
    const [policy, problem] = [schedule?.policy ?? null, problemOf(schedule)];
    const terms = [...planned].map(([machineId, change]): [string, StandingTerms] => {
      return [machineId, { policy, problem, unwanted: unwantedOf(schedule, change, meant.has(machineId)) }];
    });
    return new Map(terms);
  }

  private async meant(
    tx: Transaction,
    schedule: ScheduleRecord | null,
    machineIds: readonly string[],
  ): Promise<ReadonlySet<string>> {
    // Of a scope that cannot be read the problem tells.
    if (schedule?.scope == null) return new Set(machineIds);
    return this.scope.chosenOf(tx.manager, schedule.scope, machineIds);
  }
}

function problemOf(schedule: ScheduleRecord | null): Sentence | null {
  if (schedule === null) return null;
  if (schedule.unreadable.length > 0) return say.standing_unreadable();
  return schedule.policyAltered ? say.policy_altered() : null;
}

function unwantedOf(
  schedule: ScheduleRecord | null,
  change: ScheduledAction | undefined,
  meant: boolean,
): Sentence | null {
  if (schedule === null) return say.left_schedule();
  if (!meant) return say.left_scope();
  if (schedule.actions === null || change === undefined) return null;
  const wanted = canonicalJson([change.action, change.parameters]);
  const stands = schedule.actions.some(({ action, parameters }) => canonicalJson([action, parameters]) === wanted);
  return stands ? null : say.left_schedule();
}
