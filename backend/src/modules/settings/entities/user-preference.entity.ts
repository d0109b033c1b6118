import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { openName } from '../../../kernel/database/checks';

/** What people chose for themselves in the portal. */
@Entity({ name: 'user_preferences', comment: 'What people chose for themselves in the portal.' })
@Index('user_preferences_user_id_key_key', ['userId', 'key'], { unique: true })
@Check('user_preferences_key_check', openName('key'))
export class UserPreferenceEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('users', { name: 'user_preferences_user_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @Column({ type: 'text' })
  key: string;

  @Column({ name: 'value_json', type: 'jsonb' })
  valueJson: unknown;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
