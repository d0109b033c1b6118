import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName } from '../../../kernel/database/checks';
import { SESSION_STATUSES, type SessionStatus } from './hermes.values';

/** Conversations with the agent, by the place where they are held. */
@Entity({ name: 'hermes_sessions', comment: 'Conversations with the agent, by the place where they are held.' })
@Index('hermes_sessions_source_session_key_key', ['source', 'sessionKey'], { unique: true })
@Index('hermes_sessions_user_id_last_message_at_idx', { synchronize: false })
@Check('hermes_sessions_source_check', openName('source'))
@Check('hermes_sessions_status_check', oneOf('status', SESSION_STATUSES))
export class HermesSessionEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  source: string;

  /** Name of the conversation at its source; not a credential. */
  @Column({ name: 'session_key', type: 'text', nullable: true })
  sessionKey: string | null;

  @ForeignKey('users', { name: 'hermes_sessions_user_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'user_id', type: 'uuid', nullable: true })
  userId: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'last_message_at', type: 'timestamptz', nullable: true })
  lastMessageAt: Date | null;

  @Column({ type: 'text', nullable: true })
  status: SessionStatus | null;
}
