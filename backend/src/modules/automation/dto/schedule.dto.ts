import { ApiProperty } from '@nestjs/swagger';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';
import { NOTIFY_ON, type NotifyOn } from '../contracts/schedule-documents';
import { MISSED_RUNS, type MissedRuns } from '../entities/automation.values';
import { TIMING_PROBLEMS, type TimingProblem } from '../times/due-times';
import { OccurrenceDto } from './occurrence.dto';
import {
  ScheduledActionDto,
  SchedulePolicyDto,
  ScheduleScopeDto,
  ScopeConditionsDto,
  SCOPE_NOTICES,
  type ScopeNotice,
} from './schedule-input.dto';

/** An action of a schedule with what this program says of it. */
export class ScheduleActionDto extends ScheduledActionDto {
  title: string;
  /** `change` needs a policy; null: this program has no such action any more. */
  @ApiProperty({ enum: ['read', 'change'], nullable: true, type: String })
  kind: 'read' | 'change' | null;
  /** Of `title`. */
  @ApiSaid()
  said: SaidByField;
}

/** What of the fleet a schedule is for, however many machines it names. */
export class ScopeSummaryDto {
  /** All machines, those to come included. */
  wholeFleet: boolean;
  /** So many machines it names one by one. */
  machineCount: number;
  /** Machines that carry any of these tags. */
  tagIds: string[];
  conditions: ScopeConditionsDto;
}

/** What a schedule says of itself, but which machines it names. */
export class ScheduleFactsDto {
  id: string;
  name: string;
  enabled: boolean;
  /** Five fields, or `@once`. */
  cron: string;
  runAt: Date | null;
  timezone: string;
  /** None when they cannot be read, see `unreadable`. */
  actions: ScheduleActionDto[];
  concurrency: number;
  @ApiProperty({ enum: NOTIFY_ON, isArray: true })
  notifyOn: NotifyOn[];
  @ApiProperty({ enum: MISSED_RUNS })
  missedRuns: MissedRuns;
  graceSeconds: number;
  windowSeconds: number | null;
  /** Null: every action only reads, or it cannot be read, see `unreadable`. */
  policy: SchedulePolicyDto | null;
  policyConfirmedBy: string | null;
  policyConfirmedAt: Date | null;
  /**
   * The policy is not the one that was confirmed: it was edited in the database, or is from before policies were sealed. Until it is
   * saved again, its changes wait for a person.
   */
  policyAltered: boolean;
  lastRunAt: Date | null;
  /** Null: switched off, its time is over, or its times cannot be told. */
  nextRunAt: Date | null;
  /** The newest one. */
  lastOccurrence: OccurrenceDto | null;
  createdAt: Date;
  createdBy: string | null;
  updatedAt: Date;
  updatedBy: string | null;
  /** Named again when it is saved. */
  version: number;
  /** Why its times cannot be told any more: it does not run until it has others. Null: they can. */
  @ApiProperty({ enum: TIMING_PROBLEMS, nullable: true, type: String })
  timingProblem: TimingProblem | null;
  /** What is stored of it in a form that this program cannot read. */
  unreadable: DocumentDto[];
}

/** One of many. */
export class ScheduleDto extends ScheduleFactsDto {
  /** Null when it cannot be read, see `unreadable`. */
  scope: ScopeSummaryDto | null;
}

/** A machine or a tag that a scope names. */
export class NamedDto {
  id: string;
  name: string;
}

/** What the machines and tags of a scope are called, by name. */
export class NamedScopeDto {
  /** The first of them. */
  machines: NamedDto[];
  tags: NamedDto[];
  /** Machines that are named besides. */
  more: number;
}

export class ScheduleDetailDto extends ScheduleFactsDto {
  /** Null when it cannot be read, see `unreadable`. */
  scope: ScheduleScopeDto | null;
  /** Why its changes wait for a person, though they keep to the policy, a sentence a line. Null: they do not. */
  policyProblem: string | null;
  /** Of `policyProblem`. */
  @ApiSaid()
  said: SaidByField;
  named: NamedScopeDto;
  /** The next five due times, whether it is switched on or not; none when they cannot be told. */
  nextRuns: Date[];
}

export class SchedulePageDto {
  items: ScheduleDto[];
  /** Null on the last page. */
  nextCursor: string | null;
}

export class TimesPreviewDto {
  /** The next five due times. */
  nextRuns: Date[];
}

export class ScopedMachineDto {
  id: string;
  name: string;
}

/** Machines that are chosen and would be left out, by one reason. */
export class LeftOutDto {
  /** Stable snake_case code of the reason. */
  code: string;
  /** The reason as a sentence. */
  message: string;
  @ApiSaid()
  said: SaidByField;
  count: number;
  /** The first of them. */
  machines: ScopedMachineDto[];
}

export class ScopePreviewDto {
  /** All machines in use. */
  total: number;
  /** Those that are chosen, whatever the conditions say now. */
  chosen: number;
  /** Those of them that it would work on now. */
  matching: number;
  /** The first of these by name. */
  machines: ScopedMachineDto[];
  leftOut: LeftOutDto[];
  /** What must be acknowledged before it is saved. */
  @ApiProperty({ enum: SCOPE_NOTICES, isArray: true })
  notices: ScopeNotice[];
}
