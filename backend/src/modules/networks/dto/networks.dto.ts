import { PartialType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { IsMoment } from '../../../kernel/http/input-rules';

const NAME_MAX = 80;
const RANGES_MAX = 100;
const CONCURRENCY_MAX = 5_000;

/** A network as it shall be. */
export class SaveNetworkDto {
  /** Unique whatever the case. */
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  @IsString()
  @Length(1, NAME_MAX)
  name: string;

  /** As `10.1.0.0/16` or `2001:db8::/48`; a bare address is a range of one. Of several the narrowest counts. */
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(RANGES_MAX)
  @IsString({ each: true })
  @MaxLength(50, { each: true })
  ranges: string[];

  /** Jobs at a time on its machines, over all workers. */
  @IsInt()
  @Min(1)
  @Max(CONCURRENCY_MAX)
  concurrency: number;
}

export class NetworkVersionDto {
  /** `updatedAt` of the network that you have seen; 409 when it is not that any more. */
  @IsMoment()
  seen: Date;
}

/** What is to be different. */
export class ChangeNetworkDto extends PartialType(SaveNetworkDto, { skipNullProperties: false }) {
  /** `updatedAt` of the network that you have seen; 409 when it is not that any more. */
  @IsMoment()
  seen: Date;
}

/** Machines that lie behind one line. */
export class NetworkDto {
  id: string;
  name: string;
  ranges: string[];
  /** Jobs at a time on its machines, over all workers. */
  concurrency: number;
  /** Machines in use that belong to it: those for whose address none of the ranges elsewhere is narrower. */
  machines: number;
  /** Jobs on them that run now. */
  running: number;
  /** Jobs on them that have not begun. */
  waiting: number;
  createdAt: Date;
  updatedAt: Date;
  updatedBy: string | null;
}
