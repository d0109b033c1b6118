import { computed, signal } from '@angular/core';
import { problemOf, type Problem } from './errors/problem';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** A list that is read page by page; what was read stays while more is asked for. */
export class Paged<T> {
  private readonly read = signal<readonly T[] | null>(null);
  private readonly cursor = signal<string | null>(null);
  private question = 0;
  readonly loading = signal(false);
  readonly problem = signal<Problem | null>(null);
  /** Null before the first answer. */
  readonly items = this.read.asReadonly();
  readonly hasMore = computed(() => this.cursor() !== null);

  constructor(private readonly ask: (cursor?: string) => Promise<Page<T>>) {}

  /** Reads the first page anew. */
  refresh(): Promise<void> {
    return this.load(undefined);
  }

  more(): Promise<void> {
    const cursor = this.cursor();
    return cursor === null || this.loading() ? Promise.resolve() : this.load(cursor);
  }

  private async load(cursor: string | undefined): Promise<void> {
    const mine = ++this.question;
    this.loading.set(true);
    try {
      const page = await this.ask(cursor);
      if (mine === this.question) {
        this.read.update((before) => (cursor === undefined ? page.items : [...(before ?? []), ...page.items]));
        this.cursor.set(page.nextCursor);
        this.problem.set(null);
      }
    } catch (error) {
      if (mine === this.question) {
        this.problem.set(problemOf(error));
      }
    } finally {
      if (mine === this.question) {
        this.loading.set(false);
      }
    }
  }
}
