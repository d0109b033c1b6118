import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { Config } from '../../kernel/config/config';
import type { Transaction } from '../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../kernel/events/domain-event';
import type { LogWatcher } from '../history/log-watcher';
import { RunReports } from '../history/reports/run-reports';
import { RunLogs } from '../history/run-logs';
import { ActionRegistry, isChange } from './actions/action-registry';
import { JobLogRepository } from './job-log.repository';

/** Has the log of every change sealed and its report written when it ends; what was missed, at every start and every hour. */
@Injectable()
export class LogSealer implements OnApplicationBootstrap {
  private readonly logger = new Logger(LogSealer.name);

  constructor(
    private readonly config: Config,
    private readonly logs: RunLogs,
    private readonly reports: RunReports,
    private readonly log: JobLogRepository,
    private readonly registry: ActionRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sweep();
  }

  @Cron('37 * * * *', { timeZone: 'UTC' })
  async hourly(): Promise<void> {
    await this.sweep();
  }

  @OnDomainEvent('job_finished', 'job_failed', 'job_cancelled')
  ended({ executionId }: DomainEvent, tx: Transaction): Promise<void> {
    if (executionId == null) return Promise.resolve();
    tx.afterCommit(async () => {
      if (await this.seal(executionId)) await this.report(executionId);
    });
    return Promise.resolve();
  }

  private async sweep(): Promise<void> {
    if (!this.config.runsJobs) return;
    const settled = new Set<string>();
    for (const id of await this.logs.unsealed()) if (await this.seal(id)) settled.add(id);
    for (const { id, logOpen } of await this.reports.unwritten())
      if (!logOpen || settled.has(id)) await this.report(id);
  }

  /** @returns false when it has to be tried again; a log without lines is none, and needs no file */
  private async seal(executionId: string): Promise<boolean> {
    try {
      await this.logs.seal(
        executionId,
        (id) => this.log.texts(id),
        (name) => this.watcher(name),
      );
      return true;
    } catch (error) {
      this.logger.warn({ err: error, executionId }, 'a log could not be sealed; it is tried again within the hour');
      return false;
    }
  }

  private watcher(name: string): LogWatcher | undefined {
    const action = this.registry.find(name);
    return action !== undefined && isChange(action) ? action.watchLog?.() : undefined;
  }

  /** After the log, whose hash it names and which is never written into it later: sealed, given up, or there was none. */
  private async report(executionId: string): Promise<void> {
    try {
      await this.reports.write(executionId);
    } catch (error) {
      this.logger.warn({ err: error, executionId }, 'a report could not be written; it is tried again within the hour');
    }
  }
}
