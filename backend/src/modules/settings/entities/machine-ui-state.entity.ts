import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { oneOf, openName } from '../../../kernel/database/checks';
import { TILE_MODES, type TileMode } from './settings.values';

/** How a machine is shown, for everybody; nothing is decided by it. */
@Entity({ name: 'machine_ui_state', comment: 'How a machine is shown, for everybody; nothing is decided by it.' })
@Check('machine_ui_state_last_active_tab_check', openName('last_active_tab'))
@Check('machine_ui_state_tile_mode_check', oneOf('tile_mode', TILE_MODES))
export class MachineUiStateEntity {
  @ForeignKey('machines', { name: 'machine_ui_state_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  /** Names of the open sections; null: never chosen. */
  @Column({ name: 'sections_open_json', type: 'jsonb', nullable: true })
  sectionsOpenJson: unknown;

  @Column({ name: 'tile_mode', type: 'text', nullable: true })
  tileMode: TileMode | null;

  @Column({ name: 'last_active_tab', type: 'text', nullable: true })
  lastActiveTab: string | null;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
