import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
} from 'class-validator';
import { IsOptionalButNotNull, IsVisibleText } from '../../../../kernel/http/input-rules';
import { PageQueryDto } from '../../../../kernel/http/page-query.dto';
import { DocumentDto } from '../../../../kernel/contracts/document.dto';
import type { SaidByField } from '../../../../kernel/sentences/said';
import { ApiSaid } from '../../../../kernel/sentences/said.dto';
import type { PreflightCheck } from '../../actions/change-action';
import { VERDICTS } from '../../contracts/action-plan';
import { RequestedByDto } from '../../dto/jobs.dto';
import { MachineMaintenanceDto } from '../../dto/maintenance.dto';
import {
  ACTION_REQUEST_STATUSES,
  JOB_STATUSES,
  TARGET_STATUSES,
  type ActionRequestStatus,
  type JobStatus,
  type TargetStatus,
} from '../../entities/jobs.values';

export const REASON_MAX = 500;
export const CONSEQUENCES_MAX = 50;
/** Machines that one request may be for: what one person can look through and decide at once. */
const TARGETS_MAX = 1_000;

/** Whose decision a request asks for; none of the three: whoever may confirm changes. */
export class ApprovalDto {
  /** Whoever asked may confirm it. */
  ownConfirmation: boolean;
  /** Not whoever asked for it. */
  fourEyes: boolean;
  administrators: boolean;
  /** Which rules ask for it, a sentence a line; null: none does. */
  why: string | null;
  /** Of `why`. */
  @ApiSaid()
  said: SaidByField;
}

/** A change that was planned on a machine, or on several, and what was decided about it. */
export class RequestDto {
  id: string;
  /** Name of the action that would change the machine. */
  action: string;
  title: string;
  /** Null: it is for several. */
  machineId: string | null;
  machineName: string | null;
  /** Machines that are in it; of several, those that are not planned yet too. */
  machines: number;
  /** Machines that it was asked for and that are not in it. */
  leftOut: number;
  /** Machines that are not planned yet: until there are none it cannot be confirmed. */
  planning: number;
  /** `expired`: nobody confirmed it in time, a newer plan replaced it, or its run never began. */
  @ApiProperty({ enum: ACTION_REQUEST_STATUSES })
  status: ActionRequestStatus;
  /** `none`, `low`, `medium`, `high`. */
  risk: string | null;
  /** The change in one sentence. */
  summary: string | null;
  requestedBy: RequestedByDto;
  /** Of the person or program that asked. */
  requestedById: string | null;
  /** Of a schedule: the users who answer for what it asks, who confirmed its policy and who started it by hand. */
  answerableIds: string[];
  /** Of a schedule: its occurrence that asked for it. */
  occurrenceId: string | null;
  /** Of a schedule: why it left the decision to people, a sentence a line; null: it did not, or has not looked at it yet. */
  personReason: string | null;
  /** As the rules asked for when it was made; on its own page also as they ask for now. */
  approval: ApprovalDto;
  createdAt: Date;
  /** After this time it can no longer be confirmed. */
  expiresAt: Date | null;
  /** SHA-256, hexadecimal: what is confirmed. */
  planDigest: string | null;
  /** When it was confirmed, rejected or withdrawn; null while nobody has. */
  decidedAt: Date | null;
  /** The name of a person, or the policy of the schedule that asked. */
  decidedBy: string | null;
  /** Why it was decided so, or has expired. */
  decisionReason: string | null;
  /** Rejected by whoever had asked for it. */
  withdrawn: boolean;
  /** The job that made the plan; null once it is gone. */
  planJobId: string | null;
  /** The job that carries it out; null before the confirmation. */
  jobId: string | null;
  executionId: string | null;
  /** How that job stands, or how it ended; null: there is none, or one for each of several machines. */
  @ApiProperty({ enum: JOB_STATUSES, nullable: true, type: String })
  runStatus: JobStatus | null;
  /** Of `title`, `summary`, `decisionReason`, `personReason` and, where a policy decided, `decidedBy`. */
  @ApiSaid()
  said: SaidByField;
}

export class RequestPageDto {
  items: RequestDto[];
  /** Null on the last page. */
  nextCursor: string | null;
}

/** What must be ticked by hand before the plan can be confirmed. */
export class PlanConsequenceDto {
  /** Named again in `accepted` when confirming. */
  code: string;
  sentence: string;
  @ApiSaid()
  said: SaidByField;
}

/** One verdict of the look before the change. */
export class PlanCheckDto {
  code: string;
  /** `blocked` keeps the plan from being confirmed; `unknown`: the machine could not say. */
  @ApiProperty({ enum: VERDICTS })
  verdict: PreflightCheck['verdict'];
  sentence: string;
  /** What to do about it; null when nothing is to be done. */
  action: string | null;
  /** Of `sentence` and `action`. */
  @ApiSaid()
  said: SaidByField;
}

/** The difference to the plan of the same action that was made before on the machine. */
export class PlanDifferenceDto {
  /** The request of that plan. */
  requestId: string;
  createdAt: Date;
  requestedBy: RequestedByDto;
  /** Lines that both plans have. */
  same: number;
  /** Lines that only this plan has. */
  added: string[];
  /** Lines that only the plan before had. */
  missing: string[];
}

