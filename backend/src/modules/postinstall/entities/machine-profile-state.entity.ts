import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { PROFILE_STATUSES, type ProfileStatus } from './postinstall.values';

/** What became of a profile on a machine, with the values it was run with. */
@Entity({
  name: 'machine_profile_state',
  comment: 'What became of a profile on a machine, with the values it was run with.',
})
@Index('machine_profile_state_machine_id_profile_id_key', ['machineId', 'profileId'], { unique: true })
@Index('machine_profile_state_profile_id_idx', ['profileId'])
@Check('machine_profile_state_status_check', oneOf('status', PROFILE_STATUSES))
export class MachineProfileStateEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'machine_profile_state_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @ForeignKey('install_profiles', { name: 'machine_profile_state_profile_id_fkey', onDelete: 'RESTRICT' })
  @Column({ name: 'profile_id', type: 'uuid' })
  profileId: string;

  @Column({ type: 'text' })
  status: ProfileStatus;

  @Column({ name: 'last_execution_id', type: 'uuid', nullable: true })
  lastExecutionId: string | null;

  @Column({ name: 'last_run_at', type: 'timestamptz', nullable: true })
  lastRunAt: Date | null;

  /** The values of the last run; never a secret. */
  @Column({ name: 'variables_json', type: 'jsonb', nullable: true })
  variablesJson: unknown;
}
