import { permissionsOf } from '../../kernel/auth/permissions';
import type { MeDto, UserDto } from './dto/accounts.dto';
import type { UserRow } from './users.repository';

export function toMe(user: UserRow): MeDto {
  const { id, username, displayName, role } = user;
  return { id, username, displayName, role, permissions: permissionsOf(role) };
}

export function toUser(user: UserRow): UserDto {
  const { id, username, displayName, role, status, lastLoginAt, createdAt } = user;
  return { id, username, displayName, role, status, lastLoginAt, createdAt };
}
