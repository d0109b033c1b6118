import type { LogStream } from '../entities/jobs.values';

/** How much of the end of a log is kept. */
export interface EndLimits {
  readonly lines: number;
  /** Signs, with a newline for each line; a piece more may be held. */
  readonly length: number;
}

/** Lines of one stream and section, each with its newline. */
export interface LogBlock {
  readonly stream: LogStream;
  readonly section: string | null;
  readonly text: string;
  readonly lines: number;
}

/** What is left of what was added, and what is not. */
export interface EndOfLog {
  readonly blocks: readonly LogBlock[];
  readonly omitted: { readonly lines: number; readonly bytes: number };
}

/** Small pieces are joined up to this length, so that many of them cost no more than one. */
const JOINED_LENGTH = 32 * 1024;

/** The end of a log that grows: what is added pushes out what came before. It holds texts, never a string for each line. */
export class LogEnd {
  private readonly blocks: LogBlock[] = [];
  private lines = 0;
  private length = 0;
  private omittedLines = 0;
  private omittedBytes = 0;

  constructor(private readonly limits: EndLimits) {}

  /** @param text whole lines */
  add(stream: LogStream, section: string | null, text: string): void {
    if (text === '') return;
    const whole = text.endsWith('\n') ? text : `${text}\n`;
    const last = this.blocks.at(-1);
    const joins =
      last?.stream === stream && last.section === section && last.text.length + whole.length <= JOINED_LENGTH;
    const before = joins ? this.blocks.pop() : undefined;
    const lines = countLines(whole);
    this.blocks.push({ stream, section, text: (before?.text ?? '') + whole, lines: (before?.lines ?? 0) + lines });
    this.lines += lines;
    this.length += whole.length;
    this.pushOut();
  }

  /** So many bytes come next that nobody has: what is held is not the end. */
  skip(bytes: number): void {
    this.omittedLines += this.lines;
    this.omittedBytes += bytes;
    this.blocks.length = 0;
    this.lines = 0;
    this.length = 0;
  }

  /** The end: no more lines than the limit says. */
  take(): EndOfLog {
    const excess = Math.max(0, this.lines - this.limits.lines);
    const [first, ...rest] = this.blocks;
    const blocks = first === undefined ? [] : [excess === 0 ? first : withoutFirst(first, excess), ...rest];
    return { blocks, omitted: { lines: this.omittedLines + excess, bytes: this.omittedBytes } };
  }

  private pushOut(): void {
    for (let [first] = this.blocks; first !== undefined && this.spares(first); [first] = this.blocks) {
      this.blocks.shift();
      this.lines -= first.lines;
      this.length -= first.text.length;
      this.omittedLines += first.lines;
    }
  }

  private spares({ lines, text }: LogBlock): boolean {
    return (
      this.blocks.length > 1 &&
      (this.lines - lines >= this.limits.lines || this.length - text.length >= this.limits.length)
    );
  }
}

/** Lines of a text, one after the other: a piece of empty lines makes no array of a million strings. */
export function* linesIn(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    yield text.slice(at, end);
    at = end + 1;
  }
}

/** Lines of a text, with that which has no newline. */
export function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return text === '' || text.endsWith('\n') ? count : count + 1;
}

function withoutFirst(block: LogBlock, count: number): LogBlock {
  let at = 0;
  for (let n = 0; n < count; n += 1) at = block.text.indexOf('\n', at) + 1;
  return { ...block, text: block.text.slice(at), lines: block.lines - count };
}
