import { DestroyRef, inject, Injectable, signal } from '@angular/core';

/** The one clock the pages read, so ages move together. It rests while the page is hidden. */
@Injectable({ providedIn: 'root' })
export class Clock {
  private readonly now = signal(Date.now());
  private readonly coarse = signal(Date.now());

  /** Ticks each second. Read it for elapsed times of things that run. */
  readonly seconds = this.now.asReadonly();
  /** Ticks each 15 seconds. Read it for ages. */
  readonly ages = this.coarse.asReadonly();

  constructor() {
    const timer = setInterval(() => {
      if (!document.hidden) {
        this.tick();
      }
    }, 1000);
    const wake = (): void => {
      this.tick();
    };
    document.addEventListener('visibilitychange', wake);
    inject(DestroyRef).onDestroy(() => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', wake);
    });
  }

  private tick(): void {
    const now = Date.now();
    this.now.set(now);
    if (now - this.coarse() >= 15_000) {
      this.coarse.set(now);
    }
  }
}
