import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../../kernel/clock';
import { queryRows } from '../../../kernel/database/rows';
import { FleetWatchers } from '../../../kernel/live/fleet-watchers';
import { LiveBus, type LiveSignal } from '../../../kernel/live/live-bus';
import { sendEvent } from '../../../kernel/live/live-client';
import { ActionRegistry } from '../../jobs/actions/action-registry';
import { toSchedule } from './schedules.mapper';
import { SchedulesReader } from './schedules.reader';

/** After missed notifications, schedules that changed so long ago are sent again. Longer than any pause between checks. */
const MISSED_MS = 120_000;

/** Sends every schedule that was changed, or whose newest occurrence went on, to whoever watches the fleet. */
@Injectable()
export class SchedulesTopic implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(SchedulesTopic.name);
  private stopListening: (() => void) | undefined;
  /** Reads follow each other, so that an older state is never sent after a newer one. */
  private telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: LiveBus,
    private readonly watchers: FleetWatchers,
    private readonly reader: SchedulesReader,
    private readonly registry: ActionRegistry,
    private readonly clock: Clock,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.bus.listen((signal) => {
      const news = signal.everything || signal.scheduleIds.size > 0;
      if (!news || this.watchers.allowed('schedules.read').length === 0) return;
      this.telling = this.telling
        .then(() => this.tell(signal))
        .catch((error: unknown) => {
          // The next signal, at the latest the regular check, reads again.
          this.logger.warn({ err: error }, 'Live changes of schedules could not be read.');
        });
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  private async tell(signal: LiveSignal): Promise<void> {
    const ids = signal.everything ? await this.changedRecently() : [...signal.scheduleIds];
    const schedules = await this.reader.byIds(ids);
    const present = new Set(schedules.map(({ id }) => id));
    for (const client of this.watchers.allowed('schedules.read')) {
      for (const schedule of schedules) sendEvent(client, 'schedule', toSchedule(schedule, this.registry));
      for (const id of ids) if (!present.has(id)) sendEvent(client, 'schedule.removed', { id });
    }
  }

  private async changedRecently(): Promise<string[]> {
    const since = new Date(this.clock.now().getTime() - MISSED_MS);
    return (await queryRows<{ id: string }>(this.dataSource, CHANGED, [since])).map(({ id }) => id);
  }
}

const CHANGED = `
  SELECT id FROM schedules WHERE updated_at > $1
  UNION SELECT schedule_id FROM schedule_occurrences WHERE status IN ('queued', 'running')
  UNION SELECT schedule_id FROM schedule_occurrences WHERE due_at > $1 AND finished_at > $1`;
