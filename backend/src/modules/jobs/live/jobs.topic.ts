import { Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { RequirePermission } from '../../../kernel/auth/access.decorators';
import { Clock } from '../../../kernel/clock';
import { notFound } from '../../../kernel/errors/domain-error';
import { FleetWatchers } from '../../../kernel/live/fleet-watchers';
import { LiveBus, type LiveSignal } from '../../../kernel/live/live-bus';
import { sendEvent, type LiveClient } from '../../../kernel/live/live-client';
import { LiveTopic } from '../../../kernel/live/live-topic';
import { ActionRegistry } from '../actions/action-registry';
import { UnwatchJobDto, WatchJobDto } from '../dto/jobs.dto';
import { JobLogRepository } from '../job-log.repository';
import type { JobRecord } from '../job-record';
import { toJob } from '../jobs.mapper';
import { JobsReader } from '../jobs.reader';
import { LogFollower } from './log-follower';

/** After missed notifications, jobs that ended so long ago are sent again. Longer than any pause between checks. */
const MISSED_MS = 120_000;
const MAX_JOBS_WATCHED = 50;

/** Tells browsers about jobs: every change to those on the dashboard, and the log, line by line, of those that are open. */
@LiveTopic()
export class JobsTopic implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(JobsTopic.name);
  private readonly followers = new Map<LiveClient, Map<string, LogFollower>>();
  private stopListening: (() => void) | undefined;
  /** Reads follow each other, so that an older state is never sent after a newer one. */
  private telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: LiveBus,
    private readonly fleetWatchers: FleetWatchers,
    private readonly reader: JobsReader,
    private readonly logs: JobLogRepository,
    private readonly registry: ActionRegistry,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.bus.listen((signal) => {
      this.heard(signal);
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  handleDisconnect(client: LiveClient): void {
    this.followers.delete(client);
  }

  /** Sends the job as it is, and its log after the given line; then every change and every new line. */
  @SubscribeMessage('watch.job')
  @RequirePermission('jobs.read')
  async watchJob(@ConnectedSocket() client: LiveClient, @MessageBody() { jobId, after }: WatchJobDto): Promise<void> {
    const watched = this.followers.get(client) ?? new Map<string, LogFollower>();
    if (!watched.has(jobId) && watched.size >= MAX_JOBS_WATCHED) return;
    // Before the read: what changes during it is then told as well.
    const follower = new LogFollower(client, jobId, after, this.logs);
    watched.set(jobId, follower);
    this.followers.set(client, watched);
    const job = await this.reader.find(jobId);
    if (job === null) {
      watched.delete(jobId);
      throw notFound('job');
    }
    sendEvent(client, 'job', toJob(job, this.registry));
    await follower.advance();
  }

  @SubscribeMessage('unwatch.job')
  @RequirePermission('jobs.read')
  unwatchJob(@ConnectedSocket() client: LiveClient, @MessageBody() { jobId }: UnwatchJobDto): void {
    const watched = this.followers.get(client);
    watched?.get(jobId)?.stop();
    watched?.delete(jobId);
  }

  private heard(signal: LiveSignal): void {
    if (this.ofFleet().length === 0 && this.followers.size === 0) return;
    for (const watched of this.followers.values()) {
      for (const [jobId, follower] of watched) {
        if (signal.everything || signal.logJobIds.has(jobId)) follower.advance().catch(this.failed);
      }
    }
    if (signal.everything || signal.jobIds.size > 0) {
      this.telling = this.telling.then(() => this.tell(signal)).catch(this.failed);
    }
  }

  private async tell(signal: LiveSignal): Promise<void> {
    const jobs = signal.everything
      ? await this.reader.changedSince(new Date(this.clock.now().getTime() - MISSED_MS))
      : await this.changed([...signal.jobIds]);
    for (const job of jobs) this.send(job);
  }

  /** What goes on is told, and what waits behind it: that waits for something else now. */
  private async changed(jobIds: readonly string[]): Promise<JobRecord[]> {
    const jobs = await this.reader.byIds(jobIds.filter((id) => this.watched(id)));
    const behind = await this.reader.behind(jobIds);
    return [...jobs, ...behind.filter(({ id }) => this.watched(id))];
  }

  private ofFleet(): LiveClient[] {
    return this.fleetWatchers.allowed('jobs.read');
  }

  private watched(jobId: string): boolean {
    return this.ofFleet().length > 0 || [...this.followers.values()].some((watched) => watched.has(jobId));
  }

  private send(job: JobRecord): void {
    const dto = toJob(job, this.registry);
    const clients = new Set(this.ofFleet());
    for (const [client, watched] of this.followers) if (watched.has(job.id)) clients.add(client);
    for (const client of clients) sendEvent(client, 'job', dto);
  }

  private readonly failed = (error: unknown): void => {
    // The next signal, at the latest the regular check, reads from the same place.
    this.logger.warn({ err: error }, 'Live changes of jobs could not be read.');
  };
}
