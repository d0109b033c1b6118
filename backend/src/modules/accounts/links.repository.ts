import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';

export type LinkPurpose = 'setup' | 'invite' | 'reset';

export interface LinkRow {
  readonly id: string;
  readonly purpose: LinkPurpose;
  readonly userId: string | null;
  readonly expiresAt: Date;
}

/** The only place with SQL for `one_time_links`. */
@Injectable()
export class LinksRepository {
  async insert(
    manager: EntityManager,
    link: LinkRow & { readonly tokenHash: string; readonly createdBy: string | null; readonly now: Date },
  ): Promise<void> {
    await queryRows(
      manager,
      `INSERT INTO one_time_links (id, purpose, token_hash, user_id, created_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [link.id, link.purpose, link.tokenHash, link.userId, link.createdBy, link.now, link.expiresAt],
    );
  }

  find(manager: EntityManager, tokenHash: string, now: Date): Promise<LinkRow | null> {
    return queryOne(
      manager,
      `SELECT id, purpose, user_id AS "userId", expires_at AS "expiresAt" FROM one_time_links
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2`,
      [tokenHash, now],
    );
  }

  /** Compare-and-set: of two people with the same link one gets it. */
  async use(manager: EntityManager, id: string, now: Date): Promise<boolean> {
    return (
      (await affected(manager, 'UPDATE one_time_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL', [
        id,
        now,
      ])) === 1
    );
  }

  /** A newer link of the same kind for the same person makes the older ones worthless. */
  async withdraw(manager: EntityManager, purpose: LinkPurpose, userId: string | null, now: Date): Promise<void> {
    await affected(
      manager,
      `UPDATE one_time_links SET expires_at = $3
        WHERE purpose = $1 AND user_id IS NOT DISTINCT FROM $2::uuid AND used_at IS NULL AND expires_at > $3`,
      [purpose, userId, now],
    );
  }

  async withdrawAllOf(manager: EntityManager, userId: string, now: Date): Promise<void> {
    await affected(
      manager,
      'UPDATE one_time_links SET expires_at = $2 WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2',
      [userId, now],
    );
  }
}
