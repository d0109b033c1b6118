import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  MaxLength,
} from 'class-validator';
import { PageQueryDto } from '../../../../kernel/http/page-query.dto';
import type { SaidByField } from '../../../../kernel/sentences/said';
import { ApiSaid } from '../../../../kernel/sentences/said.dto';
import { JobDto } from '../../dto/jobs.dto';

/** Jobs that one call may start again or dismiss. */
export const LETTERS_AT_ONCE = 1_000;
const WORD = /^[a-z][a-z0-9_]*$/;

/** What to do about a dead letter: start it again, plan it again (a change), or neither is possible here. */
export const LETTER_WAYS = ['redrive', 'plan', 'none'] as const;
export type LetterWay = (typeof LETTER_WAYS)[number];

export class DeadLetterDto extends JobDto {
  @ApiProperty({ enum: LETTER_WAYS })
  way: LetterWay;
}

export class DeadLetterCountDto {
  errorKind: string;
  count: number;
  machines: number;
}

export class DeadLetterPageDto {
  /** Newest first. */
  items: DeadLetterDto[];
  /** Null on the last page. */
  nextCursor: string | null;
  /** Of all dead letters, whatever the filter and the page; the most frequent first. */
  counts: DeadLetterCountDto[];
}

export class DeadLetterQueryDto extends PageQueryDto {
  /** Class of the error. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(WORD)
  errorKind?: string;

  /** Name of the action. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(WORD)
  action?: string;

  @IsOptional()
  @IsUUID()
  machineId?: string;
}

/** Which dead letters: named one by one, or by what they have in common. */
export class ChosenLettersDto {
  @IsOptional()
  @ArrayNotEmpty()
  @ArrayMaxSize(LETTERS_AT_ONCE)
  @IsUUID(undefined, { each: true })
  ids?: string[];

  /** Class of the error. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(WORD)
  errorKind?: string;

  /** Name of the action. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(WORD)
  action?: string;

  @IsOptional()
  @IsUUID()
  machineId?: string;

  /** `nextCursor` of the answer before: by what they have in common, 1,000 go at once. */
  @IsOptional()
  @IsString()
  @Length(1, 300)
  cursor?: string;
}

export class DismissLettersDto extends ChosenLettersDto {
  /** Kept in the audit. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;
}

export class RedrivenDto {
  jobId: string;
  /** Null: there is no such job. */
  machineId: string | null;
  @ApiProperty({ enum: ['queued', 'refused'] })
  @IsIn(['queued', 'refused'])
  outcome: 'queued' | 'refused';
  /** The job that runs in its place. */
  newJobId: string | null;
  /** Of a refusal: its code, the reason and what to do. */
  code: string | null;
  message: string | null;
  action: string | null;
  /** Of `message` and `action`. */
  @ApiSaid()
  said: SaidByField;
}

export class RedrivenLettersDto {
  results: RedrivenDto[];
  queued: number;
  refused: number;
  /** There are more that have the same in common: call again with it. */
  nextCursor: string | null;
}

export class DismissedLettersDto {
  dismissed: number;
  /** There are more that have the same in common: call again with it. */
  nextCursor: string | null;
}
