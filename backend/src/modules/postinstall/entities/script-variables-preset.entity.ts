import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { PRESET_SCOPES, type PresetScope } from './postinstall.values';

/** Named sets of values for recipes: of everyone, a machine or a profile. */
@Entity({
  name: 'script_variables_presets',
  comment: 'Named sets of values for recipes: of everyone, a machine or a profile.',
})
@Index('script_variables_presets_machine_id_idx', ['machineId'])
@Index('script_variables_presets_owner_name_key', { synchronize: false })
@Index('script_variables_presets_profile_id_idx', ['profileId'])
@Check(
  'script_variables_presets_owner_check',
  "(scope = 'machine') = (machine_id IS NOT NULL) AND (scope = 'profile') = (profile_id IS NOT NULL)",
)
@Check('script_variables_presets_scope_check', oneOf('scope', PRESET_SCOPES))
export class ScriptVariablesPresetEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  scope: PresetScope;

  @ForeignKey('machines', { name: 'script_variables_presets_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @ForeignKey('install_profiles', { name: 'script_variables_presets_profile_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'profile_id', type: 'uuid', nullable: true })
  profileId: string | null;

  @Column({ type: 'text' })
  name: string;

  /** Never a secret. */
  @Column({ name: 'variables_json', type: 'jsonb' })
  variablesJson: unknown;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
