import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsOptionalButNotNull, IsVisibleText } from '../../../../../kernel/http/input-rules';
import type { SaidByField } from '../../../../../kernel/sentences/said';
import { ApiSaid } from '../../../../../kernel/sentences/said.dto';
import { MachineMaintenanceDto } from '../../../dto/maintenance.dto';
import { CONSEQUENCES_MAX, PlanConsequenceDto, REASON_MAX, RequestDto } from '../../dto/requests.dto';

/** Requests that one call decides. */
const DECIDED_AT_ONCE = 100;

/** Why requests that stand together were left to people. */
export class InboxReasonDto {
  sentence: string;
  /** So many of them say it. */
  requests: number;
  @ApiSaid()
  said: SaidByField;
}

/** What waits for one decision. */
export class InboxEntryDto {
  /** Of several requests the one that ends first. */
  request: RequestDto;
  /** 1: this one alone. More: all of its action that its run of the schedule left to people. */
  requests: number;
  /** The highest of all; null: of one it is not known. */
  risk: string | null;
  /** Why the schedule left it to people: what most of them say first, the first five. */
  reasons: InboxReasonDto[];
  /** Reasons besides: each request has its own on its page. */
  moreReasons: number;
}

export class InboxPageDto {
  /** What ends first first. */
  items: InboxEntryDto[];
  /** Null on the last page. */
  nextCursor: string | null;
  /** Requests that wait, on all pages. */
  total: number;
}

/** One request of those that a run of a schedule left to people. */
export class GroupedRequestDto extends RequestDto {
  /** One for each effect, in byte order; empty when the plan cannot be read. */
  lines: string[];
  /** What must be ticked by hand before it can be confirmed. */
  consequences: PlanConsequenceDto[];
  /** A check is of verdict `blocked`, or it cannot be read: it cannot be confirmed. */
  blocked: boolean;
  /** When it may begin on its machine once it is confirmed. */
  maintenance: MachineMaintenanceDto | null;
}

export class RequestGroupPageDto {
  /** By the names of their machines. */
  items: GroupedRequestDto[];
  /** Null on the last page. */
  nextCursor: string | null;
  /** Requests of it that wait, on all pages. */
  total: number;
}

/** One plan, as it was on the screen of whoever confirms. */
export class ConfirmedPlanDto {
  @IsUUID()
  id: string;

  /** The plan's. */
  @Matches(/^[0-9a-f]{64}$/)
  digest: string;

  /** Codes of the consequences that were ticked. */
  @IsArray()
  @ArrayMaxSize(CONSEQUENCES_MAX)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  accepted: string[];
}

export class ConfirmEachDto {
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(DECIDED_AT_ONCE)
  @ArrayUnique(({ id }: ConfirmedPlanDto) => id)
  @ValidateNested({ each: true })
  @Type(() => ConfirmedPlanDto)
  requests: ConfirmedPlanDto[];

  /** Kept with each decision. */
  @ApiPropertyOptional({ maxLength: REASON_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(REASON_MAX)
  reason?: string;

  /** Why they begin outside the maintenance windows of their machines; asks for a permission of its own. */
  @ApiPropertyOptional({ minLength: 3, maxLength: REASON_MAX })
  @IsOptionalButNotNull()
  @IsVisibleText(3, REASON_MAX)
  windowOverride?: string;
}

export class RejectEachDto {
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(DECIDED_AT_ONCE)
  @ArrayUnique()
  @IsUUID(undefined, { each: true })
  ids: string[];

  /** Kept with each decision. */
  @ApiPropertyOptional({ maxLength: REASON_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(REASON_MAX)
  reason?: string;
}

export class EachResultDto {
  /** Of the request. */
  id: string;
  @ApiProperty({ enum: ['decided', 'refused'] })
  outcome: 'decided' | 'refused';
  /** The job that carries it out. */
  jobId: string | null;
  /** Of a refusal: its code, the reason and what to do. */
  code: string | null;
  message: string | null;
  action: string | null;
  /** Of `message` and `action`. */
  @ApiSaid()
  said: SaidByField;
}

export class EachResultsDto {
  /** In the order in which they were named. */
  results: EachResultDto[];
  decided: number;
  refused: number;
}
