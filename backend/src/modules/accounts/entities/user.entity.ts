import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { USER_ROLES, USER_STATUSES, type UserRole, type UserStatus } from './accounts.values';

/** People who may sign in; invited ones have no password yet. */
@Entity({ name: 'users', comment: 'People who may sign in; invited ones have no password yet.' })
@Index('users_username_key', { synchronize: false })
@Check('users_password_hash_check', `password_hash ~ '^\\$argon2id\\$'`)
@Check('users_role_check', oneOf('role', USER_ROLES))
@Check('users_status_check', oneOf('status', USER_STATUSES))
export class UserEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  username: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName: string;

  /** Argon2id; null until an invitation is accepted. */
  @Column({ name: 'password_hash', type: 'text', nullable: true })
  passwordHash: string | null;

  @Column({ type: 'text' })
  role: UserRole;

  @Column({ type: 'text' })
  status: UserStatus;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ name: 'last_login_at', type: 'timestamptz', nullable: true })
  lastLoginAt: Date | null;

  @Column({ name: 'password_changed_at', type: 'timestamptz', nullable: true })
  passwordChangedAt: Date | null;
}
