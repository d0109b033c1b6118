import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName } from '../../../kernel/database/checks';
import { RECIPE_SOURCE_TYPES, type RecipeSourceType } from './postinstall.values';

/** One thing to install, from packages or by a script. */
@Entity({ name: 'install_recipes', comment: 'One thing to install, from packages or by a script.' })
@Index('install_recipes_current_version_id_idx', ['currentVersionId'])
@Index('install_recipes_name_key', ['name'], { unique: true })
@Index('install_recipes_profile_id_idx', ['profileId'])
@Check('install_recipes_name_check', openName('name'))
@Check('install_recipes_source_type_check', oneOf('source_type', RECIPE_SOURCE_TYPES))
export class InstallRecipeEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('install_profiles', { name: 'install_recipes_profile_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'profile_id', type: 'uuid', nullable: true })
  profileId: string | null;

  /** Stable name, to find the recipe again when the catalogue is renewed. */
  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  label: string;

  @Column({ name: 'source_type', type: 'text' })
  sourceType: RecipeSourceType;

  @Column({ type: 'text', nullable: true })
  risk: string | null;

  /** The version that new runs take. */
  @ForeignKey('install_recipe_versions', { name: 'install_recipes_current_version_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'current_version_id', type: 'uuid', nullable: true })
  currentVersionId: string | null;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
