import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Cron } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { Clock } from '../../kernel/clock';
import { Config } from '../../kernel/config/config';
import { startOfMonth } from '../../kernel/database/id-times';
import { markedProviders } from '../../kernel/discovered';
import { RETENTION_RULE, type RemovedCounts, type Retention } from '../../kernel/retention/retention-rule';
import { isRetentionSetting } from '../settings/registry/app-settings';
import { SettingsService } from '../settings/settings.service';
import { CleanupRuns } from './cleanup-runs.repository';

const DAY_MS = 86_400_000;
/** One program at a time, for as long as its connection lives. */
const RETENTION_LOCK = 7_388_120_335;

/** What one rule did. */
export interface RetentionReport {
  readonly rule: string;
  readonly before: Date;
  readonly removed: RemovedCounts;
  /** Null: it went well. */
  readonly error: string | null;
}

/** Lets every room forget what is old, once a day. */
@Injectable()
export class RetentionRunner implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RetentionRunner.name);
  private readonly abort = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly discovery: DiscoveryService,
    private readonly settings: SettingsService,
    private readonly runs: CleanupRuns,
  ) {}

  /** At night by most clocks that matter here, before the coming day's partitions. */
  @Cron('41 2 * * *', { timeZone: 'UTC' })
  async daily(): Promise<void> {
    if (!this.config.runsJobs) return;
    const run = this.run();
    // Of a run that fails, the schedule tells; whoever shuts down only waits.
    this.running = run.catch(() => undefined);
    await run;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.abort.abort();
    await this.running;
  }

  /** Every rule, kept as a row of `cleanup_runs`. One that fails leaves the others be. @returns null when another program is at it */
  async run(): Promise<RetentionReport[] | null> {
    const guard = this.database.createQueryRunner();
    try {
      const [lock] = (await guard.query('SELECT pg_try_advisory_lock($1) AS mine', [RETENTION_LOCK])) as [
        { mine: boolean },
      ];
      if (!lock.mine) return null;
      try {
        return await this.applyAll();
      } finally {
        // The connection goes back to where others take it from, and would hold the lock for as long as it lives.
        await guard.query('SELECT pg_advisory_unlock($1)', [RETENTION_LOCK]);
      }
    } finally {
      await guard.release();
    }
  }

  private async applyAll(): Promise<RetentionReport[]> {
    const id = await this.runs.begin();
    const reports: RetentionReport[] = [];
    for (const rule of this.rules()) reports.push(await this.apply(rule));
    await this.keep(id, reports);
    return reports;
  }

  private async keep(id: string, reports: readonly RetentionReport[]): Promise<void> {
    const counts: Record<string, number> = {};
    for (const { removed } of reports)
      for (const [what, count] of Object.entries(removed)) counts[what] = (counts[what] ?? 0) + count;
    const failed = reports.filter(({ error }) => error !== null).length;
    const ended = failed === 0 ? 'ok' : failed < reports.length ? 'warning' : 'error';
    const rules = reports.map((report) => ({ ...report, before: report.before.toISOString() }));
    await this.runs.end(id, this.abort.signal.aborted ? 'cancelled' : ended, { counts }, { rules });
  }

  /** Those that hang on others first: what they drop in one go, the others need not remove row by row. */
  rules(): Retention[] {
    const rules = markedProviders<Retention>(this.discovery, RETENTION_RULE);
    return [
      ...rules.filter(({ derivedFrom }) => derivedFrom !== undefined),
      ...rules.filter(({ derivedFrom }) => derivedFrom === undefined),
    ];
  }

  /** Rows never outlive those that they were derived from. */
  private async days(rule: Retention): Promise<number> {
    const parent = this.rules().find(({ name }) => name === rule.derivedFrom);
    return Math.min(
      await this.period(rule),
      parent === undefined ? Number.POSITIVE_INFINITY : await this.period(parent),
    );
  }

  /** What an administrator has set for the rule, in days. */
  private async period({ name, defaultDays }: Retention): Promise<number> {
    const setting = `retention.${name}_days`;
    if (isRetentionSetting(setting)) return this.settings.get(setting);
    return defaultDays ?? Number.POSITIVE_INFINITY;
  }

  private async apply(rule: Retention): Promise<RetentionReport> {
    // By whole months: a month is dropped at once, and nothing of it is removed row by row before.
    const days = await this.days(rule);
    const now = this.clock.now();
    const before = Number.isFinite(days) ? startOfMonth(new Date(now.getTime() - days * DAY_MS)) : now;
    try {
      const removed = await rule.purge(before, this.abort.signal);
      this.logger.log({ rule: rule.name, before, removed }, 'old history removed');
      return { rule: rule.name, before, removed, error: null };
    } catch (error) {
      this.logger.error(
        { err: error, rule: rule.name },
        'old history could not be removed; tomorrow follows another try',
      );
      return { rule: rule.name, before, removed: {}, error: error instanceof Error ? error.message : String(error) };
    }
  }
}
