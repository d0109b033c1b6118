import { sendEvent, type LiveClient } from '../../../kernel/live/live-client';
import type { JobLogRepository } from '../job-log.repository';
import { toLogLine } from '../jobs.mapper';

/** Lines per event; a frame stays small, and a slow client is noticed between two. */
const LINES_PER_EVENT = 500;

/**
 * Sends one job's log to one client: every line after the last that was sent, in order, each once. Notifications only
 * say when to read; the rows say what.
 */
export class LogFollower {
  private reading: Promise<void> | undefined;
  private wanted = false;
  private stopped = false;

  constructor(
    private readonly client: LiveClient,
    private readonly jobId: string,
    private after: number,
    private readonly logs: JobLogRepository,
  ) {}

  stop(): void {
    this.stopped = true;
  }

  /** Sends what is new. Calls during a read lead to one more read after it. */
  advance(): Promise<void> {
    this.wanted = true;
    this.reading ??= this.send();
    return this.reading;
  }

  private async send(): Promise<void> {
    try {
      while (this.wanted) {
        this.wanted = false;
        if (await this.sendNext()) this.wanted = true;
      }
    } finally {
      this.reading = undefined;
    }
  }

  /** @returns whether more may follow */
  private async sendNext(): Promise<boolean> {
    const page = await this.logs.read(this.jobId, this.after, LINES_PER_EVENT);
    const last = page?.lines.at(-1);
    if (this.stopped || page === null || last === undefined) return false;
    if (!sendEvent(this.client, 'job.log', { jobId: this.jobId, lines: page.lines.map(toLogLine) })) return false;
    this.after = last.seq;
    return last.seq < page.lastSeq;
  }
}
