import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Matches, Max, Min } from 'class-validator';
import { IsVisibleText } from '../../../kernel/http/input-rules';
import { PageQueryDto } from '../../../kernel/http/page-query.dto';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import { JOB_STATUSES, LOG_STREAMS, type JobStatus, type LogStream } from '../entities/jobs.values';
import type { StepStatus } from '../job-record';
import { WAITING_REASONS, type WaitingReason } from '../waiting/waiting';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';

const LOG_MAX = 5_000;
const LOG_DEFAULT = 1_000;

export class RequestedByDto {
  /** `user`, `system`, `schedule` … */
  type: string;
  name: string | null;
}

export class JobStepDto {
  name: string;
  @ApiProperty({ enum: ['waiting', 'running', 'done', 'failed', 'skipped'] })
  status: StepStatus;
  startedAt: Date | null;
  endedAt: Date | null;
  /** How far it is, 0 to 100, as the machine's own tool tells; null where that is not known, and unless it runs. */
  percent: number | null;
  /** What is at work in it, as a package; null where nothing is named. */
  subject: string | null;
}

/** Why a job has not begun. What does not go with the reason is null. */
export class WaitingOnDto {
  /**
   * `window`: for its maintenance window; `retry`: for its next attempt; `machine`: another job is at work on the machine,
   * or goes before it there; `worker`: no worker has looked for work for a minute; `network`: so many jobs run in its
   * network as may; `places`: for a free place; `rate`: so many jobs have begun within a second as may.
   */
  @ApiProperty({ enum: WAITING_REASONS })
  reason: WaitingReason;
  /** The reason in words. */
  sentence: string;
  /** `machine`: the job in the way. */
  jobId: string | null;
  /** Its title. */
  title: string | null;
  /** When it began; null while it has not. */
  since: Date | null;
  /** Who asked for it. */
  by: string | null;
  /** What its lock is for. */
  lockKind: string | null;
  /** Among the jobs that wait for the same machine; 1 goes first. */
  position: number;
  /** `network`: its name. */
  network: string | null;
  /** `network`, `places`: jobs at a time; `rate`: starts within a second; null until a worker has told it. */
  limit: number | null;
  /** `network`, `places`: jobs that run. */
  running: number | null;
  /** `window`, `retry`: it does not begin before. */
  until: Date | null;
  /** Of `title` and `sentence`. */
  @ApiSaid()
  said: SaidByField;
}

export class DeadLetterStateDto {
  diedAt: Date;
  /** Nobody has dealt with it, and no later job of its action was asked for on its machine. */
  open: boolean;
  /** When somebody started it again, planned it again or dismissed it. */
  settledAt: Date | null;
  /** Name of the user. */
  settledBy: string | null;
  /** The job that was started in its place. */
  redrivenAs: string | null;
}

