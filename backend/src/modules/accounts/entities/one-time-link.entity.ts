import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, sha256Hex } from '../../../kernel/database/checks';
import { LINK_PURPOSES, type LinkPurpose } from './accounts.values';

/** Links that set a password once: first start, invitation, reset. */
@Entity({ name: 'one_time_links', comment: 'Links that set a password once: first start, invitation, reset.' })
@Index('one_time_links_created_by_idx', ['createdBy'])
@Index('one_time_links_token_hash_key', ['tokenHash'], { unique: true })
@Index('one_time_links_user_id_idx', ['userId'])
@Check('one_time_links_purpose_check', oneOf('purpose', LINK_PURPOSES))
@Check('one_time_links_token_hash_check', sha256Hex('token_hash'))
export class OneTimeLinkEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  purpose: LinkPurpose;

  /** SHA-256 of the link's token. */
  @Column({ name: 'token_hash', type: 'text' })
  tokenHash: string;

  /** Null for the setup link: its user does not exist yet. */
  @ForeignKey('users', { name: 'one_time_links_user_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'user_id', type: 'uuid', nullable: true })
  userId: string | null;

  @ForeignKey('users', { name: 'one_time_links_created_by_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt: Date | null;
}
