import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { FleetWatchers } from '../../../kernel/live/fleet-watchers';
import { LiveBus, type LiveSignal } from '../../../kernel/live/live-bus';
import { sendEvent } from '../../../kernel/live/live-client';
import { ActionRegistry } from '../actions/action-registry';
import { toRequest } from './requests.mapper';
import { RequestsReader } from './requests.reader';

/** After missed notifications, requests that changed so long ago are sent again. Longer than any pause between checks. */
const MISSED_MS = 120_000;

/** Sends every request that was made or decided, as it stands, to whoever watches the fleet. */
@Injectable()
export class RequestsTopic implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(RequestsTopic.name);
  private stopListening: (() => void) | undefined;
  /** Reads follow each other, so that an older state is never sent after a newer one. */
  private telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: LiveBus,
    private readonly watchers: FleetWatchers,
    private readonly reader: RequestsReader,
    private readonly registry: ActionRegistry,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.bus.listen((signal) => {
      const news = signal.everything || signal.requestIds.size > 0;
      if (!news || this.watchers.allowed('jobs.read').length === 0) return;
      this.telling = this.telling
        .then(() => this.tell(signal))
        .catch((error: unknown) => {
          // The next signal, at the latest the regular check, reads again.
          this.logger.warn({ err: error }, 'Live changes of requests could not be read.');
        });
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  private async tell(signal: LiveSignal): Promise<void> {
    const requests = signal.everything
      ? await this.reader.changedWithin(MISSED_MS)
      : await this.reader.byIds([...signal.requestIds]);
    for (const request of requests) {
      const dto = toRequest(request, this.registry);
      for (const client of this.watchers.allowed('jobs.read')) sendEvent(client, 'request', dto);
    }
  }
}
