import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { DocumentDto } from '../../../../kernel/contracts/document.dto';
import {
  ACTION_REQUESTER_TYPES,
  APPROVAL_DEMANDS,
  type ActionRequesterType,
  type ApprovalDemand,
} from '../../entities/jobs.values';
import { RULE_ORIGINS, type RuleOrigin } from '../approval-conditions';

const NAME_MAX = 80;
const LIST_MAX = 100;
const MACHINES_MAX = 10_000;
/** Plans are never without risk to a machine. */
const RULE_RISKS = ['low', 'medium', 'high'] as const;

/** All that are given must hold. */
export class ApprovalConditionsDto {
  /** Names of actions that change machines; any when empty. */
  @IsArray()
  @ArrayMaxSize(LIST_MAX)
  @ArrayUnique()
  @Matches(/^[a-z][a-z0-9_]{2,63}$/, { each: true })
  actions: string[];

  /** Any when empty. */
  @ApiProperty({ enum: RULE_RISKS, isArray: true })
  @IsArray()
  @ArrayUnique()
  @IsIn(RULE_RISKS, { each: true })
  risks: string[];

  /** Who asks; anybody when empty. */
  @ApiProperty({ enum: ACTION_REQUESTER_TYPES, isArray: true })
  @IsArray()
  @ArrayUnique()
  @IsIn(ACTION_REQUESTER_TYPES, { each: true })
  requesters: ActionRequesterType[];

  /** One of the machines carries one of these tags; any when empty. */
  @IsArray()
  @ArrayMaxSize(LIST_MAX)
  @ArrayUnique()
  @IsUUID(undefined, { each: true })
  tagIds: string[];

  /** So many machines at least; null: any number. */
  @ApiProperty({ type: Number, nullable: true })
  @ValidateIf((_rule, value: unknown) => value !== null)
  @IsInt()
  @Min(1)
  @Max(MACHINES_MAX)
  minMachines: number | null;

  /** Only what removes packages. */
  @IsBoolean()
  removals: boolean;

  /** Only what brings packages that were not there. */
  @IsBoolean()
  newPackages: boolean;

  /** Only what comes from archives for security alone, or from others too; null: from anywhere. */
  @ApiProperty({ enum: RULE_ORIGINS, nullable: true, type: String })
  @ValidateIf((_rule, value: unknown) => value !== null)
  @IsIn(RULE_ORIGINS)
  origin: RuleOrigin | null;
}

export class ApprovalRuleContentDto {
  /** Unique whatever the case. */
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  @Length(1, NAME_MAX)
  name: string;

  @IsBoolean()
  enabled: boolean;

  /**
   * `own_confirmation`: whoever asked may confirm it; `four_eyes`: another person has to; `administrators`: an
   * administrator has to.
   */
  @ApiProperty({ enum: APPROVAL_DEMANDS })
  @IsIn(APPROVAL_DEMANDS)
  demand: ApprovalDemand;

  @IsObject()
  @ValidateNested()
  @Type(() => ApprovalConditionsDto)
  conditions: ApprovalConditionsDto;
}

export class ChangeApprovalRuleDto extends ApprovalRuleContentDto {
  /** The one that was on the screen of whoever changes it. */
  @IsInt()
  @Min(1)
  version: number;
}

export class ApprovalRuleVersionDto {
  /** The one that was on the screen of whoever removes it. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  version: number;
}

export class ApprovalRuleDto {
  id: string;
  name: string;
  enabled: boolean;
  @ApiProperty({ enum: APPROVAL_DEMANDS })
  demand: ApprovalDemand;
  /** Null: stored in a form that this program cannot read; a rule that asks for more speaks of every request then. */
  conditions: ApprovalConditionsDto | null;
  /** The conditions as they stand in the database, when this program cannot read them. */
  unreadable: DocumentDto[];
  version: number;
  updatedAt: Date;
  updatedBy: string;
}
