import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsMoment, IsOptionalButNotNull } from '../../../kernel/http/input-rules';
import { IsGivenName } from '../../machines/dto/rules';
import { ARCHIVES, NOTIFY_ON, type Archives, type NotifyOn } from '../contracts/schedule-documents';
import { MISSED_RUNS, type MissedRuns } from '../entities/automation.values';

const NAME_MAX = 100;
const MACHINES_MAX = 10_000;
const CONCURRENCY_MAX = 10_000;
const ACTIONS_MAX = 10;
const LIST_MAX = 500;
const DAY = 86_400;

/** What must be said before a schedule is saved whose scope means nothing, or everything. */
export const SCOPE_NOTICES = ['no_machines', 'all_machines'] as const;
export type ScopeNotice = (typeof SCOPE_NOTICES)[number];

export class ScopeConditionsDto {
  /** Security updates are known to be pending. */
  @IsOptionalButNotNull()
  @IsBoolean()
  securityUpdates: boolean = false;

  /** Updates are known to be pending. */
  @IsOptionalButNotNull()
  @IsBoolean()
  updates: boolean = false;

  /** A restart is known to be needed. */
  @IsOptionalButNotNull()
  @IsBoolean()
  rebootRequired: boolean = false;

  /** Not analysed for so many days, or never. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3650)
  notAnalysedDays: number | null = null;
}

export class ScheduleScopeDto {
  /** All machines, those to come included; then no machines and tags are named. */
  @IsOptionalButNotNull()
  @IsBoolean()
  wholeFleet: boolean = false;

  @IsOptionalButNotNull()
  @IsArray()
  @ArrayMaxSize(MACHINES_MAX)
  @ArrayUnique()
  @IsUUID(undefined, { each: true })
  machineIds: string[] = [];

  /** Machines that carry any of these tags. */
  @IsOptionalButNotNull()
  @IsArray()
  @ArrayMaxSize(LIST_MAX)
  @ArrayUnique()
  @IsUUID(undefined, { each: true })
  tagIds: string[] = [];

  /** Of these machines only those for which all of this holds when it runs. */
  @IsOptionalButNotNull()
  @IsObject()
  @ValidateNested()
  @Type(() => ScopeConditionsDto)
  conditions: ScopeConditionsDto = new ScopeConditionsDto();
}

export class ScheduledActionDto {
  /** Name of the action. */
  @IsString()
  @Matches(/^[a-z][a-z0-9_]{2,63}$/)
  action: string;

  /** As the action's schema has them. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IsOptionalButNotNull()
  @IsObject()
  parameters: Record<string, unknown> = {};
}

/** What a schedule may change without a person. Whatever exceeds it waits for one. */
export class SchedulePolicyDto {
  /** Where packages may come from. */
  @ApiProperty({ enum: ARCHIVES })
  @IsIn(ARCHIVES)
  archives: Archives;

  /** Beginnings of origins as apt names them (`Debian:12`, `Docker`); null or absent: any. */
  @ApiPropertyOptional({ type: [String], nullable: true })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(LIST_MAX)
  @IsString({ each: true })
  @Length(1, 200, { each: true })
  origins: string[] | null = null;

  /** Names of packages, `*` for any part; null or absent: any. */
  @ApiPropertyOptional({ type: [String], nullable: true })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(LIST_MAX)
  @Matches(/^[a-z0-9*][a-z0-9+.*-]*$/, { each: true })
  packages: string[] | null = null;

  /** The same; never changed by it. */
  @IsOptionalButNotNull()
  @IsArray()
  @ArrayMaxSize(LIST_MAX)
  @Matches(/^[a-z0-9*][a-z0-9+.*-]*$/, { each: true })
  excludedPackages: string[] = [];

  @IsBoolean()
  removals: boolean;

  @IsBoolean()
  newPackages: boolean;

  @IsOptionalButNotNull()
  @IsBoolean()
  downgrades: boolean = false;

  /** Codes of further consequences of plans that are accepted in advance. */
  @IsOptionalButNotNull()
  @IsArray()
  @ArrayMaxSize(LIST_MAX)
  @Matches(/^[a-z][a-z0-9_]*$/, { each: true })
  accepted: string[] = [];
}

/** When a schedule is due. */
export class TimingDto {
  /** Five fields (minute, hour, day, month, weekday; `FRI#2`, `L`), or `@once` with `runAt`. */
  @IsString()
  @Length(1, 200)
  cron: string;

  /** The moment of a single run. */
  @IsOptional()
  @IsMoment()
  runAt: Date | null = null;

  /** Of the IANA time zone database, `Europe/Paris`. */
  @IsString()
  @Length(1, 64)
  timezone: string;
}

export class SaveScheduleDto extends TimingDto {
  @IsGivenName(NAME_MAX)
  name: string;

  @IsOptionalButNotNull()
  @IsBoolean()
  enabled: boolean = true;

  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => ScheduleScopeDto)
  scope: ScheduleScopeDto;

  /** In this order on each machine; after one that fails the rest is left. */
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(ACTIONS_MAX)
  @ValidateNested({ each: true })
  @Type(() => ScheduledActionDto)
  actions: ScheduledActionDto[];

  /** So many machines at once. */
  @IsOptionalButNotNull()
  @IsInt()
  @Min(1)
  @Max(CONCURRENCY_MAX)
  concurrency: number = 10;

  /** Ends of its runs that people want to be told of. */
  @ApiProperty({ enum: NOTIFY_ON, isArray: true, required: false })
  @IsOptionalButNotNull()
  @IsArray()
  @ArrayUnique()
  @IsIn(NOTIFY_ON, { each: true })
  notifyOn: NotifyOn[] = ['error', 'approval_needed'];

  /** What becomes of due times that were missed: none runs, the newest runs late, or it does while `windowSeconds` last. */
  @ApiProperty({ enum: MISSED_RUNS, required: false })
  @IsOptionalButNotNull()
  @IsIn(MISSED_RUNS)
  missedRuns: MissedRuns = 'skip';

  /** So late a due time still counts as on time. */
  @IsOptionalButNotNull()
  @IsInt()
  @Min(30)
  @Max(DAY)
  graceSeconds: number = 300;

  /** So long after a due time its machines may be begun; null or absent: for as long as it takes. */
  @IsOptional()
  @IsInt()
  @Min(60)
  @Max(7 * DAY)
  windowSeconds: number | null = null;

  /** Needed where an action changes machines; saving confirms it. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SchedulePolicyDto)
  policy: SchedulePolicyDto | null = null;

  /** What the preview of the scope said and is meant so. */
  @ApiProperty({ enum: SCOPE_NOTICES, isArray: true, required: false })
  @IsOptionalButNotNull()
  @IsArray()
  @IsIn(SCOPE_NOTICES, { each: true })
  acknowledged: ScopeNotice[] = [];
}

export class ChangeScheduleDto extends SaveScheduleDto {
  /** The one that was seen. */
  @IsInt()
  @Min(1)
  version: number;
}

/** The version of a schedule that was seen. */
export class ScheduleVersionDto {
  @Type(() => Number)
  @IsInt()
  @Min(1)
  version: number;
}

export class PreviewScopeDto {
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => ScheduleScopeDto)
  scope: ScheduleScopeDto;
}
