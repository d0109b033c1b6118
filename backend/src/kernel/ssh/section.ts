import type { SectionResult, StreamName } from './run-types';
import type { StreamCapture } from './stream-capture';

/** One section of a run while it is read, and its result afterwards. */
export class Section implements SectionResult {
  private readonly open = new Set<StreamName>(['stdout', 'stderr']);
  exitCode: number | null = null;
  durationMs = 0;

  constructor(
    readonly name: string,
    private readonly beganMs: number,
    private readonly captures: Readonly<Record<StreamName, StreamCapture>>,
  ) {}

  push(stream: StreamName, chunk: Buffer): void {
    this.captures[stream].push(chunk);
  }

  /** One stream came to its end. @returns true when it was the last */
  end(stream: StreamName, exitCode: number, atMs: number): boolean {
    this.close(stream);
    if (this.open.size > 0) return false;
    this.exitCode = exitCode;
    this.durationMs = Math.max(0, Math.round(atMs - this.beganMs));
    return true;
  }

  /** No more will come, finished or not. */
  cutShort(): void {
    for (const stream of [...this.open]) this.close(stream);
  }

  private close(stream: StreamName): void {
    if (this.open.delete(stream)) this.captures[stream].end();
  }

  get stdout(): string {
    return this.captures.stdout.text;
  }

  get stderr(): string {
    return this.captures.stderr.text;
  }

  get droppedBytes(): number {
    return this.captures.stdout.droppedBytes + this.captures.stderr.droppedBytes;
  }

  get truncated(): boolean {
    return this.droppedBytes > 0;
  }
}
