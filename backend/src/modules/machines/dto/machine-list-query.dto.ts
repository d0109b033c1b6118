import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { MACHINE_KINDS, MACHINE_STATUSES, type MachineKind, type MachineStatus } from '../entities/machines.values';
import { NEED_STATES, type NeedState } from '../needs';
import { ToArray } from './rules';

export const MACHINE_SORTS = ['need', 'name', 'lastSeen', 'updates'] as const;
export type MachineSort = (typeof MACHINE_SORTS)[number];

export const SORT_ORDERS = ['asc', 'desc'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

const NO_NUL = /^[^\0]*$/;

export class MachineListQueryDto {
  /** Part of the name or the address. */
  @IsOptional()
  @IsString()
  @Matches(NO_NUL)
  @Length(0, 200)
  q?: string;

  /** Repeatable: any of these. */
  @ApiProperty({ enum: MACHINE_STATUSES, enumName: 'MachineStatus', isArray: true, required: false })
  @IsOptional()
  @ToArray()
  @ArrayMaxSize(20)
  @IsIn(MACHINE_STATUSES, { each: true })
  status?: MachineStatus[];

  /** Id or name of a tag. Repeatable: any of these. */
  @ApiProperty({ type: [String], required: false })
  @IsOptional()
  @ToArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @Matches(NO_NUL, { each: true })
  @Length(1, 100, { each: true })
  tag?: string[];

  /** Repeatable: any of these. */
  @ApiProperty({ enum: MACHINE_KINDS, enumName: 'MachineKind', isArray: true, required: false })
  @IsOptional()
  @ToArray()
  @ArrayMaxSize(20)
  @IsIn(MACHINE_KINDS, { each: true })
  kind?: MachineKind[];

  /** Repeatable: any of these. */
  @ApiProperty({ enum: NEED_STATES, enumName: 'NeedState', isArray: true, required: false })
  @IsOptional()
  @ToArray()
  @ArrayMaxSize(20)
  @IsIn(NEED_STATES, { each: true })
  state?: NeedState[];

  @ApiProperty({ enum: MACHINE_SORTS, enumName: 'MachineSort', required: false })
  @IsOptional()
  @IsIn(MACHINE_SORTS)
  sort: MachineSort = 'need';

  /** Default: `asc` by need and name, `desc` by last contact and updates. */
  @ApiProperty({ enum: SORT_ORDERS, enumName: 'SortOrder', required: false })
  @IsOptional()
  @IsIn(SORT_ORDERS)
  order?: SortOrder;

  /** `nextCursor` of the page before, with the same sort and order. */
  @IsOptional()
  @IsString()
  @Length(1, 1000)
  cursor?: string;

  @ApiProperty({ required: false })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit: number = 200;

  /** True lists the archived machines instead. */
  @ApiProperty({ required: false })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  archived: boolean = false;
}
