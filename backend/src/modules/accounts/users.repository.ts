import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Role } from '../../kernel/auth/permissions';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';

export type UserStatus = 'invited' | 'active' | 'disabled';

export interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly passwordHash: string | null;
  readonly role: Role;
  readonly status: UserStatus;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
}

const columns = `id, username, display_name AS "displayName", password_hash AS "passwordHash", role, status,
  created_at AS "createdAt", last_login_at AS "lastLoginAt"`;

export type UserChanges = Partial<Pick<UserRow, 'displayName' | 'role' | 'status' | 'username'>>;

const columnOf: Readonly<Record<keyof UserChanges, string>> = {
  displayName: 'display_name',
  role: 'role',
  status: 'status',
  username: 'username',
};

/** The only place with SQL for `users`. */
@Injectable()
export class UsersRepository {
  list(manager: EntityManager): Promise<UserRow[]> {
    return queryRows(manager, `SELECT ${columns} FROM users ORDER BY lower(username)`);
  }

  byId(manager: EntityManager, id: string): Promise<UserRow | null> {
    return queryOne(manager, `SELECT ${columns} FROM users WHERE id = $1`, [id]);
  }

  byUsername(manager: EntityManager, username: string): Promise<UserRow | null> {
    return queryOne(manager, `SELECT ${columns} FROM users WHERE lower(username) = lower($1)`, [username]);
  }

  async insert(
    manager: EntityManager,
    user: Pick<UserRow, 'id' | 'username' | 'displayName' | 'passwordHash' | 'role' | 'status'>,
    now: Date,
  ): Promise<void> {
    await queryRows(
      manager,
      `INSERT INTO users (id, username, display_name, password_hash, role, status, created_at, updated_at, password_changed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7, CASE WHEN $4::text IS NULL THEN NULL ELSE $7::timestamptz END)`,
      [user.id, user.username, user.displayName, user.passwordHash, user.role, user.status, now],
    );
  }

  async update(manager: EntityManager, id: string, changes: UserChanges, now: Date): Promise<void> {
    const given: [string, unknown][] = Object.entries(changes);
    const entries = given.filter(([, value]) => value !== undefined);
    if (entries.length === 0) return;
    const assignments = entries.map(([key], index) => `${columnOf[key as keyof UserChanges]} = $${String(index + 3)}`);
    await affected(manager, `UPDATE users SET updated_at = $2, ${assignments.join(', ')} WHERE id = $1`, [
      id,
      now,
      ...entries.map(([, value]) => value),
    ]);
  }

  /** A new password also makes an invited user active; a disabled one stays disabled. */
  async setPassword(manager: EntityManager, id: string, passwordHash: string, now: Date): Promise<void> {
    await affected(
      manager,
      `UPDATE users SET password_hash = $2, password_changed_at = $3, updated_at = $3,
         status = CASE WHEN status = 'invited' THEN 'active' ELSE status END WHERE id = $1`,
      [id, passwordHash, now],
    );
  }

  async signedIn(manager: EntityManager, id: string, now: Date): Promise<void> {
    await affected(manager, 'UPDATE users SET last_login_at = $2 WHERE id = $1', [id, now]);
  }

  /**
   * Locks the administrators' rows until the transaction ends, so that two administrators who disable each other at
   * the same moment cannot both succeed.
   */
  async activeAdministrators(manager: EntityManager): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      manager,
      `SELECT id FROM users WHERE role = 'administrator' AND status = 'active' ORDER BY id FOR UPDATE`,
    );
    return rows.map((row) => row.id);
  }

  async administratorExists(manager: EntityManager): Promise<boolean> {
    const row = await queryOne<{ found: boolean }>(
      manager,
      `SELECT EXISTS (SELECT FROM users WHERE role = 'administrator' AND status = 'active') AS found`,
    );
    return row?.found === true;
  }
}
