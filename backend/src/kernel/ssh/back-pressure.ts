import type { ClientChannel } from 'ssh2';

/** More than this buffered while the machine was told to wait, and it does not keep to the window. */
const maxBuffered = 8 * 1024 * 1024;

interface BackPressureOwner {
  /** Tells of bytes on the connection until the returned function is called. */
  onTraffic(listener: () => void): () => void;
  /** Nothing is read from now on. */
  held(): void;
  resumed(): void;
  /** The machine sends on although its window is used up. */
  overrun(): void;
  /** The consumer threw or rejected. */
  failed(error: Error): void;
}

/**
 * Calls the consumers of live output. While a promise of theirs is pending nothing is read from the channel, so that
 * the machine comes to stand at its full window instead of filling our memory.
 */
export class BackPressure {
  private channel: ClientChannel | undefined;
  private pending = 0;
  private unwatch: (() => void) | undefined;

  constructor(private readonly owner: BackPressureOwner) {}

  /** A consumer is at work. */
  get holding(): boolean {
    return this.pending > 0;
  }

  start(channel: ClientChannel): void {
    this.channel = channel;
  }

  /** No consumer is called any more, and nothing is held back. */
  stop(): void {
    this.channel = undefined;
    this.unwatch?.();
    this.unwatch = undefined;
  }

  call(consume: () => void | Promise<void>): void {
    if (this.channel === undefined) return;
    try {
      const result = consume();
      if (!(result instanceof Promise)) return;
      this.pause(this.channel);
      result.then(
        () => {
          this.resume();
        },
        (error: unknown) => {
          this.fail(error);
        },
      );
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (this.channel !== undefined) this.owner.failed(error instanceof Error ? error : new Error(String(error)));
  }

  private pause(channel: ClientChannel): void {
    this.pending += 1;
    if (this.pending > 1) return;
    channel.pause();
    channel.stderr.pause();
    this.owner.held();
    this.unwatch = this.owner.onTraffic(() => {
      // The library does not enforce the window.
      if (channel.readableLength + channel.stderr.readableLength > maxBuffered) this.owner.overrun();
    });
  }

  private resume(): void {
    this.pending -= 1;
    if (this.pending > 0 || this.channel === undefined) return;
    this.unwatch?.();
    this.unwatch = undefined;
    this.owner.resumed();
    this.channel.resume();
    this.channel.stderr.resume();
  }
}
