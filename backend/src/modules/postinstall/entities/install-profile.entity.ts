import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { openName } from '../../../kernel/database/checks';

/** What a kind of machine should have after its installation. */
@Entity({ name: 'install_profiles', comment: 'What a kind of machine should have after its installation.' })
@Index('install_profiles_name_key', ['name'], { unique: true })
@Check('install_profiles_name_check', openName('name'))
export class InstallProfileEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** Stable name, to find the profile again when the catalogue is renewed. */
  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  label: string;

  @Column({ type: 'text' })
  category: string;

  @Column({ type: 'text', nullable: true })
  risk: string | null;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  @Column({ name: 'manifest_json', type: 'jsonb' })
  manifestJson: unknown;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
