import { DestroyRef, effect, inject, Injectable, Injector, signal, untracked } from '@angular/core';
import { Router } from '@angular/router';
import { Session } from '../session/session';
import { backOff } from './back-off';
import { readFrame, type LiveEventName, type LiveEvents } from './live-messages';

export type LiveStatus = 'connecting' | 'live' | 'reconnecting' | 'offline';

const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;
/** Close code of the server for an ended session. */
const SESSION_ENDED = 4401;

type Listener = (data: never) => void;

/**
 * The one live connection of the portal. It comes back by itself, asks again for everything that was watched, and
 * counts `returns` so that lists know to refetch what they may have missed.
 */
@Injectable({ providedIn: 'root' })
export class Live {
  private readonly session = inject(Session);
  /** The router is asked for when it is needed: it names pages by the texts, which follow preferences, which are live. */
  private readonly injector = inject(Injector);
  private readonly listeners = new Map<LiveEventName, Set<Listener>>();
  private readonly jobs = new Map<string, () => number>();
  private socket: WebSocket | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private pinger: ReturnType<typeof setInterval> | undefined;
  private pongBy: ReturnType<typeof setTimeout> | undefined;
  private everOpen = false;

  readonly status = signal<LiveStatus>('connecting');
  /** Since when values may be old, in milliseconds; null while live. */
  readonly since = signal<number | null>(null);
  /** Rises each time the connection was lost and is back. */
  readonly returns = signal(0);

  constructor() {
    effect(() => {
      const wanted = this.session.signedIn();
      untracked(() => {
        if (wanted) {
          this.open();
        } else {
          this.stop();
        }
      });
    });
    const wake = (): void => {
      this.wake();
    };
    const lost = (): void => {
      this.down();
    };
    window.addEventListener('online', wake);
    window.addEventListener('offline', lost);
    inject(DestroyRef).onDestroy(() => {
      window.removeEventListener('online', wake);
      window.removeEventListener('offline', lost);
      this.stop();
    });
  }

  /** Calls back for each event of this name; the answer stops it. */
  on<E extends LiveEventName>(event: E, listener: (data: LiveEvents[E]) => void): () => void {
    const all = this.listeners.get(event) ?? new Set<Listener>();
    all.add(listener);
    this.listeners.set(event, all);
    return () => all.delete(listener);
  }

  /** Watches the log of a job from the line after `lastSeq()`, over every reconnection; the answer stops it. */
  watchJob(jobId: string, lastSeq: () => number): () => void {
    this.jobs.set(jobId, lastSeq);
    this.send('watch.job', { jobId, after: lastSeq() });
    return () => {
      if (this.jobs.get(jobId) === lastSeq) {
        this.jobs.delete(jobId);
        this.send('unwatch.job', { jobId });
      }
    };
  }

  /** Tries now instead of waiting for the next turn. */
  wake(): void {
    if (this.session.signedIn() && this.status() !== 'live') {
      this.attempt = 0;
      this.open();
    }
  }

  private open(): void {
    clearTimeout(this.retry);
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) {
      return;
    }
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/ws/live`);
    this.socket = socket;
    socket.onopen = () => {
      this.opened();
    };
    socket.onmessage = (message: MessageEvent<unknown>) => {
      this.receive(message.data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) {
        this.socket = null;
        const refused = this.status() !== 'live';
        this.closed(event.code);
        if (refused) {
          // Browsers do not tell why: the session may have ended while nobody was connected.
          void this.session.recheck();
        }
      }
    };
  }

  private opened(): void {
    this.attempt = 0;
    this.status.set('live');
    this.since.set(null);
    this.send('watch.fleet', {});
    this.send('watch.settings', {});
    for (const [jobId, lastSeq] of this.jobs) {
      this.send('watch.job', { jobId, after: lastSeq() });
    }
    this.pinger = setInterval(() => {
      this.ping();
    }, PING_EVERY);
    if (this.everOpen) {
      this.returns.update((count) => count + 1);
    }
    this.everOpen = true;
  }

  private closed(code: number): void {
    this.rest();
    if (code === SESSION_ENDED) {
      this.endSession();
      return;
    }
    if (!this.session.signedIn()) {
      return;
    }
    this.since.update((since) => since ?? Date.now());
    this.status.set(navigator.onLine ? 'reconnecting' : 'offline');
    this.retry = setTimeout(
      () => {
        this.open();
      },
      backOff(this.attempt++, Math.random()),
    );
  }

  private receive(text: unknown): void {
    const frame = readFrame(text);
    if (!frame) {
      return;
    }
    if (frame.event === 'pong') {
      clearTimeout(this.pongBy);
    } else if (frame.event === 'session.ended') {
      this.endSession();
    }
    for (const listener of this.listeners.get(frame.event) ?? []) {
      listener(frame.data as never);
    }
  }

  private ping(): void {
    this.send('ping', {});
    clearTimeout(this.pongBy);
    this.pongBy = setTimeout(() => {
      this.down();
    }, PONG_WITHIN);
  }

  /** The other side is gone though the socket does not know it yet. */
  private down(): void {
    const socket = this.socket;
    if (socket) {
      this.socket = null;
      socket.onclose = null;
      socket.close();
      this.closed(0);
    }
  }

  private endSession(): void {
    if (this.session.signedIn()) {
      this.session.forget();
      const router = this.injector.get(Router);
      void router.navigate(['/sign-in'], { queryParams: { return: router.url, ended: 1 } });
    }
  }

  private stop(): void {
    this.rest();
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.everOpen = false;
    this.since.set(null);
    this.status.set('connecting');
  }

  private rest(): void {
    clearInterval(this.pinger);
    clearTimeout(this.pongBy);
  }

  private send(event: string, data: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ event, data }));
    }
  }
}
