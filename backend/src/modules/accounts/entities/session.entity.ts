import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { sha256Hex } from '../../../kernel/database/checks';

/** Signed-in browsers, by the SHA-256 of their cookie. */
@Entity({ name: 'sessions', comment: 'Signed-in browsers, by the SHA-256 of their cookie.' })
@Index('sessions_expires_at_idx', ['expiresAt'])
@Index('sessions_token_hash_key', ['tokenHash'], { unique: true })
@Index('sessions_user_id_idx', ['userId'])
@Check('sessions_token_hash_check', sha256Hex('token_hash'))
export class SessionEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** SHA-256 of the cookie's token. */
  @Column({ name: 'token_hash', type: 'text' })
  tokenHash: string;

  @ForeignKey('users', { name: 'sessions_user_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'last_seen_at', type: 'timestamptz' })
  lastSeenAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ type: 'text', nullable: true })
  ip: string | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent: string | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;
}
