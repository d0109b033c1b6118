import { computed, signal } from '@angular/core';
import { problemOf, type Problem } from './problem';

/**
 * A value that is asked for again and again. Old values stay while a new answer is on its way and when it fails;
 * only the newest question may answer.
 */
export class Loadable<T> {
  private readonly current = signal<T | undefined>(undefined);
  private readonly failure = signal<Problem | null>(null);
  private readonly pending = signal(false);
  private readonly at = signal<number | null>(null);
  private question = 0;

  readonly value = this.current.asReadonly();
  readonly problem = this.failure.asReadonly();
  readonly loading = this.pending.asReadonly();
  /** When the value shown was read, in milliseconds. */
  readonly loadedAt = this.at.asReadonly();
  /** True only before the first answer. */
  readonly first = computed(() => this.pending() && this.current() === undefined);

  /** Asks; a later question makes an earlier answer void. Resolves when this question is answered or void. */
  async load(ask: () => Promise<T>): Promise<void> {
    const mine = ++this.question;
    this.pending.set(true);
    try {
      const value = await ask();
      if (mine === this.question) {
        this.set(value);
      }
    } catch (error) {
      if (mine === this.question) {
        this.failure.set(problemOf(error));
      }
    } finally {
      if (mine === this.question) {
        this.pending.set(false);
      }
    }
  }

  set(value: T): void {
    this.current.set(value);
    this.failure.set(null);
    this.at.set(Date.now());
  }

  update(change: (value: T) => T): void {
    const now = this.current();
    if (now !== undefined) {
      this.current.set(change(now));
    }
  }

  /** Forgets everything: the thing shown is another one now. */
  reset(): void {
    this.question++;
    this.current.set(undefined);
    this.failure.set(null);
    this.pending.set(false);
    this.at.set(null);
  }
}
