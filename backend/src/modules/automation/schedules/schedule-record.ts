import type { DocumentDto } from '../../../kernel/contracts/document.dto';
import type {
  DefinitionDocument,
  NotifyOn,
  PolicyDocument,
  ScheduledAction,
  ScopeDocument,
} from '../contracts/schedule-documents';
import type { MissedRuns } from '../entities/automation.values';
import type { OccurrenceRecord } from '../occurrences/occurrence-record';
import type { Timing, TimingProblem } from '../times/due-times';

/** A schedule as the rest of the room sees it. */
export interface ScheduleRecord extends Timing {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Null when it cannot be read. */
  readonly scope: ScopeDocument | null;
  /** Null when they cannot be read. */
  readonly actions: readonly ScheduledAction[] | null;
  readonly concurrency: number;
  readonly notifyOn: readonly NotifyOn[];
  readonly missedRuns: MissedRuns;
  readonly graceSeconds: number;
  readonly windowSeconds: number | null;
  /** Null: it only reads, or the policy cannot be read. */
  readonly policy: PolicyDocument | null;
  readonly policyConfirmedBy: string | null;
  readonly policyConfirmedById: string | null;
  readonly policyConfirmedAt: Date | null;
  /** There is a policy, and it is not the one that was confirmed. */
  readonly policyAltered: boolean;
  readonly lastRunAt: Date | null;
  readonly nextRunAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
  readonly updatedBy: string | null;
  readonly version: number;
  /** Why its times cannot be told, of what was valid when it was saved; null: they can. */
  readonly timingProblem: TimingProblem | null;
  readonly unreadable: readonly DocumentDto[];
}

export interface ScheduleWithLast extends ScheduleRecord {
  readonly lastOccurrence: OccurrenceRecord | null;
}

/** What an occurrence of it would do; null when a part of it cannot be read: nothing is done by a guess. */
export function definitionOf(schedule: ScheduleRecord): DefinitionDocument | null {
  const { scope, actions, policy } = schedule;
  if (scope === null || actions === null || schedule.unreadable.length > 0) return null;
  return {
    version: schedule.version,
    name: schedule.name,
    scope: {
      whole_fleet: scope.whole_fleet,
      machine_ids: scope.machine_ids,
      tag_ids: scope.tag_ids,
      conditions: scope.conditions,
    },
    actions,
    concurrency: schedule.concurrency,
    policy: policy === null ? null : withoutVersion(policy),
    missed_runs: schedule.missedRuns,
    grace_seconds: schedule.graceSeconds,
    window_seconds: schedule.windowSeconds,
  };
}

/** A part of a larger document does not repeat the number of its own version. */
function withoutVersion<T extends object>(document: T): T {
  return Object.fromEntries(Object.entries(document).filter(([name]) => name !== 'schema_version')) as T;
}
