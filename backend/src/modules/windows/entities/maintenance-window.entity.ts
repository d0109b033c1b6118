import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { WINDOW_SCOPES, type WindowScope } from './windows.values';

/** When changes of machines may begin; cron is @once for a single opening at opens_at. */
@Entity({
  name: 'maintenance_windows',
  comment: 'When changes of machines may begin; cron is @once for a single opening at opens_at.',
})
@Index('maintenance_windows_machine_id_idx', ['machineId'])
@Index('maintenance_windows_tag_id_idx', ['tagId'])
@Check('maintenance_windows_duration_minutes_check', 'duration_minutes >= 5 AND duration_minutes <= 10080')
@Check('maintenance_windows_opens_at_check', "(cron = '@once') = (opens_at IS NOT NULL)")
@Check('maintenance_windows_scope_check', oneOf('scope', WINDOW_SCOPES))
@Check(
  'maintenance_windows_subject_check',
  "(scope = 'tag') = (tag_id IS NOT NULL) AND (scope = 'machine') = (machine_id IS NOT NULL)",
)
export class MaintenanceWindowEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** Of several that speak of a machine those count that name it closest: its own before those of its tags and of the fleet. */
  @Column({ type: 'text' })
  scope: WindowScope;

  /** A tag that a window goes by cannot be removed: its machines would be open at any time. */
  @ForeignKey('tags', { name: 'maintenance_windows_tag_id_fkey' })
  @Column({ name: 'tag_id', type: 'uuid', nullable: true })
  tagId: string | null;

  @ForeignKey('machines', { name: 'maintenance_windows_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  /** When it opens: five fields, or `@once`. */
  @Column({ type: 'text' })
  cron: string;

  @Column({ name: 'opens_at', type: 'timestamptz', nullable: true })
  opensAt: Date | null;

  @Column({ type: 'text' })
  timezone: string;

  /** Of time that passes, whatever the clocks show. */
  @Column({ name: 'duration_minutes', type: 'integer' })
  durationMinutes: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  /** Name of the user. */
  @Column({ name: 'updated_by', type: 'text', nullable: true })
  updatedBy: string | null;
}