export class JobDto {
  id: string;
  /** Name of the action. */
  kind: string;
  title: string;
  machineId: string;
  machineName: string;
  @ApiProperty({ enum: JOB_STATUSES })
  status: JobStatus;
  /** Finer than the status; null at the end. */
  phase: string | null;
  /** The step at work. */
  step: string | null;
  steps: JobStepDto[];
  /** Higher first: each step counts as much as a minute of waiting. 0 is what a person asks for, -10 what a schedule does. */
  priority: number;
  /** 0 before the first. */
  attempt: number;
  maxAttempts: number;
  createdAt: Date;
  /** A queued job does not begin before; null: as soon as its machine is free. */
  availableAt: Date | null;
  /** Of a change: it begins before, while its maintenance window is open or its confirmed plan is valid, or not at all. */
  startBefore: Date | null;
  /** Of the maintenance window that it waits for, or may begin in. */
  windowName: string | null;
  /** Why somebody let it begin outside its maintenance window. */
  windowOverride: string | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  requestedBy: RequestedByDto;
  /** Why it has not begun; null unless it waits. */
  waitingOn: WaitingOnDto | null;
  cancelRequested: boolean;
  /** A person wants it ended on its machine by force. */
  forceRequested: boolean;
  /** It works on its machine and cannot be cancelled any more: it may be ended by force. */
  mayBeForced: boolean;
  /** Of the last attempt; also set while a retry waits. */
  errorKind: string | null;
  errorMessage: string | null;
  /** What to do about the error. */
  errorAction: string | null;
  /** Of `title`, `errorMessage` and `errorAction`. */
  @ApiSaid()
  said: SaidByField;
  /** The document that it left. */
  snapshotId: string | null;
  /** The request for a change: what a planning job asked for, or what a changing job carries out. */
  requestId: string | null;
  /** Of a job that ended without a result; null of all others. */
  deadLetter: DeadLetterStateDto | null;
  /** The dead letter that it was started again for. */
  redriveOf: string | null;
  /** Number of the last log line; 0 without any. */
  lastSeq: number;
  /** What is stored of it in a form that this program cannot read; its fields above are empty for that. */
  unreadable: DocumentDto[];
  /** Only in the answer to a start: the very same job waited or ran already, and is returned. */
  deduplicated?: boolean;
}

export class JobPageDto {
  items: JobDto[];
  /** Null on the last page. */
  nextCursor: string | null;
}

export class ActivityDto {
  /** The first 500. */
  running: JobDto[];
  /** The first 200, in the order in which they would run if every machine were free. */
  waiting: JobDto[];
  /** The last 20 that ended. */
  recent: JobDto[];
  /** All that run. */
  runningCount: number;
  /** All that wait. */
  waitingCount: number;
  /** Where what waits goes on, at `GET /jobs/waiting`; null: that is all. */
  waitingCursor: string | null;
}

export class LogLineDto {
  /** 1, 2, 3 … without gaps within a job. */
  seq: number;
  at: Date;
  /** What the machine printed, or a note of the program. */
  @ApiProperty({ enum: LOG_STREAMS })
  stream: LogStream;
  section: string | null;
  /** One line, as the machine sent it: it may hold control sequences. */
  text: string;
}

export class JobLogDto {
  lines: LogLineDto[];
  /** Number of the job's last line so far. */
  lastSeq: number;
  /** No further line will come after these. */
  ended: boolean;
}

export class CloseJobDto {
  /** Why nobody will find out how it ended; kept with the job and in the audit. */
  @IsString()
  @Length(3, 500)
  @Matches(/\S/)
  reason: string;
}

export class ForceStopDto {
  /** The name of its machine, typed by hand. */
  @IsString()
  @Length(1, 255)
  machineName: string;

  /** Why it must not go on; kept with the job and in the audit. */
  @IsString()
  @Length(3, 500)
  @Matches(/\S/)
  reason: string;
}

export class BeginNowDto {
  /** Why it does not wait for its maintenance window; kept with the job and in the audit. */
  @ApiProperty({ minLength: 3, maxLength: 500 })
  @IsVisibleText(3, 500)
  reason: string;
}

export class JobListQueryDto extends PageQueryDto {
  /** Several by repeating the parameter, or separated by commas. */
  @ApiProperty({ enum: JOB_STATUSES, isArray: true, required: false })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value))
  @IsIn(JOB_STATUSES, { each: true })
  status?: JobStatus[];

  @IsOptional()
  @IsUUID()
  machineId?: string;
}

export class JobLogQueryDto {
  /** Lines after this number; all from the beginning when absent. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after = 0;

  @ApiProperty({ required: false })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(LOG_MAX)
  limit: number = LOG_DEFAULT;
}

/** Message `watch.job`. */
export class WatchJobDto {
  @IsUUID()
  jobId: string;

  /** The last line that the client has; 0 for none. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after = 0;
}

/** Message `unwatch.job`. */
export class UnwatchJobDto {
  @IsUUID()
  jobId: string;
}