export class PlanDto {
  /** As the action's schema has them. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  parameters: Record<string, unknown>;
  /** One for each effect, in byte order: their SHA-256, each ended by a newline, is the digest. */
  lines: string[];
  consequences: PlanConsequenceDto[];
  checks: PlanCheckDto[];
  /** What the action itself tells besides, of the contract `<action>_plan`. */
  details: DocumentDto;
  /** Null: there is no plan before it. */
  sinceLastPlan: PlanDifferenceDto | null;
}

/** One machine of a request for several. */
export class RequestTargetDto {
  machineId: string;
  machineName: string;
  /** `skipped`: left out. `expired`: its run ended before it changed anything, or nobody confirmed it in time. */
  @ApiProperty({ enum: TARGET_STATUSES })
  status: TargetStatus;
  /** Why it was left out, or has expired. */
  reason: string | null;
  /** Null: it is not planned yet, or was left out before. */
  planDigest: string | null;
  /** The change in one sentence. */
  summary: string | null;
  risk: string | null;
  /** The job that makes the plan; null where none was begun. */
  planJobId: string | null;
  /** The job that carries it out; null before the confirmation. */
  jobId: string | null;
  executionId: string | null;
  /** How that job stands, or how it ended. */
  @ApiProperty({ enum: JOB_STATUSES, nullable: true, type: String })
  runStatus: JobStatus | null;
  /** Class of its error: `plan_drifted` when the machine was no longer as it was planned. */
  errorKind: string | null;
  errorMessage: string | null;
  /** When the change may begin there; null unless the request waits to be confirmed and this machine is in it. */
  @ApiProperty({ type: MachineMaintenanceDto, nullable: true })
  maintenance: MachineMaintenanceDto | null;
  /** Of `reason`, `summary` and `errorMessage`. */
  @ApiSaid()
  said: SaidByField;
  /** The plan, where it is stored in a form that this program cannot read. */
  unreadable: DocumentDto[];
}

/** One machine of a request for several, with the whole plan that was made for it. */
export class TargetPlanDto {
  request: RequestDto;
  target: RequestTargetDto;
  /** Null: there is none, or it cannot be read, see `unreadable` of the target. */
  @ApiProperty({ type: PlanDto, nullable: true })
  plan: PlanDto | null;
}

/** One effect, and the machines that have it. */
export class SharedEffectDto {
  /** As the plans have it. */
  line: string;
  machineIds: string[];
}

/** What must be ticked by hand, and on which machines it comes about. */
export class SharedConsequenceDto extends PlanConsequenceDto {
  machineIds: string[];
}

/** A verdict that is not `ok`, and the machines that have it. */
export class SharedCheckDto extends PlanCheckDto {
  machineIds: string[];
}

export class SeveralMachinesDto {
  /** By name. */
  targets: RequestTargetDto[];
  /** Equal effects of several machines together, in byte order. */
  effects: SharedEffectDto[];
  consequences: SharedConsequenceDto[];
  checks: SharedCheckDto[];
  /** As the action's schema has them. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  parameters: Record<string, unknown>;
}

export class RequestDetailDto extends RequestDto {
  /** Of one machine: null when it cannot be read, see `unreadable`. */
  plan: PlanDto | null;
  /** Of several machines; null: it is for one. */
  @ApiProperty({ type: SeveralMachinesDto, nullable: true })
  several: SeveralMachinesDto | null;
  /** A check is of verdict `blocked`: the plan cannot be confirmed. */
  blocked: boolean;
  /** What is stored of it in a form that this program cannot read. */
  unreadable: DocumentDto[];
}

export class RequestListQueryDto extends PageQueryDto {
  /** Several by repeating the parameter, or separated by commas. */
  @ApiProperty({ enum: ACTION_REQUEST_STATUSES, isArray: true, required: false })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value))
  @IsIn(ACTION_REQUEST_STATUSES, { each: true })
  status?: ActionRequestStatus[];

  @IsOptional()
  @IsUUID()
  machineId?: string;

  /** True: only what a person decided about, or what was carried out or is to be; false: only the others, as plans that nobody confirmed in time. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  decided?: boolean;
}

export class ConfirmRequestDto {
  /** The plan's, as it was on the screen of whoever confirms. */
  @Matches(/^[0-9a-f]{64}$/)
  digest: string;

  /** Codes of the consequences that were ticked. */
  @IsArray()
  @ArrayMaxSize(CONSEQUENCES_MAX)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  accepted: string[];

  /** Kept with the decision. */
  @ApiPropertyOptional({ maxLength: REASON_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(REASON_MAX)
  reason?: string;

  /** Why it begins outside the maintenance window of the machine; asks for a permission of its own. */
  @ApiPropertyOptional({ minLength: 3, maxLength: REASON_MAX })
  @IsOptionalButNotNull()
  @IsVisibleText(3, REASON_MAX)
  windowOverride?: string;
}

export class RejectRequestDto {
  /** For whoever asked. */
  @ApiPropertyOptional({ maxLength: REASON_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(REASON_MAX)
  reason?: string;
}

export class CloneRequestDto {
  /** Only these of its machines, each once; all of them when absent. */
  @IsOptional()
  @ArrayNotEmpty()
  @ArrayMaxSize(TARGETS_MAX)
  @ArrayUnique()
  @IsUUID(undefined, { each: true })
  machineIds?: string[];
}

/** What plans it again: a job on one machine, or a request for the same machines. */
export class ClonedRequestDto {
  jobId: string | null;
  requestId: string | null;
}

export class AskForManyDto {
  @ArrayNotEmpty()
  @ArrayMaxSize(TARGETS_MAX)
  @IsUUID(undefined, { each: true })
  machineIds: string[];

  /** As the action's schema has them. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;
}
