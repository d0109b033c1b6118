import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { RECURRENCE_PROBLEMS, type RecurrenceProblem } from '../../../kernel/cron';
import { IsMoment } from '../../../kernel/http/input-rules';
import { IsGivenName } from '../../machines/dto/rules';
import { WINDOW_SCOPES, type WindowScope } from '../entities/windows.values';

export const SHORTEST_MINUTES = 5;
export const LONGEST_MINUTES = 7 * 24 * 60;

/** A stretch of time in which changes may begin. */
export class OpeningDto {
  from: Date;
  until: Date;
}

/** When a window opens. */
export class OpensDto {
  /** Five fields: minute, hour, day of the month, month, day of the week (also `L`, `SUN#1`); or `@once`. */
  @IsString()
  @MaxLength(100)
  cron: string;

  /** Of the single opening `@once`. */
  @IsOptional()
  @IsMoment()
  opensAt?: Date | null;

  /** IANA name. */
  @IsString()
  @MaxLength(64)
  timezone: string;

  /** Of time that passes, whatever the clocks show. */
  @IsInt()
  @Min(SHORTEST_MINUTES)
  @Max(LONGEST_MINUTES)
  durationMinutes: number;
}

export class PreviewWindowDto extends OpensDto {}

/** A window as it shall be. */
export class SaveWindowDto extends OpensDto {
  @IsGivenName(100)
  name: string;

  @IsBoolean()
  enabled: boolean;

  @ApiProperty({ enum: WINDOW_SCOPES })
  @IsIn(WINDOW_SCOPES)
  scope: WindowScope;

  /** With the scope `tag`. */
  @IsOptional()
  @IsUUID()
  tagId?: string | null;

  /** With the scope `machine`. */
  @IsOptional()
  @IsUUID()
  machineId?: string | null;
}

export class WindowVersionDto {
  /** `updatedAt` of the window that you have seen; 409 when it is not that any more. */
  @IsMoment()
  seen: Date;
}

export class ChangeWindowDto extends SaveWindowDto {
  /** `updatedAt` of the window that you have seen; 409 when it is not that any more. */
  @IsMoment()
  seen: Date;
}

/** When changes may begin on the machines that it speaks of. */
export class WindowDto {
  id: string;
  name: string;
  enabled: boolean;
  /** Of repeated windows those count that name a machine closest: its own, else those of its tags, else the fleet's. */
  @ApiProperty({ enum: WINDOW_SCOPES })
  scope: WindowScope;
  tagId: string | null;
  machineId: string | null;
  /** Name of the tag or machine. */
  subjectName: string | null;
  cron: string;
  opensAt: Date | null;
  timezone: string;
  durationMinutes: number;
  /** Why nobody can tell any more when it opens: nothing that changes its machines begins until it is mended. Null: it can be told. */
  @ApiProperty({ enum: RECURRENCE_PROBLEMS, nullable: true, type: String })
  timingProblem: RecurrenceProblem | null;
  /** The next three, the one that is open first; empty when it opens no more. */
  openings: OpeningDto[];
  updatedAt: Date;
  updatedBy: string | null;
}
