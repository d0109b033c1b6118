import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
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
import { CredentialsInputDto } from '../../credentials/dto/credentials.dto';
import { APT_PROXY_MODES, MACHINE_KINDS, type AptProxyMode, type MachineKind } from '../entities/machines.values';
import { IsOptionalButNotNull } from '../../../kernel/http/input-rules';
import { IsGivenName, IsHostAddress, IsProxyUrl, IsUnixUsername } from './rules';

/** Which proxy apt uses on the machine. */
export class AptProxyInputDto {
  /** `system`: what the machine is set to; `none`: no proxy whatever it is set to; `custom`: the one given here. */
  @ApiProperty({ enum: APT_PROXY_MODES, enumName: 'AptProxyMode' })
  @IsIn(APT_PROXY_MODES)
  mode: AptProxyMode;

  /** Needed with `custom`. May hold a user name, never a password. */
  @IsOptional()
  @IsProxyUrl()
  url?: string | null;

  /**
   * Write-only. Left out: the stored one stays as long as the address stays the same. Null removes it.
   */
  @IsOptional()
  @IsString()
  @Matches(/^[^\p{Cc}]*$/u, { message: 'password must be one line without control characters' })
  @Length(1, 1024)
  password?: string | null;
}

export class CreateMachineDto {
  @IsGivenName(100)
  name: string;

  /** DNS name or IP address. */
  @IsHostAddress()
  hostname: string;

  @ApiProperty({ required: false })
  @IsOptionalButNotNull()
  @IsInt()
  @Min(1)
  @Max(65_535)
  port: number = 22;

  /** Account to sign in with. */
  @IsUnixUsername()
  username: string;

  /** A first guess; the probe corrects it. */
  @ApiProperty({ enum: MACHINE_KINDS, enumName: 'MachineKind', required: false })
  @IsOptionalButNotNull()
  @IsIn(MACHINE_KINDS)
  machineKind?: MachineKind;

  @IsOptionalButNotNull()
  @IsArray()
  @ArrayMaxSize(50)
  @IsUUID(undefined, { each: true })
  tagIds?: string[];

  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => CredentialsInputDto)
  credentials: CredentialsInputDto;

  @IsOptionalButNotNull()
  @IsObject()
  @ValidateNested()
  @Type(() => AptProxyInputDto)
  aptProxy?: AptProxyInputDto;
}

/** What is left out stays as it is. */
export class ChangeMachineDto {
  @IsOptionalButNotNull()
  @IsGivenName(100)
  name?: string;

  @IsOptionalButNotNull()
  @IsHostAddress()
  hostname?: string;

  @IsOptionalButNotNull()
  @IsInt()
  @Min(1)
  @Max(65_535)
  port?: number;

  @IsOptionalButNotNull()
  @IsUnixUsername()
  username?: string;

  @ApiProperty({ enum: MACHINE_KINDS, enumName: 'MachineKind', required: false })
  @IsOptionalButNotNull()
  @IsIn(MACHINE_KINDS)
  machineKind?: MachineKind;

  /** All tags of the machine; those not named are taken off. */
  @IsOptionalButNotNull()
  @IsArray()
  @ArrayMaxSize(50)
  @IsUUID(undefined, { each: true })
  tagIds?: string[];

  @IsOptionalButNotNull()
  @IsObject()
  @ValidateNested()
  @Type(() => AptProxyInputDto)
  aptProxy?: AptProxyInputDto;
}

/** Purging cannot be undone: it is confirmed by typing. */
export class PurgeMachineDto {
  /** The machine's name, exactly as it is. */
  @IsString()
  @Length(1, 100)
  name: string;
}
