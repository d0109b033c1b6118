import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queryRows } from '../../kernel/database/rows';
import { FleetWatchers } from '../../kernel/live/fleet-watchers';
import { LiveBus, type LiveSignal } from '../../kernel/live/live-bus';
import { sendEvent } from '../../kernel/live/live-client';
import { Clock } from '../../kernel/clock';
import { MachineTiles } from './machine-tiles';

/** After missed notifications, tiles that changed so long ago are sent again. Longer than any pause between checks. */
const MISSED_MS = 120_000;

/** Nothing is written when a machine's package lists become old, so nothing announces it. */
const AGE_CHECK_MS = 60_000;
/** Looks back over more than one pause; a tile that is sent twice is the same. */
const AGE_CHECK_MINUTES = 3;

/** Sends the current tile of every machine that changed. Rows are read anew, so a late commit cannot be skipped. */
@Injectable()
export class MachineTilesTopic implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(MachineTilesTopic.name);
  private stopListening: (() => void) | undefined;
  private ageTimer: NodeJS.Timeout | undefined;
  /** Reads follow each other, so that an older tile is never sent after a newer one. */
  private telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: LiveBus,
    private readonly watchers: FleetWatchers,
    private readonly tiles: MachineTiles,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.bus.listen((signal) => {
      if (!this.watched() || (!signal.everything && signal.machineIds.size === 0)) return;
      void this.next(() => this.tell(signal));
    });
    this.ageTimer = setInterval(() => void this.tellAged(), AGE_CHECK_MS);
    this.ageTimer.unref();
  }

  onModuleDestroy(): void {
    this.stopListening?.();
    clearInterval(this.ageTimer);
  }

  /** Sends the tiles of machines whose package lists have just become old. */
  async tellAged(): Promise<void> {
    if (!this.watched()) return;
    await this.next(async () => {
      await this.send(await this.tiles.agedWithin(AGE_CHECK_MINUTES));
    });
  }

  private watched(): boolean {
    return this.watchers.allowed('machines.read').length > 0;
  }

  private next(telling: () => Promise<void>): Promise<void> {
    this.telling = this.telling.then(telling).catch((error: unknown) => {
      // The next signal, at the latest the regular check, reads again.
      this.logger.warn({ err: error }, 'Live changes of machines could not be read.');
    });
    return this.telling;
  }

  private async tell(signal: LiveSignal): Promise<void> {
    await this.send(signal.everything ? await this.changedRecently() : [...signal.machineIds]);
  }

  private async send(ids: readonly string[]): Promise<void> {
    const tiles = await this.tiles.byIds(ids);
    const present = new Set(tiles.map((tile) => tile.id));
    for (const client of this.watchers.allowed('machines.read')) {
      for (const tile of tiles) if (!sendEvent(client, 'machine', tile)) break;
      for (const id of ids) if (!present.has(id)) sendEvent(client, 'machine.removed', { id });
    }
  }

  private async changedRecently(): Promise<string[]> {
    const since = new Date(this.clock.now().getTime() - MISSED_MS);
    const sql = 'SELECT machine_id AS id FROM machine_state WHERE updated_at > $1';
    return (await queryRows<{ id: string }>(this.dataSource, sql, [since])).map((row) => row.id);
  }
}
