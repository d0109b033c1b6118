import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { affected, queryRows } from '../../kernel/database/rows';
import type { TileMode } from './entities/settings.values';

/** How a machine is shown; null: never chosen. */
export interface MachineUiState {
  readonly machineId: string;
  readonly tileMode: TileMode | null;
  /** Names of the open sections of its tile and its page. */
  readonly sectionsOpen: readonly string[] | null;
  readonly lastActiveTab: string | null;
}

export type MachineUiChange = Partial<Omit<MachineUiState, 'machineId'>>;

const columns = `machine_id AS "machineId", tile_mode AS "tileMode", sections_open_json AS "sectionsOpen",
  last_active_tab AS "lastActiveTab"`;
/** Beyond this many expanded tiles nobody looks at them. */
const EXPANDED_AT_MOST = 500;

/** The only place with SQL for `machine_ui_state`. */
@Injectable()
export class MachineUiStateRepository {
  byIds(connection: EntityManager | DataSource, machineIds: readonly string[]): Promise<MachineUiState[]> {
    return queryRows(connection, `SELECT ${columns} FROM machine_ui_state WHERE machine_id = ANY ($1::uuid[])`, [
      machineIds,
    ]);
  }

  /** The machines whose tiles stand open, latest first. */
  expanded(connection: EntityManager | DataSource): Promise<MachineUiState[]> {
    return queryRows(
      connection,
      `SELECT ${columns} FROM machine_ui_state WHERE tile_mode = 'expanded' ORDER BY updated_at DESC, machine_id LIMIT $1`,
      [EXPANDED_AT_MOST],
    );
  }

  /** Changes what is given. Fails on the foreign key when there is no such machine. */
  async merge(manager: EntityManager, machineId: string, change: MachineUiChange, at: Date): Promise<void> {
    const { tileMode, sectionsOpen, lastActiveTab } = change;
    await affected(
      manager,
      `INSERT INTO machine_ui_state AS s (machine_id, tile_mode, sections_open_json, last_active_tab, updated_at)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (machine_id) DO UPDATE SET updated_at = $5,
         tile_mode = CASE WHEN $6 THEN $2 ELSE s.tile_mode END,
         sections_open_json = CASE WHEN $7 THEN $3::jsonb ELSE s.sections_open_json END,
         last_active_tab = CASE WHEN $8 THEN $4 ELSE s.last_active_tab END`,
      [
        machineId,
        tileMode ?? null,
        sectionsOpen == null ? null : JSON.stringify(sectionsOpen),
        lastActiveTab ?? null,
        at,
        tileMode !== undefined,
        sectionsOpen !== undefined,
        lastActiveTab !== undefined,
      ],
    );
  }

  async remove(manager: EntityManager, machineId: string): Promise<void> {
    await affected(manager, 'DELETE FROM machine_ui_state WHERE machine_id = $1', [machineId]);
  }
}
