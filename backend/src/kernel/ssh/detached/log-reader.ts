import type { SecretMasker } from '../../logging/secret-masker';
import { wholeCharacters } from '../output-limiter';
import type { LogPiece } from './detached-types';

/** Longer lines are given out in parts, so that memory stays bounded. */
const longestLine = 64 * 1024;
/** Of such a line so much waits for what follows: no secret is longer. */
const overlap = 8 * 1024;
/** Pieces are about so long, so that a million empty lines never come at once. */
const pieceLength = 32 * 1024;
const newline = 10;
const frameMark = 0x1e;

/**
 * Turns the bytes of a log into whole lines and steps. Nothing is given out before its line is complete, so that the
 * offset of what was given out is always one from which another reader can go on, and no secret is cut in two.
 */
export class LogReader {
  private pending: Buffer = Buffer.alloc(0);
  /** After a gap: what is before this byte was given out, and the beginning of a line is to be passed over. */
  private givenTo: number | undefined;
  private readonly frame: Buffer;

  /**
   * @param offset where in the log the first byte that comes stands
   * @param runId names the run in its frames
   */
  constructor(
    private offset: number,
    runId: string,
    private readonly masker: SecretMasker,
  ) {
    this.frame = Buffer.concat([Buffer.from([frameMark]), Buffer.from(`${runId} step `)]);
  }

  /** Bytes read so far, given out or not. */
  get position(): number {
    return this.offset + this.pending.length;
  }

  push(bytes: Buffer): LogPiece[] {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    if (this.givenTo !== undefined) return this.afterGap(this.givenTo);
    const end = this.pending.lastIndexOf(newline) + 1;
    const pieces = this.pieces(this.take(end));
    if (this.pending.length > longestLine) pieces.push(...this.pieces(this.take(this.safeCut())));
    return pieces;
  }

  /** What is between here and that byte was not kept. Of the lines at both edges only a part is there: a secret in it, half, is not known. */
  skipTo(offset: number): void {
    this.givenTo ??= this.offset;
    this.pending = Buffer.alloc(0);
    this.offset = offset;
  }

  /** The log is complete: what has no newline is a line, too. */
  end(): LogPiece[] {
    const gap = this.givenTo === undefined ? [] : [this.gap(this.givenTo, this.pending.length)];
    return [...gap, ...this.pieces(this.take(this.pending.length))];
  }

  private afterGap(givenTo: number): LogPiece[] {
    const found = this.pending.subarray(0, longestLine).indexOf(newline);
    if (found < 0 && this.pending.length <= longestLine) return [];
    // Of a line without an end the part that may hold the rest of a secret is enough.
    const passed = found >= 0 ? found + 1 : wholeCharacters(this.pending, overlap).length;
    return [this.gap(givenTo, passed), ...this.push(Buffer.alloc(0))];
  }

  private gap(givenTo: number, passed: number): LogPiece {
    this.givenTo = undefined;
    this.take(passed);
    this.offset += passed;
    return { text: '', step: null, offset: this.offset, omittedBytes: this.offset - givenTo };
  }

  private take(count: number): Buffer {
    const taken = this.pending.subarray(0, count);
    this.pending = this.pending.subarray(count);
    return taken;
  }

  /** Frames stand alone on a line, or behind something that was printed without a newline. */
  private pieces(bytes: Buffer): LogPiece[] {
    const pieces: LogPiece[] = [];
    let at = 0;
    while (at < bytes.length) {
      const frameAt = bytes.indexOf(this.frame, at);
      const textEnd = frameAt < 0 ? bytes.length : frameAt;
      const parts = this.parts(bytes.subarray(at, textEnd));
      const last = parts.pop();
      for (const { text, length } of parts) {
        this.offset += length;
        at += length;
        pieces.push({ text, step: null, offset: this.offset });
      }
      let step: string | null = null;
      let next = textEnd;
      if (frameAt >= 0) {
        const nameAt = frameAt + this.frame.length;
        const found = bytes.indexOf(newline, nameAt);
        next = found < 0 ? bytes.length : found + 1;
        step = bytes.toString('utf8', nameAt, found < 0 ? bytes.length : found);
      }
      this.offset += next - at;
      at = next;
      pieces.push({ text: last?.text ?? '', step, offset: this.offset });
    }
    return pieces;
  }

  /** Masked, in lengths that are borne well. What holds a secret is left whole: one of several lines must not be cut in two. */
  private parts(bytes: Buffer): { readonly text: string; readonly length: number }[] {
    const all = bytes.toString('utf8');
    const text = this.masker.mask(all);
    if (text !== all) return [{ text, length: bytes.length }];
    const parts: { text: string; length: number }[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = endOfLine(bytes, at);
      parts.push({ text: bytes.toString('utf8', at, end), length: end - at });
      at = end;
    }
    return parts;
  }

  private textOf(bytes: Buffer): string {
    return this.masker.mask(bytes.toString('utf8'));
  }

  /** Where the line may be cut so that both parts, masked apart, are the line masked as a whole. */
  private safeCut(): number {
    const all = this.textOf(this.pending);
    for (let length = this.pending.length - overlap; length > 0; length -= 1) {
      const cut = wholeCharacters(this.pending, length).length;
      if (this.textOf(this.pending.subarray(0, cut)) + this.textOf(this.pending.subarray(cut)) === all) return cut;
    }
    return this.pending.length;
  }
}

/** The end of the last whole line within a piece from there; of the first line, where that is longer. */
function endOfLine(bytes: Buffer, from: number): number {
  const most = from + pieceLength;
  if (most >= bytes.length) return bytes.length;
  const within = bytes.lastIndexOf(newline, most - 1) + 1;
  return within > from ? within : bytes.indexOf(newline, most) + 1 || bytes.length;
}
