import type { LogStream } from '../entities/jobs.values';
import type { LogChunk } from '../log-rows';

/** How much of what a machine prints is kept. */
export interface LogLimits {
  /** Signs, with a newline for each line. */
  readonly length: number;
  readonly lines: number;
  /** Signs. */
  readonly lineLength: number;
}

/** The log of a reading run is for reading; what a machine floods beyond this is in nobody's interest. */
export const readingLog: LogLimits = { length: 1024 * 1024, lines: 20_000, lineLength: 16 * 1024 };
/**
 * The log of a change is evidence: all of it that the machine keeps, which is less than this (16 MiB of its beginning, 1 MiB of
 * its end). Whoever fills it waits while much of it is not written yet.
 */
export const wholeLog: LogLimits = { length: 32 * 1024 * 1024, lines: Infinity, lineLength: Infinity };
/** A row stays small enough to be read and sent at once. */
const MAX_CHUNK_BYTES = 32 * 1024;

interface OpenChunk {
  stream: LogStream;
  section: string | null;
  lines: string[];
  bytes: number;
}

/** Lines that wait to be written, joined to chunks. Past the limits one marker stands for all that is left out. */
export class LogBuffer {
  private chunks: OpenChunk[] = [];
  private totalBytes = 0;
  private totalLines = 0;
  private cut = false;
  private pending = 0;

  constructor(private readonly limits: LogLimits) {}

  /** Bytes that wait. */
  get pendingBytes(): number {
    return this.pending;
  }

  get empty(): boolean {
    return this.chunks.length === 0;
  }

  /** Adds output of the machine, whole lines. */
  add(stream: 'out' | 'err', section: string | null, text: string): void {
    if (this.cut || text === '') return;
    const body = text.endsWith('\n') ? text.slice(0, -1) : text;
    for (const line of body.split('\n')) {
      if (this.totalBytes + line.length > this.limits.length || this.totalLines >= this.limits.lines) {
        this.cut = true;
        this.push('note', null, 'The log was cut here: the machine printed more than is kept for reading.');
        return;
      }
      this.push(stream, section, line);
    }
  }

  /** Adds a line of our own; notes are never cut. */
  note(text: string): void {
    for (const line of text.split('\n')) this.push('note', null, line);
  }

  /** Takes what waits. */
  take(): LogChunk[] {
    const taken = this.chunks;
    this.chunks = [];
    this.pending = 0;
    return taken;
  }

  private push(stream: LogStream, section: string | null, line: string): void {
    const text = this.clean(line);
    const last = this.chunks.at(-1);
    const fits = last?.stream === stream && last.section === section && last.bytes + text.length <= MAX_CHUNK_BYTES;
    const chunk = fits ? last : { stream, section, lines: [], bytes: 0 };
    if (!fits) this.chunks.push(chunk);
    chunk.lines.push(text);
    chunk.bytes += text.length + 1;
    this.pending += text.length + 1;
    this.totalBytes += text.length + 1;
    this.totalLines += 1;
  }

  /** PostgreSQL's text cannot hold NUL. */
  private clean(line: string): string {
    const { lineLength } = this.limits;
    const cut = line.length > lineLength ? `${line.slice(0, lineLength)}…` : line;
    return cut.replaceAll('\u0000', '\uFFFD');
  }
}
