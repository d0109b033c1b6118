import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { dottedName } from '../../../kernel/database/checks';

/** Settings of the installation that differ from their default. */
@Entity({ name: 'app_settings', comment: 'Settings of the installation that differ from their default.' })
@Check('app_settings_key_check', dottedName('key'))
export class AppSettingEntity {
  /** `section.setting`, as the registry has it. */
  @PrimaryColumn({ type: 'text' })
  key: string;

  @Column({ name: 'value_json', type: 'jsonb' })
  valueJson: unknown;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  /** Name of the person; it stays when the account goes. */
  @Column({ name: 'updated_by', type: 'text', nullable: true })
  updatedBy: string | null;
}
