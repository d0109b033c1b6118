import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { permissions, roles, type Permission, type Role } from '../../../kernel/auth/permissions';
import { PASSWORD_MAX, PASSWORD_MIN } from '../passwords';

const USERNAME = /^[a-z][a-z0-9._-]{1,31}$/;
const USERNAME_HINT = 'username: 2 to 32 of a-z, 0-9, dot, dash, underscore, beginning with a letter';
/** Letters, marks, digits, punctuation, symbols and spaces; no control characters or line breaks. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

export class SetupDto {
  /** No administrator exists yet: open the one-time link that the start command printed. */
  needed: boolean;
}

export class LinkTokenDto {
  @IsString()
  @Length(16, 200)
  token: string;
}

export class LinkInfoDto {
  @ApiProperty({ enum: ['setup', 'invite', 'reset'] })
  purpose: 'setup' | 'invite' | 'reset';
  username: string | null;
  displayName: string | null;
  expiresAt: Date;
}

export class AcceptLinkDto extends LinkTokenDto {
  /** Needed for the setup link only. */
  @IsOptional()
  @Matches(USERNAME, { message: USERNAME_HINT })
  username?: string;

  @IsOptional()
  @Matches(PRINTABLE)
  @Length(1, 80)
  displayName?: string;

  @IsString()
  @Length(PASSWORD_MIN, PASSWORD_MAX)
  password: string;
}

export class SignInDto {
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  username: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(PASSWORD_MAX)
  password: string;
}

export class MeDto {
  id: string;
  username: string;
  displayName: string;
  @ApiProperty({ enum: roles })
  role: Role;
  /** What this person may do. */
  @ApiProperty({ enum: permissions, isArray: true })
  permissions: Permission[];
}

export class ChangeMeDto {
  @IsOptional()
  @Matches(PRINTABLE)
  @Length(1, 80)
  displayName?: string;
}

export class ChangePasswordDto {
  @IsString()
  @Length(1, PASSWORD_MAX)
  currentPassword: string;

  @IsString()
  @Length(PASSWORD_MIN, PASSWORD_MAX)
  newPassword: string;
}

export class UserDto {
  id: string;
  username: string;
  displayName: string;
  @ApiProperty({ enum: roles })
  role: Role;
  @ApiProperty({ enum: ['invited', 'active', 'disabled'] })
  status: 'invited' | 'active' | 'disabled';
  lastLoginAt: Date | null;
  createdAt: Date;
}

export class OneTimeLinkDto {
  /** Shown once; the token cannot be read back. */
  url: string;
  expiresAt: Date;
}

export class InvitedUserDto {
  user: UserDto;
  link: OneTimeLinkDto;
}

export class InviteUserDto {
  @Matches(USERNAME, { message: USERNAME_HINT })
  username: string;

  @Matches(PRINTABLE)
  @Length(1, 80)
  displayName: string;

  @IsIn(roles)
  role: Role;
}

export class ChangeUserDto {
  @IsOptional()
  @Matches(PRINTABLE)
  @Length(1, 80)
  displayName?: string;

  @IsOptional()
  @IsIn(roles)
  role?: Role;

  @IsOptional()
  @IsIn(['active', 'disabled'])
  status?: 'active' | 'disabled';
}
