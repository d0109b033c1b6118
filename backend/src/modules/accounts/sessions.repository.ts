import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '../../kernel/auth/actor';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';

export interface NewSession {
  readonly id: string;
  readonly tokenHash: string;
  readonly userId: string;
  readonly now: Date;
  readonly expiresAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** The only place with SQL for `sessions`. */
@Injectable()
export class SessionsRepository {
  async insert(manager: EntityManager, session: NewSession): Promise<void> {
    await queryRows(
      manager,
      `INSERT INTO sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, ip, user_agent)
       VALUES ($1, $2, $3, $4, $4, $5, $6, $7)`,
      [session.id, session.tokenHash, session.userId, session.now, session.expiresAt, session.ip, session.userAgent],
    );
  }

  /** The person behind a live session: not revoked, not expired, not idle for too long, user active. */
  find(
    manager: EntityManager,
    tokenHash: string,
    now: Date,
    idleSince: Date,
  ): Promise<(Principal & { lastSeenAt: Date }) | null> {
    return queryOne(
      manager,
      `SELECT s.id AS "sessionId", u.id AS "userId", u.username, u.display_name AS "displayName", u.role,
              s.last_seen_at AS "lastSeenAt"
         FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3 AND u.status = 'active'`,
      [tokenHash, now, idleSince],
    );
  }

  async seen(manager: EntityManager, sessionId: string, now: Date): Promise<void> {
    await affected(manager, 'UPDATE sessions SET last_seen_at = $2 WHERE id = $1', [sessionId, now]);
  }

  async revoke(manager: EntityManager, sessionId: string, now: Date): Promise<void> {
    await affected(manager, 'UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL', [
      sessionId,
      now,
    ]);
  }

  /** Ends all sessions of a user, except one when given. */
  async revokeAll(manager: EntityManager, userId: string, now: Date, except: string | null = null): Promise<void> {
    await affected(
      manager,
      'UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $3::uuid',
      [userId, now, except],
    );
  }
}
