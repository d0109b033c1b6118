import { SecretMasker, type MaskStream } from '../logging/secret-masker';
import { ByteStore, LineLimiter, wholeCharacters } from './output-limiter';
import type { OutputLimits } from './run-types';

/** So much of a cut text stays, to tell what it was. It is never parsed, and many at once must not fill the memory. */
const excerptBytes = 16 * 1024;

/** What a capture shares with the others of its run. */
export interface CaptureContext {
  readonly limits: OutputLimits;
  /** Bytes that the whole run may still keep. */
  roomLeft: number;
  /** Something was dropped for its size. */
  overflowed(limitBytes: number): void;
}

/**
 * One stream of one section: cut to the limits, kept, and handed on live in whole lines. Works on chunks; text is made
 * only when somebody wants it.
 */
export class StreamCapture {
  private readonly store = new ByteStore();
  private readonly lines: LineLimiter;
  private readonly live: LiveLines | undefined;
  private overCap = 0;
  private full = false;
  private stored = 0;
  private decoded: string | undefined;
  droppedBytes = 0;

  /**
   * @param sectionBytes so much is kept
   * @param masker masks live output and {@link text}
   * @param onText live output; without it no text is made until {@link text} is read
   */
  constructor(
    private readonly context: CaptureContext,
    private readonly sectionBytes: number,
    private readonly masker: SecretMasker | undefined,
    onText: ((text: string) => void) | undefined,
  ) {
    this.live = onText === undefined ? undefined : new LiveLines(onText, masker?.stream());
    this.lines = new LineLimiter(
      context.limits.lineBytes,
      (chunk) => {
        this.keep(chunk);
      },
      (bytes) => {
        this.droppedBytes += bytes;
      },
    );
  }

  push(chunk: Buffer): void {
    if (this.full) this.drop(chunk.length);
    else this.lines.push(chunk);
  }

  end(): void {
    if (!this.full) this.lines.end();
    if (this.overCap > 0) {
      const marker = Buffer.from(`\n[…${String(this.overCap)} bytes dropped here]\n`);
      this.store.append(marker);
      this.live?.push(marker);
      this.overCap = 0;
    }
    this.live?.end();
  }

  /** The kept text, masked. The bytes are given up when it is first read. */
  get text(): string {
    if (this.decoded === undefined) {
      const text = this.store.take().toString('utf8');
      this.decoded = this.masker?.mask(text) ?? text;
    }
    return this.decoded;
  }

  private keep(chunk: Buffer): void {
    if (this.full) {
      this.drop(chunk.length);
      return;
    }
    const { limits } = this.context;
    const kept = wholeCharacters(chunk, Math.min(this.sectionBytes - this.stored, this.context.roomLeft));
    this.stored += kept.length;
    this.context.roomLeft -= kept.length;
    this.store.append(kept);
    this.live?.push(kept);
    if (kept.length === chunk.length) return;
    this.full = true;
    const limitBytes = this.context.roomLeft < 4 ? limits.runBytes : this.sectionBytes;
    const forgotten = this.stored > excerptBytes ? this.store.keepFirst(excerptBytes) : 0;
    this.drop(chunk.length - kept.length + forgotten);
    this.context.overflowed(limitBytes);
  }

  private drop(bytes: number): void {
    this.overCap += bytes;
    this.droppedBytes += bytes;
  }
}

/** Hands on whole lines, as many as came together; the beginning of a line waits for its end. */
class LiveLines {
  private readonly unfinished = new ByteStore();

  constructor(
    private readonly onText: (text: string) => void,
    private readonly mask: MaskStream | undefined,
  ) {}

  push(chunk: Buffer): void {
    const end = chunk.lastIndexOf(10) + 1;
    if (end > 0) {
      const started = this.unfinished.take();
      const whole = chunk.subarray(0, end);
      this.give((started.length === 0 ? whole : Buffer.concat([started, whole])).toString('utf8'));
    }
    if (end < chunk.length) this.unfinished.append(chunk.subarray(end));
  }

  end(): void {
    this.give(this.unfinished.take().toString('utf8'));
    const rest = this.mask?.end() ?? '';
    if (rest !== '') this.onText(rest);
  }

  private give(text: string): void {
    const shown = this.mask?.push(text) ?? text;
    if (shown !== '') this.onText(shown);
  }
}
