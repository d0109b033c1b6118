/** What the frames of one stream say, in order. Chunks are only valid during the call. */
export interface FrameHandler {
  begin(frame: { readonly id: number; readonly name: string; readonly atMs: number }): void;
  data(chunk: Buffer): void;
  end(frame: { readonly id: number; readonly exitCode: number; readonly atMs: number }): void;
  /** Bytes outside sections. */
  stray(chunk: Buffer): void;
  done(frame: { readonly exitCode: number; readonly atMs: number }): void;
  /** The machine does not keep to the frames; nothing is reported afterwards. */
  broken(reason: string): void;
}

const opener = 0x1e;
const maxFrameLine = 256;
const beginFrame = /^ begin (\d{1,6}) ([a-z][a-z0-9_.-]{0,63}) ([0-9a-f-]{36}) (\d{1,12}(?:\.\d+)?)$/;
const endFrame = /^ end (\d{1,6}) (\d{1,3}) (\d{1,12}(?:\.\d+)?)$/;
const doneFrame = /^ done (\d{1,3}) (\d{1,12}(?:\.\d+)?)$/;

/**
 * Cuts one stream of a run into sections. Looks for one boundary at a time in whole chunks (no work per line), and
 * holds back only bytes that could be the beginning of a boundary.
 */
export class FrameParser {
  private readonly runNeedle: Buffer;
  private needle: Buffer;
  private held: Buffer | undefined;
  private openId: number | undefined;
  private finished = false;

  constructor(
    boundary: string,
    private readonly handler: FrameHandler,
  ) {
    this.runNeedle = needleOf(boundary);
    this.needle = this.runNeedle;
  }

  push(chunk: Buffer): void {
    if (this.finished) return;
    const buffer = this.held === undefined ? chunk : Buffer.concat([this.held, chunk]);
    this.held = undefined;
    for (let at = 0; at >= 0;) at = this.nextFrame(buffer, at);
  }

  /** Handles what stands before the next frame, and the frame. @returns where to go on, -1 when the chunk is used up */
  private nextFrame(buffer: Buffer, at: number): number {
    const found = buffer.indexOf(this.needle, at);
    if (found < 0) {
      const hold = this.holdFrom(buffer, at);
      this.emit(buffer, at, hold);
      this.hold(buffer, hold);
      return -1;
    }
    this.emit(buffer, at, found);
    const lineStart = found + this.needle.length;
    const lineEnd = buffer.indexOf(10, lineStart);
    if (lineEnd < 0 && buffer.length - lineStart <= maxFrameLine) {
      this.hold(buffer, found);
      return -1;
    }
    this.frame(lineEnd < 0 ? '' : buffer.toString('latin1', lineStart, lineEnd));
    return this.finished ? -1 : lineEnd + 1;
  }

  /** Copied, so that a few held bytes do not keep a whole packet alive. */
  private hold(buffer: Buffer, from: number): void {
    if (from < buffer.length) this.held = Buffer.from(buffer.subarray(from));
  }

  private emit(buffer: Buffer, from: number, to: number): void {
    if (to <= from) return;
    const chunk = buffer.subarray(from, to);
    if (this.openId === undefined) this.handler.stray(chunk);
    else this.handler.data(chunk);
  }

  /** The opener byte stands only at the start of a boundary, so its last occurrence decides. */
  private holdFrom(buffer: Buffer, from: number): number {
    const last = buffer.lastIndexOf(opener);
    const length = buffer.length - last;
    if (last < from || length >= this.needle.length) return buffer.length;
    return buffer.compare(this.needle, 0, length, last) === 0 ? last : buffer.length;
  }

  private frame(line: string): void {
    if (this.openId !== undefined) this.endOfSection(line, this.openId);
    else this.betweenSections(line);
  }

  private endOfSection(line: string, openId: number): void {
    const [, id, exitCode, at] = endFrame.exec(line) ?? [];
    if (id === undefined || Number(id) !== openId) {
      this.fail('a section ended in an unreadable way');
      return;
    }
    this.openId = undefined;
    this.needle = this.runNeedle;
    this.handler.end({ id: openId, exitCode: Number(exitCode), atMs: Number(at) * 1000 });
  }

  private betweenSections(line: string): void {
    const begin = beginFrame.exec(line);
    if (begin !== null) {
      const [, id, name = '', mark = '', at] = begin;
      this.openId = Number(id);
      this.needle = needleOf(mark);
      this.handler.begin({ id: this.openId, name, atMs: Number(at) * 1000 });
      return;
    }
    const done = doneFrame.exec(line);
    if (done === null) {
      this.fail('a section began in an unreadable way');
      return;
    }
    this.finished = true;
    this.handler.done({ exitCode: Number(done[1]), atMs: Number(done[2]) * 1000 });
  }

  private fail(reason: string): void {
    this.finished = true;
    this.handler.broken(reason);
  }
}

function needleOf(boundary: string): Buffer {
  return Buffer.from(`\x1e${boundary}`, 'latin1');
}
