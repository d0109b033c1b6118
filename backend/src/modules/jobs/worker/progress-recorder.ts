import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Clock } from '../../../kernel/clock';
import { maskDistinctiveSecrets } from '../../../kernel/contracts/secret-values';
import type { LiveBus } from '../../../kernel/live/live-bus';
import type { LogPiece } from '../../../kernel/ssh/detached/detached-types';
import type { OutputChunk, SectionEvent, StreamName } from '../../../kernel/ssh/run-types';
import type { StepProgress } from '../actions/change-action';
import type { JobPhase } from '../job-record';
import type { JobLogRepository } from '../job-log.repository';
import type { LogChunk, ProgressWrite } from '../log-rows';
import type { Claim } from './claims';
import { databaseIsAway } from './failures';
import { LogBuffer, type LogLimits } from './log-buffer';
import type { StepTracker } from './step-tracker';

/** Writes of all jobs come together at these moments, so that one statement does for all of them. */
const WRITE_EVERY_MS = 250;
/** Somebody watches a change: its lines are written at once where none were just before, and then this often. */
const LOG_AFTER_MS = 20;
const LOG_EVERY_MS = 150;
const WRITE_AT_BYTES = 32 * 1024;
const RETRY_MS = 500;
/** So long the last lines are waited for before a log is read as a whole. */
const LOG_PATIENCE_MS = 10_000;
/** A run of any length is read no faster than its lines can be stored. */
const ROOM_BYTES = 256 * 1024;
/** How often it is noted that a machine tells of its run, where nothing else is to be written. */
const CONTACT_EVERY_MS = 15_000;

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
  private readonly buffer: LogBuffer;
  private lastSeq: number;
  private phase: JobPhase = 'starting';
  private stepsChanged = false;
  /** Another step or phase, which machines are shown with; not only more of the same step. */
  private moved = false;
  private timer: NodeJS.Timeout | undefined;
  /** When the timer is due, and when the last write began: milliseconds since 1970. */
  private due = 0;
  private wroteAt = 0;
  private writing: Promise<void> = Promise.resolve();
  /** What a failed write carried: it is sent again as it was, so that it is not doubled. */
  private unsent: ProgressWrite | undefined;
  private lost = false;
  /** The last write failed because the database is away. */
  private away = false;
  private stepStartedAt: number;
  /** So many bytes of the log are in the buffer, or are stored. */
  private logOffset: number | undefined;
  /** So many have come. */
  private reached: number | undefined;
  private contacted = false;
  private contactNotedAt = 0;

  constructor(
    private readonly claim: Claim,
    readonly steps: StepTracker,
    private readonly tools: RecorderTools,
    limits: LogLimits,
  ) {
    this.buffer = new LogBuffer(limits);
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

  /** Whether what comes there belongs into the log. */
  wants(section: string, stream: StreamName): boolean {
    const show = this.steps.logOf(section);
    return show === 'output' || (show === 'errors' && stream === 'stderr');
  }

  onOutput(chunk: OutputChunk): void {
    if (!this.wants(chunk.section, chunk.stream)) return;
    this.buffer.add(chunk.stream === 'stdout' ? 'out' : 'err', chunk.section, chunk.text);
    this.schedule();
  }

  /** Another phase within the same step. */
  pass(phase: JobPhase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.move();
  }

  /** How far the present step is. Written with whatever else there is, four times a second at most. */
  progress(progress: StepProgress): void {
    if (!this.steps.advance(progress)) return;
    this.stepsChanged = true;
    this.schedule();
  }

  /**
   * A piece of the log of a changing run, taken before this returns. `offset` goes with its lines into one statement.
   * Resolves once there is room for more, so that a database that is away holds up the reading, never the run.
   */
  async onLog({ text, step, offset, omittedBytes = 0 }: LogPiece): Promise<void> {
    if (omittedBytes > 0) this.buffer.skip(omittedBytes);
    this.buffer.add('out', this.steps.currentName, text);
    this.reached = offset;
    // What is held back is read again by whoever comes after a worker that died with it.
    if (!this.buffer.holds) this.logOffset = offset;
    if (step !== null) this.step(() => this.steps.begin(step));
    this.contacted = true;
    this.schedule(Math.max(LOG_AFTER_MS, this.wroteAt + LOG_EVERY_MS - Date.now()));
    while (this.buffer.pendingBytes > ROOM_BYTES && !this.lost) await delay(RETRY_MS / 5);
  }

  /** No more of the log comes, or none to this attempt: what was held back as its end is written, and counts as read. */
  endOfLog(): void {
    if (!this.buffer.holds) return;
    this.buffer.end();
    this.logOffset = this.reached;
    this.schedule();
  }

  /** The machine told of its run. */
  contact(): void {
    const now = this.tools.clock.now().getTime();
    if (now - this.contactNotedAt < CONTACT_EVERY_MS) return;
    this.contactNotedAt = now;
    this.contacted = true;
    this.schedule();
  }

  onSection(event: SectionEvent): void {
    if (event.phase === 'begin') this.step(() => this.steps.section(event.name));
  }

  /** The whole log as it is stored, with what waited until now. Rejects while the database is away. */
  async wholeLog(): Promise<string> {
    await this.close(LOG_PATIENCE_MS);
    const { log } = this.tools;
    const parts: string[] = [];
    for await (const lines of log.texts(this.claim.jobId)) parts.push(lines.join('\n'), '\n');
    return parts.join('');
  }

  /** The job went to another: nothing of this attempt may be written any more. */
  abandon(): void {
    this.lost = true;
    clearTimeout(this.timer);
  }

  /**
   * Writes what is left. Tries for `patienceMs`; for `outageMs` in all while the database is away, and once it is back for
   * `patienceMs` from then on: the write that failed goes first, what came after it is still to be written.
   */
  async close(patienceMs: number, outageMs = patienceMs): Promise<void> {
    const began = Date.now();
    let reachable = began;
    for (;;) {
      clearTimeout(this.timer);
      this.timer = undefined;
      await this.write();
      if (this.lost || !this.dirty()) return;
      const now = Date.now();
      if (this.away) reachable = now;
      else if (now - reachable >= patienceMs) return;
      if (now - began >= Math.max(outageMs, patienceMs)) return;
      await delay(RETRY_MS);
    }
  }

  /**
   * Hands over what is left, to be written by the statement that ends the job.
   * @returns null when nothing is left; undefined when what there is has to be written by {@link close}
   */
  async lastWords(): Promise<ProgressWrite | null | undefined> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.writing;
    if (this.unsent !== undefined || this.buffer.pendingBytes > WRITE_AT_BYTES) return undefined;
    return this.lost || !this.dirty() ? null : this.next();
  }

  private dirty(): boolean {
    return this.unsent !== undefined || !this.buffer.empty || this.stepsChanged || this.contacted;
  }

  private step(change: () => boolean): void {
    const before = this.steps.currentName;
    if (!change()) return;
    const now = this.tools.clock.now().getTime();
    if (before !== null) this.buffer.noteInPlace(`${before}: ${((now - this.stepStartedAt) / 1000).toFixed(1)} s`);
    this.stepStartedAt = now;
    this.move();
  }

  private move(): void {
    this.moved = true;
    this.stepsChanged = true;
    this.schedule();
  }

  /** Writes after so many milliseconds, or before, where that is due already. */
  private schedule(afterMs = WRITE_EVERY_MS - (Date.now() % WRITE_EVERY_MS)): void {
    if (this.lost) return;
    if (this.buffer.pendingBytes >= WRITE_AT_BYTES && this.unsent === undefined) {
      clearTimeout(this.timer);
      this.timer = undefined;
      void this.write();
      return;
    }
    const wait = this.unsent === undefined ? afterMs : RETRY_MS;
    if (this.timer !== undefined && this.due <= Date.now() + wait) return;
    clearTimeout(this.timer);
    this.due = Date.now() + wait;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.write();
    }, wait);
  }

  private write(): Promise<void> {
    this.writing = this.writing.then(() => this.writeNow());
    return this.writing;
  }

  private async writeNow(): Promise<void> {
    if (this.lost || !this.dirty()) return;
    this.wroteAt = Date.now();
    const write = this.unsent ?? this.next();
    try {
      const lastSeq = await this.tools.log.write(write);
      this.unsent = undefined;
      this.away = false;
      if (lastSeq === null) {
        this.lost = true;
        return;
      }
      this.announce(write, lastSeq);
      this.lastSeq = lastSeq;
      if (this.dirty()) this.schedule();
    } catch (error) {
      this.unsent = write;
      this.away = databaseIsAway(error);
      this.logger.warn(
        { err: error, jobId: this.claim.jobId },
        'Log lines could not be written; they are kept and tried again.',
      );
      this.schedule();
    }
  }

  private next(): ProgressWrite {
    // Whole lines: what is held for another machine or for the database is masked in them as it is in what is made of the answer.
    const chunks: LogChunk[] = maskDistinctiveSecrets(this.buffer.take());
    const { jobId, fence } = this.claim;
    const { logOffset, contacted: contact } = this;
    const told = { ...(contact ? { contact } : {}), ...(logOffset === undefined ? {} : { logOffset }) };
    this.contacted = false;
    const base = { jobId, fence, lastSeq: this.lastSeq, chunks, at: this.tools.clock.now(), ...told };
    if (!this.stepsChanged) return base;
    const { phase, moved } = this;
    this.stepsChanged = false;
    this.moved = false;
    return { ...base, progress: { phase, step: this.steps.currentName, steps: this.steps.snapshot(), moved } };
  }

  private announce(write: ProgressWrite, lastSeq: number): void {
    const { jobId, machineId } = this.claim;
    const { progress } = write;
    this.tools.bus.announce({
      ...(lastSeq > write.lastSeq ? { logJobIds: [jobId] } : {}),
      ...(progress === undefined ? {} : { jobIds: [jobId] }),
      ...(progress?.moved === true ? { machineIds: [machineId] } : {}),
    });
  }
}
