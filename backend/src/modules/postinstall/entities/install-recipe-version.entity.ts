import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { positive, sha256Hex } from '../../../kernel/database/checks';

/** Every version of a recipe; only an approved one may run. */
@Entity({ name: 'install_recipe_versions', comment: 'Every version of a recipe; only an approved one may run.' })
@Index('install_recipe_versions_recipe_id_version_key', ['recipeId', 'version'], { unique: true })
@Check('install_recipe_versions_sha256_check', sha256Hex('sha256'))
@Check('install_recipe_versions_version_check', positive('version'))
export class InstallRecipeVersionEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('install_recipes', { name: 'install_recipe_versions_recipe_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'recipe_id', type: 'uuid' })
  recipeId: string;

  @Column({ type: 'integer' })
  version: number;

  /** Relative to the templates. */
  @Column({ name: 'template_path', type: 'text' })
  templatePath: string;

  @Column({ name: 'manifest_json', type: 'jsonb' })
  manifestJson: unknown;

  /** Of the template, or of the script fetched from `source_url`; checked before every run. */
  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  @Column({ name: 'source_url', type: 'text', nullable: true })
  sourceUrl: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'created_by', type: 'text', nullable: true })
  createdBy: string | null;

  @Column({ name: 'approved_at', type: 'timestamptz', nullable: true })
  approvedAt: Date | null;

  /** Name of the user who read this version and let it run. */
  @Column({ name: 'approved_by', type: 'text', nullable: true })
  approvedBy: string | null;
}
