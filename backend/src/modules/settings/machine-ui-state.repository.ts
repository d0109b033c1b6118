import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import { toDocument, type DocumentDto } from '../../kernel/contracts/document.dto';
import { affected, queryRows } from '../../kernel/database/rows';
import type { TileMode } from './entities/settings.values';
import { SECTIONS_OPEN, type SectionsDocument } from './settings.contracts';

/** How a machine is shown; null: never chosen. */
export interface MachineUiState {
  readonly machineId: string;
  readonly tileMode: TileMode | null;
  /** Names of the open sections of its tile and its page. */
  readonly sectionsOpen: readonly string[] | null;
  readonly lastActiveTab: string | null;
  /** The open sections as they stand, where they cannot be read. */
  readonly unreadable: DocumentDto | null;
}

export type MachineUiChange = Partial<Omit<MachineUiState, 'machineId' | 'unreadable'>>;

interface StoredState extends Omit<MachineUiState, 'sectionsOpen' | 'unreadable'> {
  readonly stored: unknown;
}

const columns = `machine_id AS "machineId", tile_mode AS "tileMode", sections_open_json AS stored,
  last_active_tab AS "lastActiveTab"`;
/** Beyond this many expanded tiles nobody looks at them. */
const EXPANDED_AT_MOST = 500;

/** The only place with SQL for `machine_ui_state`. */
@Injectable()
export class MachineUiStateRepository {
  constructor(private readonly contracts: Contracts) {}

  async byIds(connection: EntityManager | DataSource, machineIds: readonly string[]): Promise<MachineUiState[]> {
    const sql = `SELECT ${columns} FROM machine_ui_state WHERE machine_id = ANY ($1::uuid[])`;
    return (await queryRows<StoredState>(connection, sql, [machineIds])).map((row) => this.read(row));
  }

  /** The machines whose tiles stand open, latest first. */
  async expanded(connection: EntityManager | DataSource): Promise<MachineUiState[]> {
    const rows = await queryRows<StoredState>(
      connection,
      `SELECT ${columns} FROM machine_ui_state WHERE tile_mode = 'expanded' ORDER BY updated_at DESC, machine_id LIMIT $1`,
      [EXPANDED_AT_MOST],
    );
    return rows.map((row) => this.read(row));
  }

  /** Changes what is given. Fails on the foreign key when there is no such machine. */
  async merge(manager: EntityManager, machineId: string, change: MachineUiChange, at: Date): Promise<void> {
    const { tileMode, sectionsOpen, lastActiveTab } = change;
    const given = Object.entries({
      tile_mode: tileMode,
      sections_open_json: sectionsOpen && this.contracts.document(SECTIONS_OPEN.name, { sections: sectionsOpen }),
      last_active_tab: lastActiveTab,
    }).filter(([, value]) => value !== undefined);
    const names = given.map(([name]) => `, ${name}`).join('');
    const places = given.map((_one, index) => `, $${String(index + 3)}`).join('');
    const changes = given.map(([name], index) => `, ${name} = $${String(index + 3)}`).join('');
    await affected(
      manager,
      `INSERT INTO machine_ui_state (machine_id, updated_at${names}) VALUES ($1, $2${places})
       ON CONFLICT (machine_id) DO UPDATE SET updated_at = $2${changes}`,
      [machineId, at, ...given.map(([, value]) => value)],
    );
  }

  async remove(manager: EntityManager, machineId: string): Promise<void> {
    await affected(manager, 'DELETE FROM machine_ui_state WHERE machine_id = $1', [machineId]);
  }

  /** What cannot be read is as if it had not been chosen: it is only about looks. */
  private read({ stored, ...state }: StoredState): MachineUiState {
    if (stored === null) return { ...state, sectionsOpen: null, unreadable: null };
    const reading = this.contracts.read<SectionsDocument>(SECTIONS_OPEN.name, stored);
    return reading.readable
      ? { ...state, sectionsOpen: reading.document.sections, unreadable: null }
      : { ...state, sectionsOpen: null, unreadable: toDocument(SECTIONS_OPEN.name, reading) };
  }
}
