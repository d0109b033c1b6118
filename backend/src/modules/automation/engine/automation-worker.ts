import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import type { Transaction } from '../../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { LiveBus } from '../../../kernel/live/live-bus';
import { OccurrenceRunner } from './occurrence-runner';
import { Scheduler } from './scheduler';

/** Due times are whole minutes; so late one begins at most while all is well. */
const TICK_MS = 5_000;
/** What no news arrived of is found by then: times that are over, jobs that others share. */
const SWEEP_MS = 15_000;

/** Lets schedules run, in processes that run jobs: each looks for itself what is due and what there is to go on with. */
@Injectable()
export class AutomationWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(AutomationWorker.name);
  private readonly timers: NodeJS.Timeout[] = [];
  private stopListening: (() => void) | undefined;
  private stopping = false;
  private ticking: Promise<void> | undefined;
  private advancing: Promise<void> | undefined;
  /** Schedules that there is news of; what arrives while one is gone on with is looked at afterwards. */
  private news = new Set<string>();
  private everything = true;

  constructor(
    private readonly config: Config,
    private readonly scheduler: Scheduler,
    private readonly runner: OccurrenceRunner,
    private readonly bus: LiveBus,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.runsJobs) return;
    this.stopListening = this.bus.listen(({ scheduleIds }) => {
      if (scheduleIds.size === 0) return;
      for (const id of scheduleIds) this.news.add(id);
      this.advance();
    });
    this.timers.push(
      setInterval(() => {
        this.tick();
      }, TICK_MS),
    );
    this.timers.push(
      setInterval(() => {
        this.everything = true;
        this.advance();
      }, SWEEP_MS),
    );
    this.tick();
    this.advance();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.stopListening?.();
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all([this.ticking, this.advancing]);
  }

  /** A job that a schedule asked for has ended: there may be more to do. */
  @OnDomainEvent('job_finished', 'job_failed', 'job_cancelled')
  jobEnded({ actor }: DomainEvent, tx: Transaction): Promise<void> {
    if (actor.type === 'schedule' && actor.id !== null) this.bus.changed(tx, { scheduleIds: [actor.id] });
    return Promise.resolve();
  }

  private tick(): void {
    this.ticking ??= this.scheduler
      .tick()
      .then(() => undefined)
      .catch((error: unknown) => {
        // Due times stay due: the next tick finds them.
        this.logger.error({ err: error }, 'What is due could not be found.');
      })
      .finally(() => {
        this.ticking = undefined;
      });
  }

  private advance(): void {
    if (this.stopping) return;
    this.advancing ??= this.goOn().finally(() => {
      this.advancing = undefined;
    });
  }

  private async goOn(): Promise<void> {
    while (!this.stopping && (this.everything || this.news.size > 0)) {
      const ids = this.everything ? null : [...this.news];
      this.everything = false;
      this.news = new Set();
      try {
        if (await this.runner.advanceAll(ids)) this.everything = true;
      } catch (error) {
        this.logger.error({ err: error }, 'Runs of schedules could not be gone on with.');
      }
    }
  }
}
