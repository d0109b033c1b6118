const newline = 10;

/** Cuts lines that are too long. Whole chunks pass untouched as long as no line can be over the limit. */
export class LineLimiter {
  /** Bytes of the current line so far. */
  private length = 0;
  private dropped = 0;

  /**
   * @param limit bytes per line, without the newline
   * @param pass takes what stays
   * @param onDrop told how many bytes were dropped
   */
  constructor(
    private readonly limit: number,
    private readonly pass: (chunk: Buffer) => void,
    private readonly onDrop: (bytes: number) => void,
  ) {}

  push(chunk: Buffer): void {
    const first = chunk.indexOf(newline);
    const firstLength = first < 0 ? chunk.length : first;
    // Lines that lie wholly inside the chunk are shorter than it.
    if (this.dropped === 0 && this.length + firstLength <= this.limit && chunk.length <= this.limit) {
      this.length = first < 0 ? this.length + chunk.length : chunk.length - chunk.lastIndexOf(newline) - 1;
      this.pass(chunk);
      return;
    }
    this.cut(chunk);
  }

  /** Call at the end of the text, so that a cut last line gets its marker. */
  end(): void {
    this.mark();
    this.length = 0;
  }

  private cut(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const found = chunk.indexOf(newline, at);
      const end = found < 0 ? chunk.length : found;
      const keep = Math.max(0, Math.min(end - at, this.limit - this.length));
      if (keep > 0) this.pass(chunk.subarray(at, at + keep));
      this.length += keep;
      this.drop(end - at - keep);
      if (found < 0) return;
      this.mark();
      this.pass(chunk.subarray(found, found + 1));
      this.length = 0;
      at = found + 1;
    }
  }

  private drop(bytes: number): void {
    if (bytes === 0) return;
    this.dropped += bytes;
    this.onDrop(bytes);
  }

  private mark(): void {
    if (this.dropped > 0) this.pass(Buffer.from(` […${String(this.dropped)} bytes of this line dropped]`));
    this.dropped = 0;
  }
}

const firstBlock = 1024;
const laterBlocks = 16 * 1024;

/**
 * Collects bytes in pieces, without moving what is already there. A chunk that is most of the memory it lies in is kept
 * as it is; others are copied, so that a few bytes of a packet do not keep all of it alive.
 */
export class ByteStore {
  private pieces: Buffer[] = [];
  private block: Buffer | undefined;
  private blockUsed = 0;

  append(chunk: Buffer): void {
    if (chunk.length * 2 >= chunk.buffer.byteLength) {
      this.closeBlock();
      this.pieces.push(chunk);
      return;
    }
    for (let at = 0; at < chunk.length;) {
      this.block ??= Buffer.allocUnsafeSlow(this.pieces.length === 0 ? firstBlock : laterBlocks);
      const copied = chunk.copy(this.block, this.blockUsed, at);
      this.blockUsed += copied;
      at += copied;
      if (this.blockUsed === this.block.length) this.closeBlock();
    }
  }

  /** Forgets all but a beginning of whole characters. @returns how many bytes went */
  keepFirst(limit: number): number {
    this.closeBlock();
    const { pieces } = this;
    const head: Buffer[] = [];
    for (let room = limit, at = 0; room > 0 && at < pieces.length; room -= pieces[at++]?.length ?? 0)
      head.push(pieces[at]?.subarray(0, room) ?? Buffer.alloc(0));
    // Copied, so that what goes is not kept alive by what stays.
    const kept = Buffer.from(wholeCharacters(Buffer.concat(head), limit));
    this.pieces = [kept];
    return pieces.reduce((sum, { length }) => sum + length, 0) - kept.length;
  }

  /** All bytes in one buffer; the store is empty afterwards. */
  take(): Buffer {
    this.closeBlock();
    const { pieces } = this;
    this.pieces = [];
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  private closeBlock(): void {
    if (this.block !== undefined && this.blockUsed > 0) this.pieces.push(this.block.subarray(0, this.blockUsed));
    this.block = undefined;
    this.blockUsed = 0;
  }
}

/** The longest beginning of `chunk` of at most `limit` bytes that does not end inside a UTF-8 character. */
export function wholeCharacters(chunk: Buffer, limit: number): Buffer {
  if (limit >= chunk.length) return chunk;
  let end = Math.max(0, limit);
  for (let back = 0; back < 3 && end > 0 && ((chunk[end] ?? 0) & 0xc0) === 0x80; back++) end--;
  return chunk.subarray(0, end);
}
