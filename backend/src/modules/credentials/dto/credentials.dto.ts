import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import {
  AUTH_METHODS,
  CREDENTIALS_STATUSES,
  SUDO_MODES,
  type AuthMethod,
  type CredentialsStatus,
  type SudoMode,
} from '../entities/credentials.values';

/** sudo and sshd read a password up to the end of its line. */
const ONE_LINE = /^[^\p{Cc}]*$/u;
const ONE_LINE_HINT = '$property must be one line without control characters';

/** How to sign in to a machine. Write-only: what is sent here can be replaced but never read again. */
export class CredentialsInputDto {
  @ApiProperty({ enum: AUTH_METHODS, enumName: 'AuthMethod' })
  @IsIn(AUTH_METHODS)
  authMethod: AuthMethod;

  /** Of the SSH account. Needed with `password`; with `ssh_key` only for sudo `same_as_ssh`. */
  @IsOptional()
  @IsString()
  @Matches(ONE_LINE, { message: ONE_LINE_HINT })
  @Length(1, 1024)
  password?: string | null;

  /** OpenSSH or PEM. Needed with `ssh_key`. */
  @IsOptional()
  @IsString()
  @Length(1, 32_768)
  privateKey?: string | null;

  /** Needed when the key is encrypted. */
  @IsOptional()
  @IsString()
  @Matches(ONE_LINE, { message: ONE_LINE_HINT })
  @Length(1, 1024)
  keyPassphrase?: string | null;

  /** `none`: the account is root, or sudo asks it for no password. */
  @ApiProperty({ enum: SUDO_MODES, enumName: 'SudoMode' })
  @IsIn(SUDO_MODES)
  sudoMode: SudoMode;

  /** Needed with sudo `separate`. */
  @IsOptional()
  @IsString()
  @Matches(ONE_LINE, { message: ONE_LINE_HINT })
  @Length(1, 1024)
  sudoPassword?: string | null;
}

/** What can be told about stored credentials. */
export class CredentialsSummaryDto {
  @ApiProperty({ enum: AUTH_METHODS, enumName: 'AuthMethod' })
  authMethod: AuthMethod;
  @ApiProperty({ enum: SUDO_MODES, enumName: 'SudoMode' })
  sudoMode: SudoMode;
  hasPassword: boolean;
  hasPrivateKey: boolean;
  hasPassphrase: boolean;
  hasSudoPassword: boolean;
  /** How the last connection test ended. */
  @ApiProperty({ enum: CREDENTIALS_STATUSES, enumName: 'CredentialsStatus' })
  status: CredentialsStatus;
  lastTestAt: Date | null;
  updatedAt: Date;
}
