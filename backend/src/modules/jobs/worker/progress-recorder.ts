import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Clock } from '../../../kernel/clock';
import type { LiveBus } from '../../../kernel/live/live-bus';
import type { OutputChunk, SectionEvent } from '../../../kernel/ssh/run-types';
import type { JobPhase } from '../job-record';
import type { JobLogRepository, LogChunk, ProgressWrite } from '../job-log.repository';
import type { Claim } from './claims';
import { LogBuffer } from './log-buffer';
import type { StepTracker } from './step-tracker';

const WRITE_AFTER_MS = 250;
const WRITE_AT_BYTES = 32 * 1024;
const RETRY_MS = 500;

export interface RecorderTools {
  readonly log: JobLogRepository;
  readonly bus: LiveBus;
  readonly clock: Clock;
}

/**
 * Writes the live log and the steps of one attempt while it runs, in small batches outside any outcome transaction.
 * It never holds up the run: while the database is away lines wait in bounded memory.
 */
export class ProgressRecorder {
  private readonly logger = new Logger(ProgressRecorder.name);
  private readonly buffer = new LogBuffer();
  private lastSeq: number;
  private phase: JobPhase = 'starting';
  private stepsChanged = false;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  /** What a failed write carried: it is sent again as it was, so that it is not doubled. */
  private unsent: ProgressWrite | undefined;
  private lost = false;
  private stepStartedAt: number;

  constructor(
    private readonly claim: Claim,
    readonly steps: StepTracker,
    private readonly tools: RecorderTools,
  ) {
    this.lastSeq = claim.lastSeq;
    this.stepStartedAt = tools.clock.now().getTime();
  }

  note(text: string): void {
    this.buffer.note(text);
    this.schedule();
  }

  enter(phase: JobPhase, step: string): void {
    this.phase = phase;
    this.step(() => this.steps.begin(step));
  }

  onOutput(chunk: OutputChunk): void {
    const show = this.steps.logOf(chunk.section);
    if (show === 'none' || (show === 'errors' && chunk.stream === 'stdout')) return;
    this.buffer.add(chunk.stream === 'stdout' ? 'out' : 'err', chunk.section, chunk.text);
    this.schedule();
  }

  onSection(event: SectionEvent): void {
    if (event.phase === 'begin') this.step(() => this.steps.section(event.name));
  }

  /** Writes what is left, waiting for the database no longer than `patienceMs`. */
  async close(patienceMs: number): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      clearTimeout(this.timer);
      this.timer = undefined;
      await this.write();
      if (this.lost || !this.dirty() || Date.now() >= deadline) return;
      await delay(RETRY_MS);
    }
  }

  private dirty(): boolean {
    return this.unsent !== undefined || !this.buffer.empty || this.stepsChanged;
  }

  private step(change: () => boolean): void {
    const before = this.steps.currentName;
    if (!change()) return;
    const now = this.tools.clock.now().getTime();
    if (before !== null) this.buffer.note(`${before}: ${((now - this.stepStartedAt) / 1000).toFixed(1)} s`);
    this.stepStartedAt = now;
    this.stepsChanged = true;
    this.schedule();
  }

  private schedule(): void {
    if (this.lost) return;
    if (this.buffer.pendingBytes >= WRITE_AT_BYTES && this.unsent === undefined) {
      clearTimeout(this.timer);
      this.timer = undefined;
      void this.write();
      return;
    }
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined;
        void this.write();
      },
      this.unsent === undefined ? WRITE_AFTER_MS : RETRY_MS,
    );
  }

  private write(): Promise<void> {
    this.writing = this.writing.then(() => this.writeNow());
    return this.writing;
  }

  private async writeNow(): Promise<void> {
    if (this.lost || !this.dirty()) return;
    const write = this.unsent ?? this.next();
    try {
      const lastSeq = await this.tools.log.write(write);
      this.unsent = undefined;
      if (lastSeq === null) {
        this.lost = true;
        return;
      }
      this.announce(write, lastSeq);
      this.lastSeq = lastSeq;
      if (this.dirty()) this.schedule();
    } catch (error) {
      this.unsent = write;
      this.logger.warn(
        { err: error, jobId: this.claim.jobId },
        'Log lines could not be written; they are kept and tried again.',
      );
      this.schedule();
    }
  }

  private next(): ProgressWrite {
    const chunks: LogChunk[] = this.buffer.take();
    const { jobId, fence } = this.claim;
    const base = { jobId, fence, lastSeq: this.lastSeq, chunks, at: this.tools.clock.now() };
    if (!this.stepsChanged) return base;
    this.stepsChanged = false;
    return { ...base, progress: { phase: this.phase, step: this.steps.currentName, steps: this.steps.snapshot() } };
  }

  private announce(write: ProgressWrite, lastSeq: number): void {
    const { jobId, machineId } = this.claim;
    const moved = write.progress !== undefined;
    this.tools.bus.announce({
      ...(lastSeq > write.lastSeq ? { logJobIds: [jobId] } : {}),
      ...(moved ? { jobIds: [jobId], machineIds: [machineId] } : {}),
    });
  }
}
