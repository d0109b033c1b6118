import type { RunTimeouts } from './run-types';

type TimeoutKind = 'timeout_first_byte' | 'timeout_progress' | 'timeout_total';

/** The three time limits of a run on one timer. Progress only stores a time: it is called for every chunk. */
export class RunClock {
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private lastProgress = 0;
  private phase: 'idle' | 'first_byte' | 'running' | 'held' = 'idle';

  constructor(
    private readonly limits: RunTimeouts,
    private readonly onTimeout: (kind: TimeoutKind, limitMs: number) => void,
  ) {}

  /** The channel is being opened. */
  start(): void {
    this.startedAt = performance.now();
    this.enter('first_byte');
  }

  /** The script runs, or goes on after {@link hold}. */
  running(): void {
    this.lastProgress = performance.now();
    this.enter('running');
  }

  progress(): void {
    this.lastProgress = performance.now();
  }

  /** The machine waits for us, so its silence says nothing. */
  hold(): void {
    this.enter('held');
  }

  stop(): void {
    this.phase = 'idle';
    clearTimeout(this.timer);
  }

  private enter(phase: 'first_byte' | 'running' | 'held'): void {
    this.phase = phase;
    clearTimeout(this.timer);
    this.schedule();
  }

  private schedule(): void {
    const { due } = this.next();
    this.timer = setTimeout(
      () => {
        this.check();
      },
      Math.max(1, Math.ceil(due - performance.now())),
    );
  }

  private check(): void {
    const { due, kind, limitMs } = this.next();
    if (performance.now() < due) this.schedule();
    else this.onTimeout(kind, limitMs);
  }

  /** The limit that is passed first as things stand. */
  private next(): { due: number; kind: TimeoutKind; limitMs: number } {
    const { totalMs, firstByteMs, progressMs } = this.limits;
    const total = { due: this.startedAt + totalMs, kind: 'timeout_total' as const, limitMs: totalMs };
    const phase =
      this.phase === 'first_byte'
        ? { due: this.startedAt + firstByteMs, kind: 'timeout_first_byte' as const, limitMs: firstByteMs }
        : { due: this.lastProgress + progressMs, kind: 'timeout_progress' as const, limitMs: progressMs };
    return this.phase === 'held' || total.due <= phase.due ? total : phase;
  }
}
