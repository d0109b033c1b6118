import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, Length } from 'class-validator';
import { IsMoment, IsVisibleText } from '../../../kernel/http/input-rules';
import { PageQueryDto } from '../../../kernel/http/page-query.dto';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';
import { ESTIMATE_BASES, type EstimateBasis } from '../../jobs/gate/run-durations';
import {
  OCCURRENCE_STATUSES,
  OCCURRENCE_TRIGGERS,
  TARGET_STAGES,
  type OccurrenceStatus,
  type OccurrenceTrigger,
  type TargetStage,
} from '../entities/automation.values';

/** A due time of a schedule, and what it came to. */
export class OccurrenceDto {
  id: string;
  scheduleId: string;
  /** The present one. */
  scheduleName: string;
  /** The present one of the schedule. */
  timezone: string;
  dueAt: Date;
  /** `person`: started by hand. */
  @ApiProperty({ enum: OCCURRENCE_TRIGGERS })
  trigger: OccurrenceTrigger;
  startedBy: string | null;
  @ApiProperty({ enum: OCCURRENCE_STATUSES })
  status: OccurrenceStatus;
  /** Of one that could not start: `window_expired`, `scope_empty`, `missed`. */
  errorKind: string | null;
  errorMessage: string | null;
  /** Of `errorMessage`. */
  @ApiSaid()
  said: SaidByField;
  /** Null until its machines are chosen. */
  machinesCount: number | null;
  /** How many machines stand where; null until they are chosen. */
  waitingCount: number | null;
  runningCount: number | null;
  okCount: number | null;
  warningCount: number | null;
  errorCount: number | null;
  cancelledCount: number | null;
  createdAt: Date;
  /** After this time no further machine is begun; null: no such time. */
  expiresAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** An occurrence that has not ended: what of it is at work, and what waits for what. */
export class ActiveOccurrenceDto extends OccurrenceDto {
  /** So many machines are at work at a time; null: not to be read. */
  concurrency: number | null;
  /** Of the machines that wait: those that wait for their maintenance window. */
  heldCount: number;
  /** Of the machines that wait: those on which another change is at work. The others wait for a place. */
  blockedCount: number;
}

export class OccurrencePageDto {
  items: OccurrenceDto[];
  /** Null on the last page. */
  nextCursor: string | null;
}

/** A machine of an occurrence. */
export class OccurrenceTargetDto {
  machineId: string;
  machineName: string;
  @ApiProperty({ enum: OCCURRENCE_STATUSES })
  status: OccurrenceStatus;
  /** Of the action at work in the schedule's list, from 0. */
  position: number;
  /** Of a change: its plan is made, what it needs is fetched before its window opens, or it is carried out. */
  @ApiProperty({ enum: TARGET_STAGES, nullable: true, type: String })
  stage: TargetStage | null;
  /** The job at work, or the last one. */
  jobId: string | null;
  /** The plan that was carried out, or that waits for a person. */
  requestId: string | null;
  errorKind: string | null;
  errorMessage: string | null;
  /** Of `errorMessage`. */
  @ApiSaid()
  said: SaidByField;
  /** The maintenance window that its change waits for, waited for or begins in, and when that opens. */
  windowName: string | null;
  resumeAt: Date | null;
  /** It waits until then: the window has not opened, and nobody has let it begin before. */
  awaitsWindow: boolean;
  /** The change that is at work on the machine, whose end it waits for; null: it waits for none. */
  blockingJobId: string | null;
  /** Why a person lets it begin, or let it, outside that window. Null: nobody does, or it did not begin in the time for that. */
  windowOverride: string | null;
  /** Name of that person. */
  windowOverrideBy: string | null;
  /** Names of the actions that are not done yet, the one at work included, in order; empty once it has ended. */
  left: string[];
  /** So long its change, and what follows it, should take by what is known; null where no window binds the machine. */
  estimateSeconds: number | null;
  /** `machine`: its own last runs; `fleet`: the slowest tenth of all machines; `declared`: of it, or of a part of it, there were no runs yet. */
  @ApiProperty({ enum: ESTIMATE_BASES, nullable: true, type: String })
  estimateBasis: EstimateBasis | null;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export class OccurrenceTargetPageDto {
  items: OccurrenceTargetDto[];
  /** Null on the last page. */
  nextCursor: string | null;
}

export class TargetListQueryDto extends PageQueryDto {
  @ApiProperty({ enum: OCCURRENCE_STATUSES, required: false })
  @IsOptional()
  @IsIn(OCCURRENCE_STATUSES)
  status?: OccurrenceStatus;
}

export class BeginTargetDto {
  /** Why it does not wait for its maintenance window; kept with the run and in the audit. */
  @ApiProperty({ minLength: 3, maxLength: 500 })
  @IsVisibleText(3, 500)
  reason: string;
}

export class CancelOccurrenceDto {
  /** Kept in the audit. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}

/** A due time to come. */
export class PlannedOccurrenceDto {
  scheduleId: string;
  scheduleName: string;
  dueAt: Date;
}

export class CalendarQueryDto {
  @IsMoment()
  from: Date;

  /** At most 62 days after `from`. */
  @IsMoment()
  to: Date;

  @IsOptional()
  @IsUUID()
  scheduleId?: string;
}

/** A schedule that is due so often that its times are not given one by one. */
export class FrequentScheduleDto {
  scheduleId: string;
  scheduleName: string;
  /** Of its times within the span the first and the last, those to come included. */
  from: Date;
  to: Date;
  /** Times so far within the span. */
  count: number;
  /** Those of them that ended with a warning or failed. */
  troubleCount: number;
}

/** From the first moment on, up to the second, there is more than is given. */
export class CalendarGapDto {
  from: Date;
  to: Date;
}

export class CalendarDto {
  /** By due time. */
  occurrences: OccurrenceDto[];
  /** By due time; of schedules that are switched on. */
  planned: PlannedOccurrenceDto[];
  frequent: FrequentScheduleDto[];
  gaps: CalendarGapDto[];
}
