import { DestroyRef, inject } from '@angular/core';

/** News of a run of many machines come with each of them. */
const PAUSE_MS = 1000;

/**
 * Work that news ask for: done at once, then once a second at most, and never before the last of the news. Needs the context of
 * an injection; it ends with it.
 */
export function gathered(work: () => unknown): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const rest = (): void => {
    timer = undefined;
    if (again) {
      ask();
    }
  };
  const ask = (): void => {
    again = timer !== undefined;
    if (!again) {
      timer = setTimeout(rest, PAUSE_MS);
      work();
    }
  };
  inject(DestroyRef).onDestroy(() => {
    clearTimeout(timer);
  });
  return ask;
}
