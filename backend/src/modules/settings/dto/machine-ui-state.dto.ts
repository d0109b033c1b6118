import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import { TILE_MODES, type TileMode } from '../entities/settings.values';

const NAME = /^[a-z][a-z0-9_]*$/;

export class MachineUiStateDto {
  machineId: string;
  /** Null: as the list is shown. */
  @ApiProperty({ enum: TILE_MODES, nullable: true, type: String })
  tileMode: TileMode | null;
  /** Names of the open sections; null: never chosen. */
  @ApiProperty({ type: [String], nullable: true })
  sectionsOpen: readonly string[] | null;
  /** Null: none was ever opened. */
  lastActiveTab: string | null;
  /** The open sections as they stand in the database, where this program cannot read them. */
  @ApiProperty({ type: DocumentDto, nullable: true })
  unreadable: DocumentDto | null;
}

/** What is not given stays; null forgets a choice. */
export class ChangeMachineUiStateDto {
  @ApiProperty({ enum: TILE_MODES, nullable: true, type: String, required: false })
  @IsOptional()
  @IsIn(TILE_MODES)
  tileMode?: TileMode | null;

  @ApiProperty({ type: [String], nullable: true, required: false })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(32)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(40, { each: true })
  @Matches(NAME, { each: true })
  sectionsOpen?: string[] | null;

  @ApiProperty({ type: String, nullable: true, required: false })
  @IsOptional()
  @MaxLength(40)
  @Matches(NAME)
  lastActiveTab?: string | null;
}
