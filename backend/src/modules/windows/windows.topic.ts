import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FleetWatchers } from '../../kernel/live/fleet-watchers';
import { LiveBus, type LiveSignal } from '../../kernel/live/live-bus';
import { sendEvent } from '../../kernel/live/live-client';
import { WindowsRepository } from './windows.repository';

/** Tells whoever watches the fleet that maintenance windows have changed: a hint to read again, since openings follow from all of them. */
@Injectable()
export class WindowsTopic implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(WindowsTopic.name);
  private stopListening: (() => void) | undefined;
  /** Looks follow each other, so that none is compared with an older one. */
  private telling: Promise<void> = Promise.resolve();
  /** How the windows stood at the last look; null: nobody has looked yet. */
  private seen: string | null = null;

  constructor(
    private readonly bus: LiveBus,
    private readonly watchers: FleetWatchers,
    private readonly repository: WindowsRepository,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.bus.listen((signal) => {
      const news = signal.everything || signal.windowIds.size > 0;
      if (!news || this.watchers.allowed('machines.read').length === 0) return;
      this.telling = this.telling
        .then(() => this.tell(signal))
        .catch((error: unknown) => {
          // The next signal, at the latest the regular check, looks again.
          this.logger.warn({ err: error }, 'Live changes of maintenance windows could not be read.');
        });
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /** The regular check tells of what was missed, and of nothing where the windows stand as before. */
  private async tell({ windowIds }: LiveSignal): Promise<void> {
    const standing = await this.repository.standing(this.dataSource.manager);
    const same = windowIds.size === 0 && standing === this.seen;
    this.seen = standing;
    if (same) return;
    for (const client of this.watchers.allowed('machines.read')) sendEvent(client, 'windows.changed', {});
  }
}
