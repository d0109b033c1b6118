import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queryRows } from '../../kernel/database/rows';
import type { MachinePageDto, MachineTileDto, NeedCountsDto } from './dto/machine-tile.dto';
import { encodeCursor } from '../../kernel/http/keyset-cursor';
import { SettingsService } from '../settings/settings.service';
import { indexAge } from './index-age';
import { cursorScope, machineListStatement, type MachineListFilter } from './machine-list.statement';
import { tileColumns, TILE_SOURCES, toTile, type TileRow } from './machine-tile.mapper';
import { NEED_STATES, rankOf } from './needs';

type ListRow = Partial<Record<`k${number}`, string>> & { counts: string } & (TileRow | { id: null });

/** Tiles of machines: the dashboard's list, and single ones for the live topic. */
@Injectable()
export class MachineTiles {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: SettingsService,
  ) {}

  /** One page, by one statement. */
  async page(filter: MachineListFilter): Promise<MachinePageDto> {
    const { sql, params } = machineListStatement(filter, await this.indexStaleDays());
    const rows = await queryRows<ListRow>(this.dataSource, sql, params);
    const counts = countsOf(rows[0]?.counts ?? '{}');
    const found = rows.filter((row): row is ListRow & TileRow => row.id !== null);
    const last = found.length > filter.limit ? found[filter.limit - 1] : undefined;
    const items = (last === undefined ? found : found.slice(0, filter.limit)).map(toTile);
    const states = filter.state ?? NEED_STATES;
    return {
      items,
      nextCursor: last === undefined ? null : encodeCursor(cursorScope(filter), keyOf(last)),
      total: [...new Set(states)].reduce((sum, state) => sum + counts[state], 0),
      counts,
    };
  }

  /** The current tiles of these machines, in no order. Archived ones are absent. */
  byIds(ids: readonly string[]): Promise<MachineTileDto[]> {
    return this.read(ids, 'WHERE m.deleted_at IS NULL');
  }

  /** The tile of one machine, archived or not. */
  async one(id: string): Promise<MachineTileDto | undefined> {
    return (await this.read([id], ''))[0];
  }

  /** The machines whose package lists became old within these minutes. */
  async agedWithin(minutes: number): Promise<string[]> {
    const aged = indexAge(await this.indexStaleDays()).becameOld(minutes);
    const sql = `SELECT s.machine_id AS id FROM machine_state s WHERE ${aged}`;
    return (await queryRows<{ id: string }>(this.dataSource, sql)).map(({ id }) => id);
  }

  private indexStaleDays(): Promise<number> {
    return this.settings.get('machines.index_stale_days');
  }

  private async read(ids: readonly string[], condition: string): Promise<MachineTileDto[]> {
    if (ids.length === 0) return [];
    const columns = tileColumns(indexAge(await this.indexStaleDays()));
    const sql = `SELECT ${columns} FROM unnest($1::uuid[]) AS page (id) ${TILE_SOURCES} ${condition}`;
    return (await queryRows<TileRow>(this.dataSource, sql, [[...new Set(ids)]])).map(toTile);
  }
}

function keyOf(row: ListRow & TileRow): string[] {
  const parts = [row.k0, row.k1].filter((part) => part !== undefined);
  return [...parts, row.id];
}

function countsOf(text: string): NeedCountsDto {
  const byRank = JSON.parse(text) as Record<string, number>;
  return Object.fromEntries(
    NEED_STATES.map((need) => [need, byRank[String(rankOf(need))] ?? 0]),
  ) as unknown as NeedCountsDto;
}
