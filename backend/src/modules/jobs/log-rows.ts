import type { LogStream } from './entities/jobs.values';
import type { JobStep } from './job-record';

/** Consecutive lines of one stream and section: one row. Its number is that of its last line. */
export interface LogChunk {
  readonly stream: LogStream;
  readonly section: string | null;
  readonly lines: readonly string[];
}

export interface ProgressWrite {
  readonly jobId: string;
  readonly fence: string;
  /** The last line's number before this write, as the writer knows it. */
  readonly lastSeq: number;
  readonly chunks: readonly LogChunk[];
  readonly at: Date;
  /** Of a changing run: so many bytes of its log are written with these lines. */
  readonly logOffset?: number;
  /** Of a changing run: its machine told of it. */
  readonly contact?: boolean;
  /** Absent when nothing about the steps changed. */
  readonly progress?: {
    readonly phase: string;
    readonly step: string | null;
    readonly steps: readonly JobStep[];
    /** Another step or phase than before. */
    readonly moved: boolean;
  };
}

/** Chunks by column, as statements take them. */
export interface LogRows {
  /** Lines in all. */
  readonly count: number;
  /** Of each chunk, the lines up to its last one. */
  readonly upTo: readonly number[];
  readonly streams: readonly string[];
  readonly sections: readonly (string | null)[];
  readonly texts: readonly string[];
}

export function logRows(chunks: readonly LogChunk[]): LogRows {
  let count = 0;
  return {
    upTo: chunks.map(({ lines }) => (count += lines.length)),
    count,
    streams: chunks.map(({ stream }) => stream),
    sections: chunks.map(({ section }) => section),
    texts: chunks.map(({ lines }) => lines.join('\n')),
  };
}

/** So many signs it carries, roughly. */
export function lengthOf({ chunks }: ProgressWrite): number {
  return chunks.reduce((sum, { lines }) => lines.reduce((part, line) => part + line.length, sum), 0);
}
