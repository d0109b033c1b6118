import type { LogStream } from '../entities/jobs.values';
import type { LogChunk } from '../log-rows';
import { countLines, LogEnd, linesIn, type EndLimits } from './log-end';

/** How much of what a machine prints is kept. */
export interface LogLimits {
  /** Signs, with a newline for each line. */
  readonly length: number;
  readonly lines: number;
  /** Signs. */
  readonly lineLength: number;
  /** How much is kept of the end of what is longer; where it is absent, the log is cut. */
  readonly end?: EndLimits;
}

/** The log of a reading run is for reading; what a machine floods beyond this is in nobody's interest. */
export const readingLog: LogLimits = { length: 1024 * 1024, lines: 20_000, lineLength: 16 * 1024 };
/**
 * The log of a change is evidence: of its bytes all that the machine keeps, which is less than this (16 MiB of its beginning, 1 MiB
 * of its end). Millions of lines go into these bytes, and each costs whoever reads it more than they say: of lines the beginning
 * and the end are kept. Whoever fills it waits while much of it is not written yet.
 */
export const wholeLog: LogLimits = {
  length: 32 * 1024 * 1024,
  lines: 200_000,
  lineLength: Infinity,
  end: { lines: 20_000, length: 1024 * 1024 },
};
/** A row stays small enough to be read and sent at once. */
const MAX_CHUNK_BYTES = 32 * 1024;
const MAX_CHUNK_LINES = 1_000;

interface OpenChunk {
  stream: LogStream;
  section: string | null;
  lines: string[];
  bytes: number;
}

/**
 * Lines that wait to be written, joined to chunks. Past the limits one marker stands for all that is left out: where the log is cut,
 * or ahead of its end, which is held back until it is known ({@link end}).
 */
export class LogBuffer {
  private chunks: OpenChunk[] = [];
  private totalBytes = 0;
  private totalLines = 0;
  private cut = false;
  private pending = 0;
  private held: LogEnd | undefined;

  constructor(private readonly limits: LogLimits) {}

  /** Bytes that wait to be written; what is held back is not among them. */
  get pendingBytes(): number {
    return this.pending;
  }

  get empty(): boolean {
    return this.chunks.length === 0;
  }

  /** What is added is held back, and may yet be left out. */
  get holds(): boolean {
    return this.held !== undefined;
  }

  /** Adds output of the machine, whole lines. Where an end is kept, a piece is taken or held back as a whole. */
  add(stream: 'out' | 'err', section: string | null, text: string): void {
    if (this.cut || text === '') return;
    const { end } = this.limits;
    if (end !== undefined && this.held === undefined && !this.fits(text.length, countLines(text))) this.hold(end);
    if (this.held !== undefined) {
      this.held.add(stream, section, text);
      return;
    }
    for (const line of linesIn(text)) {
      if (!this.fits(line.length, 1)) {
        this.cut = true;
        this.push('note', null, 'The log was cut here: the machine printed more than is kept for reading.');
        return;
      }
      this.push(stream, section, line);
    }
  }

  /** So many bytes were not kept by the machine. */
  skip(bytes: number): void {
    if (this.held !== undefined) this.held.skip(bytes);
    else this.note(`${String(bytes)} bytes are left out here: the run has printed more than is kept.`);
  }

  /** Adds a line of our own; notes are never cut, and wait for nothing. */
  note(text: string): void {
    for (const line of text.split('\n')) this.push('note', null, line);
  }

  /** Adds a line of our own that belongs between those of the machine, and shares their fate. */
  noteInPlace(text: string): void {
    if (this.held !== undefined) this.held.add('note', null, text);
    else this.note(text);
  }

  /** Nothing follows: what was held back waits to be written as well. Should more follow, the limits start anew. */
  end(): void {
    if (this.held === undefined) return;
    const { blocks, omitted } = this.held.take();
    this.held = undefined;
    const left = [
      ...(omitted.lines === 0 ? [] : [omitted.lines === 1 ? '1 line' : `${String(omitted.lines)} lines`]),
      ...(omitted.bytes === 0 ? [] : [`${String(omitted.bytes)} bytes that the machine did not keep`]),
    ];
    if (left.length > 0) this.note(`Left out here: ${left.join(', and ')}. The run has printed more than is kept.`);
    for (const { stream, section, text } of blocks) {
      for (const line of linesIn(text)) this.push(stream, section, line);
    }
    this.totalBytes = 0;
    this.totalLines = 0;
  }

  /** Takes what waits. */
  take(): LogChunk[] {
    const taken = this.chunks;
    this.chunks = [];
    this.pending = 0;
    return taken;
  }

  private fits(length: number, lines: number): boolean {
    return this.totalBytes + length <= this.limits.length && this.totalLines + lines <= this.limits.lines;
  }

  private hold(end: EndLimits): void {
    this.note(
      `The log is long: what follows is stored once the run is over, and of that the last ${String(end.lines)} lines.`,
    );
    this.held = new LogEnd(end);
  }

  private push(stream: LogStream, section: string | null, line: string): void {
    const text = this.clean(line);
    const last = this.chunks.at(-1);
    const fits =
      last?.stream === stream &&
      last.section === section &&
      last.lines.length < MAX_CHUNK_LINES &&
      last.bytes + text.length <= MAX_CHUNK_BYTES;
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
