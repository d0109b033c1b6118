import type { Actor } from '../../kernel/auth/actor';
import type { DocumentDto } from '../../kernel/contracts/document.dto';
import type { JobStatus, LogStream } from './entities/jobs.values';
import type { WaitingOn } from './waiting/waiting';

/**
 * Where a job stands within its status. `waiting`: queued, not handed out; `dispatched`: queued, its token lies in the
 * queue; the others: running. `reconciling`: what became of a changing run is not known until its machine tells.
 */
export type JobPhase = 'waiting' | 'dispatched' | 'starting' | 'following' | 'reconciling' | 'collecting';

export type StepStatus = 'waiting' | 'running' | 'done' | 'failed' | 'skipped';

/** One step. Times are ISO strings. */
export interface JobStep {
  name: string;
  status: StepStatus;
  startedAt: string | null;
  endedAt: string | null;
  /** How far it is, 0 to 100; null where that is not known, and unless it runs. */
  percent: number | null;
  /** What is at work in it, as a package. */
  subject: string | null;
}

/** A job as the rest of the program sees it. */
export interface JobRecord {
  readonly id: string;
  readonly kind: string;
  readonly machineId: string;
  readonly machineName: string;
  readonly status: JobStatus;
  readonly phase: string | null;
  readonly step: string | null;
  readonly steps: readonly JobStep[];
  readonly priority: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly createdAt: Date;
  /** Null: as soon as the machine is free. */
  readonly availableAt: Date | null;
  /** Of a change that is bound to a maintenance window. */
  readonly startBefore: Date | null;
  readonly windowName: string | null;
  /** Why it may begin outside its window. */
  readonly windowOverride: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly requestedBy: Actor;
  /** Why it has not begun; null unless it waits. */
  readonly waitingOn: WaitingOn | null;
  readonly cancelRequested: boolean;
  /** A person wants it ended on its machine by force. */
  readonly forceRequested: boolean;
  /** Of a changing run: its machine has told of it. */
  readonly begun: boolean;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
  readonly errorAction: string | null;
  readonly snapshotId: string | null;
  /** The request for a change that it made, or carries out. */
  readonly requestId: string | null;
  /** Null unless it ended without a result. */
  readonly deadLetter: DeadLetterFacts | null;
  /** The dead letter that it was started again for. */
  readonly redriveOf: string | null;
  /** Number of the last log line. */
  readonly lastSeq: number;
  /** What is stored of it in a form that this program cannot read. */
  readonly unreadable: readonly DocumentDto[];
}

/** What has become of a job that ended without a result. */
export interface DeadLetterFacts {
  readonly diedAt: Date;
  /** Nobody has dealt with it, and no later job of its action was asked for on its machine. */
  readonly open: boolean;
  readonly settledAt: Date | null;
  /** Name of the user; null: nobody has. */
  readonly settledBy: string | null;
  /** The job that was started in its place. */
  readonly redrivenAs: string | null;
}

/** What is kept of the last attempt. */
export interface JobResult {
  readonly scriptSha256?: string | null;
  readonly snapshotId?: string | null;
  readonly summary?: string | null;
  readonly errorAction?: string | null;
  readonly durationMs?: number | null;
  readonly receivedBytes?: number | null;
}

/** One line of a job's log. */
export interface LogLine {
  readonly seq: number;
  readonly at: Date;
  readonly stream: LogStream;
  readonly section: string | null;
  readonly text: string;
}

/** The actor that a job's row names. */
export function requester(type: Actor['type'] | null, id: string | null, name: string | null): Actor {
  return { type: type ?? 'system', id, name: name ?? 'system_update' };
}
