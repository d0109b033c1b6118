import { signal } from '@angular/core';
import type { JobLogDto, LogLineDto } from '../../api/models';

/** A line of a log, the place of lines that never came (gap), or of lines of a long log that the page does not hold (skipped). */
export type LogEntry =
  | { readonly type: 'line'; readonly line: LogLineDto }
  | { readonly type: 'gap' | 'skipped'; readonly from: number; readonly to: number };

/** Reads stored lines after a sequence number. */
export type ReadLog = (after: number) => Promise<JobLogDto>;

/** How much of a log a page holds. */
export interface HeldLines {
  readonly beginning: number;
  /** Twice as much may be held while it grows. */
  readonly end: number;
}

/** Nobody reads more, and each line costs memory and time: of a longer log beginning and end are held. */
const HELD: HeldLines = { beginning: 2_000, end: 50_000 };

/**
 * The log of one job as the page has it: in order of sequence number, without repeats. A hole in what arrives live is
 * filled from the stored log; what cannot be filled stays as a marked place, never as silence.
 */
export class JobLog {
  private readonly ahead = new Map<number, LogLineDto>();
  private filling: Promise<void> | null = null;
  private last = 0;
  private held: LogEntry[] = [];

  readonly version = signal(0);
  readonly ended = signal(false);
  /** The stored log could not be read: lines may be missing until the next try. */
  readonly broken = signal(false);

  constructor(
    private readonly read: ReadLog,
    private readonly limits: HeldLines = HELD,
  ) {}

  /**
   * Appended to in place, so that a long log is not copied for each line; `version` says that it changed. Another array once
   * lines of its middle are given up.
   */
  get entries(): readonly LogEntry[] {
    return this.held;
  }

  /** Sequence number up to which nothing is missing. */
  get lastSeq(): number {
    return this.last;
  }

  /** Lines as they arrive, in any order, repeated or not. */
  accept(lines: readonly LogLineDto[]): void {
    for (const line of lines) {
      if (line.seq > this.last) {
        this.ahead.set(line.seq, line);
      }
    }
    if (this.drain()) {
      this.changed();
    }
    if (this.ahead.size > 0) {
      void this.fill();
    }
  }

  /** Reads what is stored after the last line until nothing more is there. Called at start and after a reconnection. */
  fill(): Promise<void> {
    this.filling ??= this.readAll().finally(() => {
      this.filling = null;
    });
    return this.filling;
  }

  private async readAll(): Promise<void> {
    try {
      for (;;) {
        const before = this.last;
        const waiting = this.ahead.size > 0;
        const page = await this.read(before);
        this.broken.set(false);
        this.appendStored(page.lines);
        this.passOver(page.lastSeq - this.limits.end);
        if (page.ended && this.last >= page.lastSeq) {
          this.ended.set(true);
        }
        if (this.last === before && waiting) {
          this.markHole();
        }
        const complete = this.last >= page.lastSeq || this.last === before;
        if (complete && this.ahead.size === 0) {
          return;
        }
      }
    } catch {
      this.broken.set(true);
    }
  }

  /** Stored lines are the truth: a number they skip is really missing. */
  private appendStored(lines: readonly LogLineDto[]): void {
    for (const line of lines) {
      if (line.seq > this.last) {
        this.gapUpTo(line.seq);
        this.push(line);
      }
    }
    this.drain();
    this.changed();
  }

  /** Of a long log the middle is not even read. */
  private passOver(to: number): void {
    if (this.held.length < this.limits.beginning || to <= this.last) {
      return;
    }
    this.held.push({ type: 'skipped', from: this.last + 1, to });
    this.last = to;
    this.drain();
    this.changed();
  }

  /** The stored log had nothing for the hole before the next waiting line: the hole itself is shown. */
  private markHole(): void {
    const next = this.ahead.get(Math.min(...this.ahead.keys()));
    if (next) {
      this.gapUpTo(next.seq);
      this.push(next);
      this.drain();
      this.changed();
    }
  }

  private drain(): boolean {
    let moved = false;
    for (let line = this.ahead.get(this.last + 1); line; line = this.ahead.get(this.last + 1)) {
      this.push(line);
      moved = true;
    }
    for (const seq of this.ahead.keys()) {
      if (seq <= this.last) {
        this.ahead.delete(seq);
      }
    }
    return moved;
  }

  private gapUpTo(seq: number): void {
    if (seq > this.last + 1) {
      this.held.push({ type: 'gap', from: this.last + 1, to: seq - 1 });
      this.last = seq - 1;
    }
  }

  private push(line: LogLineDto): void {
    this.ahead.delete(line.seq);
    this.held.push({ type: 'line', line });
    this.last = line.seq;
  }

  private giveUpMiddle(): void {
    const { beginning, end } = this.limits;
    const first = this.held[beginning];
    const next = this.held.at(-end);
    if (first && next && this.held.length > beginning + 2 * end) {
      const skipped: LogEntry = { type: 'skipped', from: numberOf(first), to: numberOf(next) - 1 };
      this.held = [...this.held.slice(0, beginning), skipped, ...this.held.slice(-end)];
    }
  }

  private changed(): void {
    this.giveUpMiddle();
    this.version.update((version) => version + 1);
  }
}

function numberOf(entry: LogEntry): number {
  return entry.type === 'line' ? entry.line.seq : entry.from;
}
