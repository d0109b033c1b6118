import type { EstimateBasis } from '../../jobs/gate/run-durations';
import type { OccurrenceStatus, OccurrenceTrigger, TargetStage } from '../entities/automation.values';

/** A due time of a schedule, and what it came to. */
export interface OccurrenceRecord {
  readonly id: string;
  readonly scheduleId: string;
  readonly scheduleName: string;
  /** Of the schedule. */
  readonly timezone: string;
  readonly dueAt: Date;
  readonly trigger: OccurrenceTrigger;
  readonly startedBy: string | null;
  readonly status: OccurrenceStatus;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
  readonly machinesCount: number | null;
  readonly waitingCount: number | null;
  readonly runningCount: number | null;
  readonly okCount: number | null;
  readonly warningCount: number | null;
  readonly errorCount: number | null;
  readonly cancelledCount: number | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** An occurrence that has not ended. */
export interface ActiveOccurrence extends OccurrenceRecord {
  /** Null: its definition cannot be read. */
  readonly concurrency: number | null;
  /** Machines that wait for their maintenance window. */
  readonly heldCount: number;
  /** Machines that wait for the end of a change that is at work on them. */
  readonly blockedCount: number;
}

/** A schedule with more occurrences within a span than are told one by one. */
export interface FrequentOccurrences {
  readonly scheduleId: string;
  readonly scheduleName: string;
  readonly from: Date;
  readonly to: Date;
  readonly count: number;
  /** Those of them that ended with a warning or failed. */
  readonly troubleCount: number;
}

/** How far an occurrence is on one of its machines. */
export interface TargetRecord {
  readonly machineId: string;
  readonly machineName: string;
  readonly status: OccurrenceStatus;
  readonly position: number;
  readonly stage: TargetStage | null;
  readonly jobId: string | null;
  readonly requestId: string | null;
  readonly windowName: string | null;
  readonly resumeAt: Date | null;
  /** That window has not opened, and nobody has let it begin before. */
  readonly awaitsWindow: boolean;
  /** The change at work on the machine, whose end it waits for. */
  readonly blockingJobId: string | null;
  /** Why it begins, or began, outside that window; null: it does not. */
  readonly windowOverride: string | null;
  readonly windowOverrideBy: string | null;
  /** Names of the actions that are not done yet, in order; none of one that has ended. */
  readonly left: readonly string[];
  readonly estimateSeconds: number | null;
  readonly estimateBasis: EstimateBasis | null;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}
